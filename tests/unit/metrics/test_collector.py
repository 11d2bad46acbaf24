from prometheus_client import CollectorRegistry, generate_latest

from services.metrics.collector import TotalsCollector
from services.metrics.domain import totals
from services.metrics.domain.totals import Key, make_key

ONE, OTHER = "/hequ/xikou/binhe/grid-1/", "/hequ/xikou/nanmen/grid-9/"


def _scrape(values: dict[Key, int]) -> list[str]:
    registry = CollectorRegistry()
    registry.register(TotalsCollector(lambda: values))
    return generate_latest(registry).decode().splitlines()


def test_totals_appear_under_their_names_with_their_labels() -> None:
    lines = _scrape({make_key(totals.FILED, ONE, kind="request", channel="desk"): 5})
    expected = 'doorstep_tickets_filed_total{area="/hequ/xikou/binhe/",channel="desk",kind="request"} 5.0'
    assert expected in lines
    assert "doorstep_totals_readable 1.0" in lines


def test_totals_without_an_area_label_are_summed_over_the_areas() -> None:
    both = {make_key(totals.REOPENED, area, kind="request"): 2 for area in (ONE, OTHER)}
    assert 'doorstep_tickets_reopened_total{kind="request"} 4.0' in _scrape(both)


def test_what_is_known_beforehand_is_there_before_anything_has_happened() -> None:
    lines = _scrape({make_key(totals.RATED, ONE, rating=5, way="own"): 3})
    assert 'doorstep_notices_total{channel="email",outcome="failed"} 0.0' in lines
    assert 'doorstep_events_total{publisher="tickets",type="ticket.filed"} 0.0' in lines
    assert "doorstep_members_approved_total 0.0" in lines
    assert "doorstep_members_suspended_total 0.0" in lines
    assert 'doorstep_ratings_total{rating="1",way="own"} 0.0' in lines
    assert 'doorstep_ratings_total{rating="5",way="own"} 3.0' in lines
    assert 'doorstep_ratings_total{rating="5",way="through_staff"} 0.0' in lines


def test_a_database_that_does_not_answer_hides_the_totals_and_says_so() -> None:
    def fail() -> dict[Key, int]:
        raise TimeoutError

    registry = CollectorRegistry()
    registry.register(TotalsCollector(fail))
    scraped = generate_latest(registry).decode()
    assert "doorstep_totals_readable 0.0" in scraped
    assert "doorstep_tickets_filed" not in scraped
