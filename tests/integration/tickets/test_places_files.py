"""Places in files: tables and YAML, in by the operators' command and out again, also over HTTP."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.cli.native.programs import base_environment
from tests.integration.tickets.conftest import COUNTY, House, done, refused
from tests.support.eventually import eventually
from tests.support.processes import ROOT

ADMIN = (("admin", "/hequ/"),)


def headed(house: House, *grants: tuple[str, str]) -> dict[str, str]:
    return {**house.tokens.headers(*(grants or ADMIN)), "Accept-Language": "en"}


@pytest.fixture
def tables(house: House, tmp_path: Path) -> tuple[Path, Path]:
    """The demonstration county, exported as two tables by the command."""
    files = tmp_path / "areas.csv", tmp_path / "stations.csv"
    for file in files:
        text = exported(house, "--format", "csv", "--table", file.stem)
        file.write_bytes(text.encode("utf-8-sig"))
    return files


def exported(house: House, *options: str) -> str:
    return house.processes.cli("places", "export", "--county", "hequ", *options).stdout.removeprefix("\ufeff")


def load(house: House, *arguments: str, check: bool = True) -> Any:
    return house.processes.cli("places", "load", *arguments, check=check)


def told(house: House) -> int:
    return house.db["outbox"].count_documents({"type": {"$in": ["area.defined", "station.defined"]}})


def test_what_the_command_exports_loads_again_unchanged(
    house: House, tables: tuple[Path, Path], tmp_path: Path
) -> None:
    before, file = told(house), tmp_path / "county.yml"
    file.write_text(exported(house), encoding="utf-8")
    for files in ([file], tables, tables[:1], tables[1:] if only_one_county(house) else tables):
        assert "new: 0, changed: 0, unchanged: 260" in load(house, *map(str, files)).stdout
    assert told(house) == before


def only_one_county(house: House) -> bool:
    return house.db["places"].count_documents({"level": "county"}) == 1


def test_a_dry_run_lists_each_change_with_the_fields_that_differ(house: House, tables: tuple[Path, Path]) -> None:
    before = told(house)
    change(tables[1], "station-003", 开放时间="每天 09:00-18:00", 特色="书画")
    change(tables[0], "compound-007", 编号="compound-new")
    change(tables[1], "station-004", 服务小区="compound-new; compound-008")
    listed = [line.split(maxsplit=2) for line in load(house, *map(str, tables), "--dry-run").stdout.splitlines()]
    assert [line[:2] for line in listed] == [
        ["new", "compound-new"], ["changed", "station-003"], ["hours:", '{"monday":'], ["speciality:", "-"],
        ["changed", "station-004"], ["compounds:", '["compound-007",'], ["absent", "compound-007"], ["would", "be"],
        ["known", "but"],
    ]  # fmt: skip
    assert listed[3][2] == "-> 书画"
    assert listed[5][2] == '"compound-008"] -> ["compound-new", "compound-008"]'
    assert listed[7][2] == "new: 1, changed: 2, unchanged: 257"
    assert told(house) == before


def change(file: Path, id: str, **cells: str) -> None:
    """Change cells of one line, by their headings, as somebody would in a spreadsheet."""
    raw = file.read_bytes()
    rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig" if raw.startswith(b"\xef\xbb\xbf") else "gb18030"))))
    for row in rows:
        if row["编号"] == id:
            row.update(cells)
    text = io.StringIO()
    writer = csv.DictWriter(text, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    file.write_text(text.getvalue(), encoding="gb18030", newline="")


def test_ten_bad_lines_in_a_hundred_thousand_change_nothing(house: House, tmp_path: Path) -> None:
    file, before = tmp_path / "areas.csv", told(house)
    lines = ["level,id,name,above,grids", "county,c,县,,", "street,s,街道,c,", "community,m,社区,s,", "grid,g,网格,m,"]
    lines += [f"compound,k{n},第{n}小区,m,{'gone' if n % 10_000 == 5_000 else 'g'}" for n in range(100_000)]
    file.write_text("\n".join(lines), encoding="utf-8")
    refusal = load(house, str(file), check=False)
    assert refusal.returncode == 1
    found = refusal.stderr.splitlines()
    assert found[-1] == "10 errors; nothing was changed."
    places = [f"{file}:{5_006 + 10_000 * n}: grids: There is no grid with the id gone." for n in range(10)]
    assert [line[: line.index("gone.") + 5] for line in found if line.startswith(str(file))] == places
    assert told(house) == before
    assert house.db["places"].find_one({"_id": "c"}) is None


def test_a_load_that_is_killed_in_the_middle_goes_on_when_it_is_run_again(house: House, tmp_path: Path) -> None:
    file = tmp_path / "many.csv"
    lines = ["level,id,name,above", "county,many,县,", "street,many-s,街道,many", "community,many-m,社区,many-s"]
    lines += [f"grid,many-g{n},第{n}网格,many-m" for n in range(6_000)]
    file.write_text("\n".join(lines), encoding="utf-8")
    command = subprocess.Popen(
        [sys.executable, "-m", "services.cli.main", "places", "load", str(file)],
        env={**base_environment(), **house.processes.env}, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    mine = {"area_path": {"$regex": "^/many/"}}
    eventually(lambda: house.db["places"].count_documents(mine) > 0 or command.poll() is not None)
    os.kill(command.pid, signal.SIGKILL)
    command.communicate()
    written = house.db["places"].count_documents(mine)
    assert 0 < written < 6_003, "it was killed in the middle"
    assert written % 500 == 0, "whole batches only"
    assert f"new: {6_003 - written}, changed: 0, unchanged: {written}" in load(house, str(file)).stdout
    defined = {"type": "area.defined", **mine}
    assert house.db["outbox"].count_documents(defined) == house.db["places"].count_documents(mine) == 6_003


def test_a_county_goes_out_and_in_over_http(house: House) -> None:
    before = told(house)
    got = house.api.http.get("/api/v1/places/export", params={"county": "hequ"}, headers=headed(house))
    sent = house.api.http.post("/api/v1/places", json=done(got), headers=headed(house))
    assert done(sent)["unchanged"] == 260
    assert told(house) == before
    data = got.json()
    data["streets"][0]["name"] = "新镇"
    tried = house.api.http.post("/api/v1/places", json=data, params={"dry_run": "true"}, headers=headed(house))
    (only,) = done(tried)["changes"]
    assert (only["id"], only["new"], [one["field"] for one in only["differs"]]) == (
        data["streets"][0]["id"],
        False,
        ["name"],
    )


def test_a_table_goes_out_over_http(house: House) -> None:
    got = house.api.http.get(
        "/api/v1/places/export/csv", params={"county": "hequ", "table": "stations"}, headers=headed(house)
    )
    assert got.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert got.headers["Content-Disposition"] == 'attachment; filename="hequ-stations.csv"'
    assert got.content.startswith(b"\xef\xbb\xbf")
    assert len(list(csv.reader(io.StringIO(got.content.decode("utf-8-sig"))))) == 73


def test_a_county_goes_out_to_its_own_people_only(house: House) -> None:
    def ask(county: str, *grants: tuple[str, str]) -> Any:
        return house.api.http.get("/api/v1/places/export", params={"county": county}, headers=headed(house, *grants))

    done(ask("hequ", ("district", "/hequ/")))
    refused(ask("hequ", ("district", "/elsewhere/")), 404, "not-found")
    refused(ask("hequ", ("street", "/hequ/qingxi/")), 403, "not-allowed")
    refused(ask("nowhere", ("admin", "/nowhere/")), 404, "not-found")
    refused(ask("HEQU"), 422, "invalid-input")


def test_the_command_says_what_it_needs(house: House, tmp_path: Path) -> None:
    wrong = house.processes.cli("places", "export", "--format", "csv", check=False)
    assert (wrong.returncode, "--table" in wrong.stderr) == (2, True)
    unknown = house.processes.cli("places", "export", "--county", "nowhere", check=False)
    assert (unknown.returncode, "there is no county nowhere" in unknown.stderr) == (1, True)
    empty = tmp_path / "nothing.csv"
    empty.write_text("")
    assert load(house, str(empty), check=False).returncode == 1
    both = load(house, str(COUNTY), str(empty), check=False)
    assert "Give one YAML file, or one or two CSV tables." in both.stderr
    assert json.dumps(yaml.safe_load(exported(house))["county"], ensure_ascii=False) == (
        '{"id": "hequ", "name": "河曲县(演示)"}'
    )
