"""A process that has just begun shows every counter that an alert watches, at 0: the first event is then a rise."""

import re
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from services.contracts.queues import QUEUES
from services.contracts.registry import published_by
from tests.support.processes import Processes

RULES = Path(__file__).parents[3] / "deploy" / "prometheus" / "rules"
_COUNTED = re.compile(r"(?:increase|rate)\((doorstep_\w+?)(?:_count|_bucket)?[{[]")
Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


@pytest.fixture(scope="module")
def scraped(module_processes: Processes) -> Samples:
    """What the workers of the services, and one that answers HTTP, show before anything has happened."""
    started = [module_processes.start(name, "worker") for name in ("tickets", "notifications", "volunteers", "metrics")]
    started += [module_processes.start(name, "http") for name in ("accounts", "metrics")]
    found: Samples = {}
    for process in started:
        for family in text_string_to_metric_families(process.http.get("/metrics").text):
            found |= {(one.name, frozenset(one.labels.items())): one.value for one in family.samples}
    return found


def value(scraped: Samples, name: str, **labels: str) -> float | None:
    return scraped.get((name, frozenset(labels.items())))


def test_every_counter_whose_rise_a_rule_watches_is_there(scraped: Samples) -> None:
    expressions = "".join(path.read_text(encoding="utf-8") for path in RULES.glob("*.yml"))
    watched = set(_COUNTED.findall(expressions)) - {"doorstep_http_request_duration_seconds"}
    assert len(watched) >= 5
    assert sorted(watched - {name for name, _ in scraped}) == []


@pytest.mark.parametrize("service", ["tickets", "notifications", "volunteers", "metrics"])
def test_what_may_go_wrong_with_events_is_there_for_every_queue(scraped: Samples, service: str) -> None:
    for queue in (queue for queue in QUEUES.values() if queue.consumer == service):
        for reason in ("failed", "dead-letter", "bad-json", "unknown-type"):
            assert value(scraped, "doorstep_events_deferred_total", queue=queue.name, reason=reason) == 0
        for event_type in queue.modes:
            assert value(scraped, "doorstep_events_consumed_total", queue=queue.name, type=event_type) == 0
    for published in published_by(service):
        assert value(scraped, "doorstep_events_published_total", service=service, type=published.name) is not None


def test_timers_mail_answers_and_totals_are_there(scraped: Samples) -> None:
    for service, kinds in {"tickets": ("ticket", "attachment", "relocation"), "notifications": ("deliver",)}.items():
        for kind in kinds:
            assert value(scraped, "doorstep_timers_failed_total", service=service, kind=kind) == 0
    for result, code in (("uncertain", "no-result"), ("temporary", "unreachable"), ("sent", "accepted")):
        assert value(scraped, "doorstep_mail_attempts_total", result=result, code=code) == 0
    for rank in ("word", "end", "step", "repeat"):
        assert value(scraped, "doorstep_mails_put_off_total", rank=rank) == 0
    assert value(scraped, "doorstep_http_errors_total", service="accounts") == 0
    assert value(scraped, "doorstep_notices_total", channel="email", outcome="failed") == 0
    assert value(scraped, "doorstep_members_approved_total") == 0
