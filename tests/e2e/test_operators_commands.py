"""The operators' commands on a real database: they say what to do, and change nothing when they refuse."""

from pathlib import Path

import pytest

from tests.e2e.whole import COUNTY
from tests.support.processes import Processes

PASSWORD = "a long enough secret"


@pytest.fixture(scope="module")
def doorstep(module_processes: Processes) -> Processes:
    module_processes.prepare()
    return module_processes


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    file = tmp_path / "password"
    file.write_text(f"{PASSWORD}\n")
    return str(file)


def test_the_first_administrator_is_opened_once(doorstep: Processes, password_file: str) -> None:
    asked = ("admin", "create", "--login", "first-admin", "--area", "/hequ/", "--password-file", password_file)
    assert "administrator of /hequ/" in doorstep.cli(*asked).stdout
    again = doorstep.cli(*asked, check=False)
    assert again.returncode == 1
    assert "there is an active administrator already" in again.stderr


@pytest.mark.parametrize(
    ("login", "area", "secret", "says"),
    [
        ("ab", "/hequ/", PASSWORD, "3 to 64 characters"),
        ("somebody", "hequ", PASSWORD, "/county/street/"),
        ("somebody", "/hequ/", "short", "10 to 128 characters"),
    ],
)
def test_a_bad_login_area_or_password_is_refused_in_words(
    doorstep: Processes, tmp_path: Path, login: str, area: str, secret: str, says: str
) -> None:
    file = tmp_path / "password"
    file.write_text(secret)
    done = doorstep.cli(
        *("admin", "create", "--login", login, "--area", area, "--force", "--password-file", str(file)), check=False
    )
    assert done.returncode == 1
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_lost_password_is_replaced_and_an_unknown_login_is_refused(doorstep: Processes, password_file: str) -> None:
    options = ("admin", "reset-password", "--password-file", password_file, "--login")
    assert doorstep.cli(*options, "nobody-at-all", check=False).returncode == 1


def test_rotating_keys_can_be_tried_first(doorstep: Processes) -> None:
    assert "there are 1 keys" in doorstep.cli("accounts", "rotate-keys", "--dry-run").stdout
    assert "signs in 90 s" in doorstep.cli("accounts", "rotate-keys").stdout
    assert "there are 2 keys" in doorstep.cli("accounts", "rotate-keys", "--dry-run").stdout


def test_places_are_loaded_after_a_dry_run_and_loading_again_changes_nothing(doorstep: Processes) -> None:
    tried = doorstep.cli("places", "load", str(COUNTY), "--dry-run").stdout
    loaded = doorstep.cli("places", "load", str(COUNTY)).stdout
    *listed, sum_ = tried.splitlines()
    assert f"{sum_}\n" == f"would be {loaded}"
    assert [line.split()[0] for line in listed] == ["new"] * 14
    assert "new: 14, changed: 0, unchanged: 0" in loaded
    assert "new: 0, changed: 0, unchanged: 14" in doorstep.cli("places", "load", str(COUNTY)).stdout


def test_places_are_told_of_again_on_demand_and_once_after_an_upgrade(doorstep: Processes) -> None:
    doorstep.cli("places", "load", str(COUNTY))
    db = doorstep.namespace.mongo[f"{doorstep.namespace.prefix}_tickets"]

    def told() -> list[tuple[str, int, str]]:
        rows = db["outbox"].find({"aggregate_id": {"$in": ["hequ", "station-1"]}}).sort("sequence")
        return [(row["aggregate_id"], row["sequence"], row["data"]["place"]["area_path"]) for row in rows]

    before = told()
    assert "told of 14 places" in doorstep.cli("places", "tell-again").stdout
    sequence = before[-1][1] + 1
    again = sorted((id, sequence, path) for id, path in {(id, path) for id, _, path in before})
    assert sorted(told()[len(before) :]) == again
    doorstep.cli("prepare")
    assert len(told()) == len(before) + len(again), "this version has told of all"
    db["directory"].delete_one({"_id": "told of all places"})
    for _ in range(2):
        doorstep.cli("prepare")
    assert len(told()) == len(before) + 2 * len(again)
    assert "new: 0, changed: 0, unchanged: 14" in doorstep.cli("places", "load", str(COUNTY)).stdout


@pytest.mark.parametrize(
    ("broken", "line", "field"),
    [
        ("county: {id: hequ, name: 县}\nstreets:\n- id: BAD\n  name: 镇\n", 3, "streets[0].id"),
        ("county: {id: hequ, name: 县}\nstreet: []\n", 2, "street"),
        ("county: {id: hequ, name: 县}\nstreets: [\n", 3, ""),
    ],
)
def test_a_broken_places_file_is_refused_with_line_and_field(
    doorstep: Processes, tmp_path: Path, broken: str, line: int, field: str
) -> None:
    file = tmp_path / "broken.yml"
    file.write_text(broken)
    done = doorstep.cli("places", "load", str(file), check=False)
    assert done.returncode == 1
    assert f"{file}:{line}: {field}".rstrip(": ") in done.stderr
    assert "nothing was changed" in done.stderr


def test_the_audit_holds_until_a_balance_is_falsified(doorstep: Processes) -> None:
    assert "The ledger holds." in doorstep.cli("points", "audit").stdout
    accounts = doorstep.namespace.mongo[f"{doorstep.namespace.prefix}_volunteers"]["accounts"]
    accounts.insert_one({"_id": "somebody", "balance": 5, "debt": 0, "sequence": 0})
    done = doorstep.cli("points", "audit", check=False)
    assert done.returncode == 1
    assert "balance-differs: somebody" in done.stdout


def test_the_recount_tells_a_total_that_is_not_true(doorstep: Processes) -> None:
    prefix = doorstep.namespace.prefix
    totals = doorstep.namespace.mongo[f"{prefix}_metrics"]["totals"]
    row = {"total": "doorstep_members_approved_total", "labels": [], "area": "/hequ/", "slot": 0, "value": 2}
    totals.insert_one({"_id": "falsified", **row})
    done = doorstep.cli("metrics", "recount", check=False)
    assert done.returncode == 1
    assert "doorstep_members_approved_total" in done.stdout


def test_a_database_that_is_away_is_said_so(doorstep: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    away = {**doorstep.env, "DOORSTEP_MONGO_URL": "mongodb://127.0.0.1:9/?replicaSet=none"}
    monkeypatch.setattr(doorstep, "env", away)
    done = doorstep.cli("points", "audit", check=False)
    assert done.returncode == 2
    assert "is Doorstep up?" in done.stderr


def test_the_demonstration_refuses_to_play_on_what_is_no_demonstration(
    doorstep: Processes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorstep, "env", {**doorstep.env, "DOORSTEP_DATA": str(tmp_path)})
    done = doorstep.cli("demo", check=False)
    assert done.returncode == 1
    assert "`make demo` and `make replay` start it" in done.stderr
