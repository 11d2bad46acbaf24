"""What an operator sees of `doorstep replay` before anything is played."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from services.cli.replay.command import replay
from tests.unit.cli.replay.files import line, write

CLOSED = "2015-06-02T09:00:00"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(replay, [str(word) for word in words])


def test_a_dry_run_says_what_would_be_played_and_what_not(tmp_path: Path) -> None:
    bad = line("2", closed="2015-05-01T00:00:00")
    file = write(tmp_path, line("1", target=CLOSED, closed=CLOSED), bad, line("1"))
    written = tmp_path / "report.json"
    said = run(file, "--dry-run", "--report", written, "--list", "1")
    assert said.exit_code == 0, said.output
    assert "requests.csv: 1 rows to play, 2 refused" in said.output
    assert "line 3 2: closed 2015-05-01T00:00:00, opened 2015-06-01T09:00:00" in said.output
    assert "… and 1 more" in said.output
    report = json.loads(written.read_text())
    assert report["refused_by_reason"] == {"closed-before-opened": 1, "duplicate": 1}
    assert (report["commands"], report["instants"], report["with_target_and_close"]) == (6, 2, 1)
    assert "agreement" not in report


def test_a_file_without_its_columns_is_refused_with_their_names(tmp_path: Path) -> None:
    said = run(write(tmp_path, "1,2", header="a,b"), "--dry-run")
    assert said.exit_code == 1
    assert "columns are missing: case_enquiry_id, open_dt, target_dt, closed_dt, ontime_status" in said.output


@pytest.mark.parametrize(
    ("words", "status", "sentence"),
    [
        (("--timezone", "Mars/Base"), 2, "there is no time zone Mars/Base"),
        (("--encoding", "klingon"), 1, "unknown encoding: klingon"),
        (("--from", "2016-01-01"), 1, "there is no row to play"),
        (("--limit", "0"), 2, "0 is not in the range"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_a_sentence(
    tmp_path: Path, words: tuple[str, ...], status: int, sentence: str
) -> None:
    said = run(write(tmp_path, line("1")), *words)
    assert (said.exit_code, sentence in said.output) == (status, True), said.output


def test_without_a_running_demonstration_it_says_how_to_start_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOORSTEP_DATA", str(tmp_path / "data"))
    said = run(write(tmp_path, line("1")))
    assert said.exit_code == 1
    assert "Doorstep does not run as a demonstration" in said.output
