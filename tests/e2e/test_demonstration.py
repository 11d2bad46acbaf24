"""The demonstration, small: five and a half hours of a county with three grids, and its table."""

from datetime import timedelta

import pytest

from services.chassis.clock import MAX_RATE, system_now
from services.cli.demo.day import Day, Venue, play
from services.cli.demo.figures import LEVELS
from services.cli.demo.samples import from_process
from services.cli.demo.table import disagreements, table
from tests.e2e.whole import COUNTY, running
from tests.support.namespaces import Namespace
from tests.support.smtp import SmtpSink

HOURS = 5.5
KINDS = {
    "request", "order", "wish", "errand", "hazard", "dispute", "topic", "joint", "visit", "loan", "project",
}  # fmt: skip
"""What somebody promises to do by some time; a callback comes of a bad rating only."""


@pytest.mark.timeout(300)
def test_a_day_is_played_and_all_its_figures_agree(
    namespace: Namespace, smtp_sink: SmtpSink, tmp_path_factory: pytest.TempPathFactory
) -> None:
    start = system_now() - timedelta(hours=HOURS)
    with running(namespace, smtp_sink, tmp_path_factory.mktemp("whole"), start) as whole:
        metrics = whole.https["metrics"].url
        venue = Venue(whole.edge_url, whole.contexts, lambda: from_process(metrics), lambda: len(smtp_sink.mails))
        outcome = play(Day(COUNTY, HOURS, MAX_RATE, tickets=27, seed=7), venue)
        tickets = whole.contexts["tickets"].db["tickets"]
        kinds, filed = set(tickets.distinct("kind")), tickets.count_documents({"kind": {"$ne": "callback"}})
        assert system_now() - venue.clock.now() < timedelta(minutes=5), "business time has met real time"

    print(table(outcome.figures))
    assert outcome.tally.surprises == []
    assert disagreements(outcome.figures) == []
    assert list(outcome.findings) == []
    assert kinds - {"callback"} == KINDS
    happened = {figure.name: max(figure.values.values()) for figure in outcome.figures}
    assert filed == 28, "two stories tell of the same matter, and file it twice"
    for name in ("solved in time", "promises breached", "points paid", "points reversed", "email sent"):
        assert happened[name] > 0, name
    assert all(happened[f"lifted to the {level}"] > 0 for level in LEVELS)
    assert happened["events parked"] == 0
