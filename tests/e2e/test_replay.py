"""A file of real requests replayed through the whole system: verdicts, thresholds and books must agree."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.cli.replay.play import NotFresh, Venue
from services.cli.replay.proof import prove
from services.cli.replay.report import Evidence, events_of, played_report, reading_report
from services.cli.replay.rows import Reading, Window, read_rows
from services.cli.replay.script import scenes
from services.cli.replay.telling import tell_played, tell_reading
from tests.e2e.lossy import lossy_door
from tests.e2e.whole import Whole, running
from tests.support.namespaces import Namespace
from tests.support.smtp import SmtpSink
from tests.unit.cli.replay.files import BOSTON, line, write

REAL = Path(__file__).parents[3] / "shared" / "data" / "boston311_2015-06.csv.gz"
LINES = (
    line("kept", target="2015-06-03T09:00:00", closed="2015-06-02T12:00:00"),
    line("equal", target="2015-06-02T12:00:00", closed="2015-06-02T12:00:00", place="Roxbury,Ward 9"),
    line("late", target="2015-06-02T12:00:00", closed="2015-06-02T12:00:01", status="OVERDUE", place="Roxbury,09"),
    line("very late", target="2015-06-01T10:00:00", closed="2015-06-05T08:30:00", status="OVERDUE"),
    line("same minute", target="2015-06-01T21:00:00", closed="2015-06-01T09:00:00"),
    line("contradicts itself", target="2015-06-01T10:00:00", closed="2015-06-01T10:00:05", status="ONTIME"),
    line("no verdict", target="2015-06-01T10:00:00", closed="2015-06-01T11:00:00", status=""),
    line("late at once", target="2015-05-31T10:00:00", closed="2015-06-01T11:00:00", status="OVERDUE"),
    line("no target", closed="2015-06-01T11:00:00", status="ONTIME", place=","),
    line("never closed", target="2015-06-04T09:00:00", status="OVERDUE", position="42.3594,-71.0587"),
    line("not due yet", target="2016-06-04T09:00:00", status="ONTIME"),
    line("backwards", closed="2015-06-01T08:00:00"),
    line("kept", target="2015-06-03T09:00:00"),
    line("no such time", opened="yesterday"),
    line("elsewhere", opened="2015-06-01T09:00:00+08:00", target="2015-06-01T20:00:00", closed="2015-06-01T19:00:00"),
)
PLAYED = 12
REAL_ROWS = 100
_LOSES_EVERY = 9


def replayed(venue: Venue, reading: Reading) -> tuple[Evidence, dict[str, Any]]:
    """The evidence and the report, as the command makes them."""
    script = scenes(reading.rows, BOSTON)
    evidence = prove(reading.rows, BOSTON, venue, lambda scene, played: None)
    report = reading_report("requests.csv", reading, script, BOSTON)
    report |= played_report(reading.rows, evidence, BOSTON)
    tell_reading(report, print, 20)
    tell_played(report, print, 20)
    return evidence, report


@pytest.mark.timeout(300)
def test_a_file_with_every_quirk_is_replayed_and_judged_though_answers_are_lost(
    namespace: Namespace, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    reading = read_rows(write(tmp_path, *LINES, zipped=True), Window(BOSTON))
    begin = datetime(2015, 5, 31, 12, tzinfo=UTC)
    with (
        running(namespace, smtp_sink, tmp_path, begin) as whole,
        lossy_door(whole.edge_url, every=_LOSES_EVERY) as edge_url,
    ):
        venue = Venue(edge_url, whole.contexts)
        evidence, report = replayed(venue, reading)
        with pytest.raises(NotFresh):
            replayed(venue, reading)
        events = events_of(venue.databases)
        breaches = Counter(_external_breaches(whole))

    assert evidence.is_sound, report
    assert [(one["id"], one["reason"]) for one in report["refused"]] == [
        ("backwards", "closed-before-opened"), ("kept", "duplicate"), ("no such time", "no-such-time"),
    ]  # fmt: skip
    judged = report["agreement"]
    assert (judged["compared"], judged["agreed"]) == (9, 7)
    assert [(one["id"], one["ours"], one["theirs"]) for one in judged["disagreements"]] == [
        ("contradicts itself", "breached", "ONTIME"), ("no verdict", "breached", ""),
    ]  # fmt: skip
    # Reckoned by hand: what was over at filing warns nobody, and what is solved at once has nothing to warn of.
    assert report["thresholds"] == {
        "fired": {"met": 4, "warned at 50 %": 8, "warned at 80 %": 7, "breached": 6}, "misfires": [],
    }  # fmt: skip
    assert breaches == {"late": 1, "very late": 1, "contradicts itself": 1, "no verdict": 1, "late at once": 1,
                        "never closed": 1}  # fmt: skip
    assert report["breaches_by_neighbourhood"]["Roxbury"]["external"] == 1
    assert report["events"] == events, "a replay that is refused changes nothing"
    assert report["throughput"]["commands"]["file"] == PLAYED
    assert report["throughput"]["answers_lost_and_repeated"] > 0


def _external_breaches(whole: Whole) -> list[str]:
    """Row ids of the breaches that were published."""
    rows = whole.contexts["tickets"].db["outbox"].find({"type": "ticket.clock_breached", "data.clock": "external"})
    return [row["data"]["ticket"]["external_refs"][0]["id"] for row in rows]


@pytest.mark.timeout(300)
@pytest.mark.skipif(not REAL.is_file(), reason="skipped: ../shared/data/boston311_2015-06.csv.gz is not there")
def test_the_first_requests_of_a_real_month_agree_with_the_city(
    namespace: Namespace, smtp_sink: SmtpSink, tmp_path: Path
) -> None:
    """`make replay` plays all of them."""
    reading = read_rows(REAL, Window(BOSTON, last=date(2015, 6, 1)))
    reading = replace(reading, rows=reading.rows[:REAL_ROWS])
    begin = reading.rows[0].opened_at - timedelta(hours=1)
    with running(namespace, smtp_sink, tmp_path, begin) as whole:
        evidence, report = replayed(Venue(whole.edge_url, whole.contexts), reading)
    assert evidence.is_sound
    assert report["rows"]["played"] == REAL_ROWS
    assert report["agreement"]["compared"] > REAL_ROWS / 2
    assert report["agreement"]["disagreements"] == []
    assert not evidence.played.refused
