"""The alert rules, held by Prometheus' own tool."""

import re
import subprocess
from pathlib import Path
from typing import Any

import httpx
import yaml

from services.accounts.metrics import SIGN_INS
from services.chassis.http.telemetry import DURATION, ERRORS
from services.chassis.observability import EVENTS_CONSUMED, EVENTS_DEFERRED, EVENTS_PUBLISHED, TIMERS_FAILED
from services.chassis.prepare import prepare_broker
from services.metrics.domain.totals import TOTALS
from services.notifications.mail import ATTEMPTS
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace

ROOT = Path(__file__).parents[3]
PROMETHEUS = ROOT / "deploy" / "prometheus"
RULES = sorted((PROMETHEUS / "rules").glob("*.yml"))
TESTS = sorted((PROMETHEUS / "tests").glob("*.yml"))
COUNTERS = (DURATION, ERRORS, EVENTS_CONSUMED, EVENTS_DEFERRED, EVENTS_PUBLISHED, TIMERS_FAILED, ATTEMPTS, SIGN_INS)
_METRIC = re.compile(r"(?<![\w:])doorstep_[a-z0-9_]+(?![\w:])")


def _promtool(*arguments: object) -> None:
    command = ["promtool", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _rules() -> list[dict[str, Any]]:
    groups = [group for path in RULES for group in yaml.safe_load(path.read_text())["groups"]]
    return [rule for group in groups for rule in group["rules"]]


def test_prometheus_accepts_the_rules() -> None:
    _promtool("check", "rules", *RULES)


def test_the_alerts_fire_when_they_must_and_not_otherwise() -> None:
    _promtool("test", "rules", *TESTS)


def test_every_alert_has_a_test() -> None:
    tests = "".join(path.read_text() for path in TESTS)
    names = {rule["alert"] for rule in _rules() if "alert" in rule}
    broker_alarms = {name for name in names if re.fullmatch("DoorstepBroker.+Alarm", name)}
    assert sorted(name for name in names - broker_alarms if name not in tests) == []


def test_every_alert_is_tested_with_series_that_are_absent_at_first() -> None:
    """An alert on a rise must see the first one, of a process that has just begun; others must not need a past."""
    suites = [test for path in TESTS for test in yaml.safe_load(path.read_text())["tests"]]
    begun = {name for test in suites if _begins_absent(test) for name in _fired(test)}
    assert sorted({rule["alert"] for rule in _rules() if "alert" in rule} - begun) == []


def _begins_absent(test: dict[str, Any]) -> bool:
    return all(str(one["values"]).startswith("_") for one in test["input_series"])


def _fired(test: dict[str, Any]) -> set[str]:
    """The alerts that a test expects to fire."""
    fired = {one["alertname"] for one in test.get("alert_rule_test", ()) if one["exp_alerts"]}
    for one in test.get("promql_expr_test", ()):
        if one["exp_samples"]:
            said = one["expr"] + "".join(sample["labels"] for sample in one["exp_samples"])
            fired |= set(re.findall(r'alertname="(\w+)"', said))
    return fired


def test_every_alert_says_in_both_languages_what_is_wrong_and_in_one_what_to_do() -> None:
    for rule in _rules():
        if "alert" in rule:
            assert set(rule["annotations"]) == {"summary", "summary_zh", "action", "runbook"}, rule["alert"]
            assert rule["labels"]["severity"] in ("critical", "warning"), rule["alert"]


def test_every_metric_that_a_rule_reads_is_exported_somewhere() -> None:
    named = {name for rule in _rules() for name in _METRIC.findall(rule["expr"])}
    bare = {re.sub("_(total|bucket|count|sum)$", "", name) for name in named}
    measured = {metric.name for measure in COUNTERS for metric in measure.collect()}
    known = {name.removesuffix("_total") for name in TOTALS} | measured
    sources = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "services").rglob("*.py"))
    assert sorted(name for name in bare - known if f'"{name}"' not in sources) == []


def test_the_broker_exports_what_the_rules_read_of_it(namespace: Namespace) -> None:
    """Scraped as prometheus.yml says; the rules accept the names with and without `detailed`."""
    prepare_broker(namespace.amqp_url, 0)
    jobs = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())["scrape_configs"]
    queues = next(job for job in jobs if job["job_name"] == "rabbitmq-queues")
    port = namespace.rabbit.ports.prometheus
    whole = httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10, trust_env=False).text
    assert "rabbitmq_alarms_memory_used_watermark" in whole
    assert "rabbitmq_alarms_free_disk_space_watermark" in whole

    def detailed() -> str:
        address = f"http://127.0.0.1:{port}{queues['metrics_path']}"
        return httpx.get(address, params=queues["params"], timeout=10, trust_env=False).text

    about = f'vhost="{namespace.vhost}",queue="metrics.tickets"'
    eventually(lambda: f"rabbitmq_detailed_queue_consumers{{{about}}} 0" in detailed())
    eventually(lambda: f"rabbitmq_detailed_queue_messages_ready{{{about}}} 0" in detailed())
