"""No test mixes the machine's date with a clock of its own house.

Where business time is stepped, "tomorrow" is the day after that clock's, not after the machine's: a test that mixes
them passes until the machine's date has gone past the other. Who asks for the machine's date stands here, and why.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
ASKING = {
    "tests/dates/__main__.py": "counts from it how far to shift",
    "tests/dates/sitecustomize.py": "shifts it",
    "tests/e2e/test_demonstration.py": "a demonstration ends at the machine's date",
    "tests/e2e/test_fresh_day.py": "a demonstration begins a day before the machine's date",
    "tests/faults/faults/absent_consumer.py": "measures how long events waited to be published",
    "tests/faults/faults/broker.py": "publishes events of its own, recorded when they are",
    "tests/faults/questions/notices.py": "mails are bounded by its days",
    "tests/faults/report.py": "says when it was measured",
    "tests/faults/rest.py": "asks what is due by the machine's clock",
    "tests/faults/run.py": "says when it began",
    "tests/faults/traffic.py": "business time follows the machine's, some hours behind",
    "tests/integration/chassis/contact_data.py": "published events are kept by it",
    "tests/integration/chassis/test_broker_trouble.py": "a date stands for what cannot be sent as JSON",
    "tests/integration/chassis/test_clock_ahead.py": "leases and waits go by it",
    "tests/integration/chassis/test_clock_leap.py": "it is the clock that leaps",
    "tests/integration/chassis/test_feed.py": "recorded events are kept by it",
    "tests/integration/chassis/test_named_points.py": "leases go by it",
    "tests/integration/chassis/test_relay_in_flight.py": "leases go by it",
    "tests/integration/chassis/test_relay_and_consumers.py": "leases and retries go by it",
    "tests/integration/chassis/test_timers.py": "leases and retries go by it; this house has no business clock",
    "tests/integration/chassis/test_unit.py": "business time may not run ahead of it",
    "tests/integration/cli/test_operators.py": "published events are replayed by it",
    "tests/integration/examples/conftest.py": "writes events as recorded just now",
    "tests/integration/examples/test_homes.py": "events are replayed since a moment of it",
    "tests/integration/notifications/bounded_mails.py": "mails wait by it",
    "tests/integration/notifications/test_repair.py": "published events are repaired by it",
    "tests/integration/notifications/test_strangers_address.py": "mails wait by it",
    "tests/integration/tickets/test_handing_back.py": "leases go by it",
    "tests/integration/tickets/test_bookings_of_address.py": "bookings are counted by its hours",
    "tests/integration/tickets/test_filing_limit.py": "filings are counted by its hours",
    "tests/integration/tickets/test_reveal_limit.py": "reveals are counted by its hours",
    "tests/integration/test_shifted_date.py": "measures the shift against it",
    "tests/integration/test_every_event.py": "writes events as recorded just now",
    "tests/support/certificates.py": "certificates are good from it on",
    "tests/support/publishing.py": "writes events as recorded just now",
    "tests/support/tokens.py": "tokens go by it",
    "tests/unit/test_dates.py": "measures the shift against it",
    "tests/unit/accounts/test_signing.py": "tokens go by it",
    "tests/unit/chassis/test_clock.py": "tests it",
    "tests/unit/chassis_http/test_tokens.py": "tokens go by it",
    "tests/unit/cli/demo/test_edge.py": "tokens go by it",
}
_METHODS = {("datetime", "now"), ("datetime", "utcnow"), ("datetime", "today"), ("date", "today"), ("time", "time")}


def test_the_machines_date_is_asked_for_only_where_a_reason_is_named() -> None:
    found = {str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests").rglob("*.py")) if _asks(path)}
    named = {name for name in ASKING if (ROOT / name).exists()}
    assert found - named == set(), "take the date of the system under test, or name the reason here"
    assert set(ASKING) - found == set(), "these no longer ask"


def _asks(path: Path) -> bool:
    return any(True for _ in _places(ast.parse(path.read_text(encoding="utf-8"))))


def _places(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        if (isinstance(node, ast.Name) and node.id == "system_now") or (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and (node.value.id, node.attr) in _METHODS
        ):
            yield node
