"""Our clock against the file's verdict: agreement, or a reason."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from services.cli.replay.rows import Row
from services.cli.replay.verdicts import check_thresholds, expected_thresholds, judge
from tests.unit.cli.replay.files import row

TARGET = "2015-06-01T19:00:00"


def clocks(state: str, *marks: tuple[int, datetime]) -> list[dict[str, Any]]:
    thresholds = [{"threshold": threshold, "reached_at": at.isoformat()} for threshold, at in marks]
    return [
        {"name": "planned_date", "state": "breached", "thresholds": []},
        {"name": "external", "state": state, "thresholds": thresholds},
    ]


def closed(folder: Path, at: str, status: str) -> Row:
    return row(folder, target=TARGET, closed=f"2015-06-01T{at}", status=status)


@pytest.mark.parametrize(
    ("at", "ours", "status"),
    [("18:59:59", "met", "ONTIME"), ("19:00:00", "met", "ONTIME"), ("19:00:01", "breached", "OVERDUE"),
     ("19:00:01", "breached", "overdue")],
)  # fmt: skip
def test_the_same_verdict_agrees(tmp_path: Path, at: str, ours: str, status: str) -> None:
    judged = judge([closed(tmp_path, at, status)], {"1": clocks(ours)})
    assert (judged.compared, judged.agreed, list(judged.disagreements)) == (1, 1, [])


@pytest.mark.parametrize(
    ("at", "status", "ours", "explained", "reason"),
    [
        ("19:00:05", "ONTIME", "breached", True, "the file contradicts its own times: closed 5 s after target"),
        ("18:59:00", "OVERDUE", "met", True, "the file contradicts its own times: closed 60 s before target"),
        ("19:00:05", "", "breached", True, "the file gives no verdict; its times say breached, as we do"),
        ("19:00:05", "OVERDUE", "met", False, "closed and target of the file say breached"),
        ("19:00:00", "ONTIME", "breached", False, "closed and target of the file say met"),
        ("19:00:05", "", "met", False, "closed and target of the file say breached"),
    ],
)
def test_only_what_the_files_own_times_bear_out_is_explained(
    tmp_path: Path, at: str, status: str, ours: str, explained: bool, reason: str
) -> None:
    (found,) = judge([closed(tmp_path, at, status)], {"1": clocks(ours)}).disagreements
    assert (found.explained, found.reason) == (explained, reason)


def test_a_cut_fraction_is_named_where_it_may_be_the_difference(tmp_path: Path) -> None:
    (found,) = judge([closed(tmp_path, "19:00:00.700", "OVERDUE")], {"1": clocks("met")}).disagreements
    assert found.reason.endswith("closed at its target; closed_dt: fraction of a second cut")


def test_a_ticket_without_the_clock_is_never_explained(tmp_path: Path) -> None:
    (found,) = judge([closed(tmp_path, "18:00:00", "ONTIME")], {"1": clocks("met")[:1]}).disagreements
    assert (found.ours, found.explained) == ("no clock", False)


def test_rows_without_target_or_close_are_not_compared(tmp_path: Path) -> None:
    rows = [row(tmp_path), row(tmp_path, target=TARGET), row(tmp_path, closed=TARGET)]
    assert judge(rows, {"1": clocks("met")}).compared == 0


def test_thresholds_are_reckoned_from_the_row_alone(tmp_path: Path) -> None:
    found = closed(tmp_path, "18:00:00", "ONTIME")
    half, four_fifths = (found.opened_at + timedelta(hours=hours) for hours in (5, 8))
    assert list(expected_thresholds(found, found.opened_at)) == [(50, half), (80, four_fifths), (0, found.closed_at)]
    late = closed(tmp_path, "19:00:01", "OVERDUE")
    assert list(expected_thresholds(late, late.opened_at))[-1] == (100, late.target_at)
    still_open = row(tmp_path, target=TARGET)
    assert list(expected_thresholds(still_open, half)) == [(50, half)]
    over = row(tmp_path, target="2015-05-01T00:00:00")
    assert list(expected_thresholds(over, over.opened_at)) == [(100, over.target_at)]


def test_a_threshold_that_is_doubled_missing_or_dated_wrong_is_a_misfire(tmp_path: Path) -> None:
    found = closed(tmp_path, "18:00:00", "ONTIME")
    right = list(expected_thresholds(found, found.opened_at))
    later = [(threshold, at + timedelta(seconds=1)) for threshold, at in right]
    fired = check_thresholds([found], {"1": clocks("met", *right)}, found.opened_at)
    assert (dict(fired.counts), list(fired.misfires)) == ({50: 1, 80: 1, 0: 1}, [])
    for wrong in ([*right, right[0]], right[1:], later, []):
        assert len(check_thresholds([found], {"1": clocks("met", *wrong)}, found.opened_at).misfires) == 1
