"""Reading a file of real requests: every row is played or refused by line and reason."""

import gzip
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from services.cli.replay.rows import FileRefused, Window, read_rows
from tests.unit.cli.replay.files import BOSTON, HEADER, line, read, row, write


def reasons(folder: Path, *lines: str) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in read(folder, *lines).refused]


def test_local_times_become_instants(tmp_path: Path) -> None:
    found = row(tmp_path, opened="2015-06-01T09:00:00", target="2015-12-01T09:00:00", closed="2015-06-01 10:00:30")
    assert found.opened_at == datetime(2015, 6, 1, 13, tzinfo=UTC)
    assert found.target_at == datetime(2015, 12, 1, 14, tzinfo=UTC), "in winter"
    assert found.closed_at == datetime(2015, 6, 1, 14, 0, 30, tzinfo=UTC)


def test_a_time_with_an_offset_needs_no_time_zone(tmp_path: Path) -> None:
    assert row(tmp_path, opened="2015-06-01T09:00:00+08:00").opened_at == datetime(2015, 6, 1, 1, tzinfo=UTC)


def test_a_gzipped_file_reads_like_a_plain_one(tmp_path: Path) -> None:
    plain = read_rows(write(tmp_path, line("1")), Window(BOSTON))
    assert read_rows(write(tmp_path, line("1"), zipped=True), Window(BOSTON)) == plain


def test_a_byte_order_mark_and_spaces_in_the_header_do_no_harm(tmp_path: Path) -> None:
    path = write(tmp_path, line("1"), header="\ufeff" + HEADER.replace(",ward", ", ward "))
    assert [found.ward for found in read_rows(path, Window(BOSTON)).rows] == ["Ward 5"]


def test_rows_without_target_or_close_are_played_and_named(tmp_path: Path) -> None:
    assert row(tmp_path).notes == ("no target", "not closed")


def test_odd_but_playable_rows_are_named(tmp_path: Path) -> None:
    found = row(
        tmp_path, target="2015-06-01T09:00:00", status="", place=",", position="42.3594,-71.0587"
    )  # fmt: skip
    assert found.notes == (
        "target not after opening", "not closed", "no neighbourhood", "placeholder position", "no verdict of the file",
    )  # fmt: skip


def test_what_closes_before_it_opens_is_refused(tmp_path: Path) -> None:
    bad = line("1", opened="2015-06-01T09:00:00", closed="2015-06-01T08:59:59")
    assert reasons(tmp_path, bad, line("2")) == [(2, "closed-before-opened")]


def test_what_closes_as_it_opens_is_played(tmp_path: Path) -> None:
    assert row(tmp_path, closed="2015-06-01T09:00:00").closed_at is not None


def test_of_two_rows_with_one_identity_the_second_is_refused(tmp_path: Path) -> None:
    reading = read(tmp_path, line("1"), line("2"), line("1", target="2015-07-01T00:00:00"))
    assert [(one.line, one.reason, one.detail) for one in reading.refused] == [
        (4, "duplicate", "case_enquiry_id stands in line 2 already")
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (line(""), "no-identity"), (line("x" * 81), "no-identity"), (line("1", opened=""), "no-opening"),
        (line("1", opened="06/01/2015 09:00"), "no-such-time"), (line("1", target="soon"), "no-such-time"),
        (line("1", closed="2015-02-30T00:00:00"), "no-such-time"), (line("1", closed="0001-01-01"), "no-such-time"),
        (line("1") + ",more", "wrong-number-of-cells"), ("1,2", "wrong-number-of-cells"),
    ],
)  # fmt: skip
def test_a_bad_row_is_refused_by_line_and_spoils_no_other(tmp_path: Path, bad: str, reason: str) -> None:
    reading = read(tmp_path, line("a"), bad, line("b"))
    assert [(one.line, one.reason) for one in reading.refused] == [(3, reason)]
    assert [found.id for found in reading.rows] == ["a", "b"]


def test_a_line_number_counts_line_breaks_within_cells(tmp_path: Path) -> None:
    long = '1,2015-06-01T09:00:00,,,ONTIME,Open,"two\nlines",Streets,Dorchester,5,1,1'
    assert reasons(tmp_path, long, "bad") == [(4, "wrong-number-of-cells")]


def test_bytes_of_another_encoding_refuse_their_row_alone(tmp_path: Path) -> None:
    path = write(tmp_path, line("1"), line("2", place="Caf\u00e9,Ward 5"))
    raw = path.read_bytes().replace("\u00e9".encode(), b"\xe9")
    path.write_bytes(raw)
    reading = read_rows(path, Window(BOSTON))
    assert [(one.line, one.reason) for one in reading.refused] == [(3, "wrong-encoding")]
    assert read_rows(path, Window(BOSTON), "latin-1").rows[1].neighbourhood == "Caf\u00e9"


def test_a_time_that_clocks_set_forward_leave_out_is_refused(tmp_path: Path) -> None:
    assert reasons(tmp_path, line("1", opened="2015-03-08T02:30:00")) == [(2, "no-such-time")]


def test_a_time_that_occurs_twice_is_taken_as_the_first_and_named(tmp_path: Path) -> None:
    found = row(tmp_path, closed="2015-11-01T01:30:00", target="2015-11-01T03:00:00")
    assert found.closed_at == datetime(2015, 11, 1, 5, 30, tzinfo=UTC), "still summer time"
    assert "closed_dt: 2015-11-01T01:30:00 occurs twice in America/New_York: taken as the first" in found.notes


def test_a_fraction_of_a_second_is_cut_and_named(tmp_path: Path) -> None:
    found = row(tmp_path, closed="2015-06-01T09:00:00.999")
    assert found.closed_at == found.opened_at
    assert "closed_dt: fraction of a second cut" in found.notes


def test_missing_columns_are_named_all_at_once(tmp_path: Path) -> None:
    path = write(tmp_path, header="case_enquiry_id,closed_dt,other")
    with pytest.raises(FileRefused, match="open_dt, target_dt, ontime_status; there are: case_enquiry_id"):
        read_rows(path, Window(BOSTON))


def test_columns_that_only_tell_more_may_be_absent(tmp_path: Path) -> None:
    header = "case_enquiry_id,open_dt,target_dt,closed_dt,ontime_status"
    reading = read_rows(write(tmp_path, "1,2015-06-01T09:00:00,,,", header=header), Window(BOSTON))
    assert reading.absent == ("type", "reason", "neighborhood", "ward", "latitude", "longitude")
    assert len(reading.rows) == 1


@pytest.mark.parametrize("raw", [b"", gzip.compress(b"a,b\n" * 99, mtime=0)[:30], b"\x1f\x8bnot gzip"])
def test_what_is_no_such_file_at_all_is_refused(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "requests.csv"
    path.write_bytes(raw)
    with pytest.raises(FileRefused):
        read_rows(path, Window(BOSTON))


def test_the_window_is_by_local_day_of_opening_and_the_limit_takes_the_earliest(tmp_path: Path) -> None:
    lines = [line(str(n), opened=f"2015-06-0{n}T23:30:00") for n in (4, 3, 2, 1)]
    backwards = line("9", opened="2015-06-09T09:00:00", closed="2015-06-01T09:00:00")
    reading = read(tmp_path, *lines, backwards, window=Window(BOSTON, date(2015, 6, 2), date(2015, 6, 4), limit=2))
    assert [found.id for found in reading.rows] == ["2", "3"]
    assert (reading.skipped, reading.refused) == (2, [])
