from typing import Any

import pytest

from services.contracts.queues import QUEUES
from services.contracts.registry import EVENT_TYPES
from services.contracts.tickets import WAYS
from services.metrics.domain import totals
from services.metrics.domain.counting import _RULES, counts_of
from services.metrics.domain.summary import summarise
from services.metrics.domain.totals import TOTALS, Key, community_of, make_key

GRID = "/hequ/xikou/binhe/grid-012/"
BINHE = "/hequ/xikou/binhe/"


def _counted(type_name: str, ticket: dict[str, Any] | None = None, **data: Any) -> dict[Key, int]:
    event_type = EVENT_TYPES[type_name]
    body = {**event_type.example(), **data}
    if ticket:
        body["ticket"] = {**body["ticket"], **ticket}
    loaded = event_type.schema().load(body)
    counts = counts_of(type_name, event_type.publishers[0], GRID, loaded)
    return {key: value for key, value in counts.items() if key.total != totals.EVENTS}


def test_every_consumed_event_is_counted_by_its_publisher_and_type() -> None:
    for queue in QUEUES.values():
        if queue.consumer != "metrics":
            continue
        for name in queue.modes:
            event_type = EVENT_TYPES[name]
            data = event_type.schema().load(event_type.example())
            counts = counts_of(name, queue.publishers[0], GRID, data)
            assert counts[Key(totals.EVENTS, (queue.publishers[0], name))] == 1


def test_every_rule_is_for_an_event_that_metrics_consumes() -> None:
    consumed = {name for queue in QUEUES.values() if queue.consumer == "metrics" for name in queue.modes}
    assert set(_RULES) <= consumed


def test_every_total_is_moved_by_some_event() -> None:
    moved = set()
    for event_type in EVENT_TYPES.values():
        if not event_type.private:
            data = event_type.schema().load(event_type.example())
            moved |= {key.total for key in counts_of(event_type.name, event_type.publishers[0], GRID, data)}
    assert moved == set(TOTALS)


def test_the_log_gives_the_same_counts_as_the_wire() -> None:
    """The recount reads JSON data as written, the consumer data as loaded by the schema."""
    for event_type in EVENT_TYPES.values():
        if not event_type.private:
            loaded = event_type.schema().load(event_type.example())
            publisher = event_type.publishers[0]
            written = counts_of(event_type.name, publisher, GRID, event_type.example())
            assert written == counts_of(event_type.name, publisher, GRID, loaded)


def test_a_filed_ticket_counts_by_kind_channel_and_community() -> None:
    assert _counted("ticket.filed") == {Key(totals.FILED, ("request", "desk", BINHE), BINHE): 1}


@pytest.mark.parametrize(("late", "in_time"), [(False, "true"), (True, "false")])
def test_a_resolved_ticket_is_in_time_unless_a_clock_of_its_round_was_breached(late: bool, in_time: str) -> None:
    assert _counted("ticket.resolved", ticket={"late": late}) == {Key(totals.RESOLVED, ("request", in_time), BINHE): 1}


def test_clocks_count_by_name_severity_and_outcome() -> None:
    breached = _counted("ticket.clock_breached", ticket={"severity": "complex"})
    assert breached == {Key(totals.CLOCKS, ("arrival", "complex", "breached"), BINHE): 1}
    assert _counted("ticket.clock_met") == {Key(totals.CLOCKS, ("arrival", "none", "met"), BINHE): 1}


def test_points_count_as_a_sum_and_as_a_number() -> None:
    rule = ("request-solved/1",)
    awarded = {Key(totals.AWARDS, rule, BINHE): 1, Key(totals.POINTS_AWARDED, rule, BINHE): 25}
    assert _counted("points.awarded", points=25) == awarded
    assert _counted("points.reversed", points=25)[Key(totals.POINTS_REVERSED, rule, BINHE)] == 25


def test_a_suspension_counts_and_shows_in_the_report() -> None:
    counted = _counted("member.suspended")
    assert counted == {Key(totals.SUSPENSIONS, (), BINHE): 1}
    assert summarise(counted, [BINHE])["members_suspended"] == 1


def test_no_label_can_name_a_person_or_a_ticket() -> None:
    for total in TOTALS.values():
        assert not [label for label in total.labels if label.endswith("_id") or label in ("number", "person")]


@pytest.mark.parametrize(
    ("area_path", "community"),
    [(GRID, BINHE), (BINHE, BINHE), ("/hequ/xikou/binhe/compound-1/building-2/", BINHE), ("/hequ/", "/hequ/")],
)
def test_areas_are_counted_down_to_the_community(area_path: str, community: str) -> None:
    assert community_of(area_path) == community


def test_a_counter_without_one_of_its_labels_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        make_key(totals.FILED, GRID, kind="request")


def _some() -> dict[Key, int]:
    other = "/hequ/xikou/nanmen/"
    return {
        make_key(totals.FILED, GRID, kind="request", channel="desk"): 5,
        make_key(totals.FILED, other, kind="request", channel="online"): 2,
        make_key(totals.RESOLVED, GRID, kind="request", in_time=True): 3,
        make_key(totals.RESOLVED, GRID, kind="request", in_time=False): 1,
        make_key(totals.ESCALATIONS, GRID, to_level="community", cause="breach"): 1,
        make_key(totals.CLOCKS, other, clock="arrival", severity=None, outcome="breached"): 4,
        make_key(totals.POINTS_AWARDED, GRID, rule="r/1"): 30,
        make_key(totals.NOTICES, GRID, channel="email", outcome="sent"): 7,
    }


def test_the_report_of_a_county_sums_all_its_areas() -> None:
    report = summarise(_some(), ["/hequ/"])
    assert report["tickets"]["filed"] == 7
    assert (report["tickets"]["resolved"], report["tickets"]["resolved_in_time"]) == (4, 3)
    assert report["clocks"] == {"met": 0, "breached": 4}
    assert report["escalated"] == {"grid": 0, "community": 1, "street": 0, "district": 0}
    assert report["points"]["awarded"] == 30
    assert report["notices"] == {"sent": 7}


def test_the_report_of_one_community_leaves_its_neighbour_out() -> None:
    report = summarise(_some(), [BINHE])
    assert report["tickets"]["filed"] == 5
    assert report["clocks"]["breached"] == 0


def test_the_report_of_a_street_holds_its_communities() -> None:
    assert summarise(_some(), ["/hequ/xikou/"])["tickets"]["filed"] == 7


def test_the_report_of_no_area_is_empty() -> None:
    assert summarise(_some(), [])["tickets"]["filed"] == 0


@pytest.mark.parametrize("way", [*WAYS, None])
def test_a_rating_that_came_through_staff_counts_apart(way: str | None) -> None:
    name = "ratings_through_staff" if way in ("slip", "staff") else "ratings"
    report = summarise(_counted("ticket.confirmed", rating=4, way=way), ["/hequ/"])["tickets"]
    assert {kind: report[kind] for kind in ("ratings", "ratings_through_staff")} == {
        "ratings": {}, "ratings_through_staff": {}, name: {"4": 1},
    }  # fmt: skip
