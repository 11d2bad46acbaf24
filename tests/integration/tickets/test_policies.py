"""Policies as operators handle them: checked, compared, tried on history, activated, listed."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import yaml

from services.chassis.ids import new_id
from services.chassis.unit import Unit, Units
from services.tickets.files.operators import read_policy
from services.tickets.handlers.policies import activate as activate_policies
from services.tickets.handlers.versions import Change, Given
from services.tickets.policies import FOLDER, shipped_policies
from services.tickets.storage import Tickets
from tests.integration.tickets.conftest import (
    CADRE,
    COMMUNITY,
    ELSEWHERE,
    GRID,
    RESIDENT,
    WORKER,
    Activate,
    Document,
    House,
    done,
    policy_command,
    refused,
)
from tests.unit.tickets.shelf import house as rules_of_the_house


class TestPolicies:
    """As an operator handles them."""

    def test_a_ticket_keeps_the_version_that_it_was_filed_under(
        self, house: House, activate: Activate, tmp_path: Path
    ) -> None:
        before = house.filed()
        file = _request(tmp_path, 3, arrival="20 min")
        told = policy_command(house, "diff", str(file), "--area", COMMUNITY)
        assert "request-1341/2 -> request-1341/3" in told
        assert "clocks.arrival.targets.any: 600 -> 1200" in told
        assert house.filed()["policy"] == "request-1341/2", "telling what would change changes nothing"
        policy_command(house, "activate", str(file), "--area", COMMUNITY)
        after = house.filed()
        assert after["policy"] == "request-1341/3"
        assert done(house.get(f"/api/v1/tickets/{before['id']}", RESIDENT))["policy"] == "request-1341/2"
        assert policy_command(house, "show", "request-1341/3") == file.read_text("utf-8")
        done(house.do(after, "accept", WORKER))

    def test_the_nearest_area_above_decides(self, house: House, activate: Activate, tmp_path: Path) -> None:
        for version, area in ((11, "/hequ/"), (12, COMMUNITY), (13, ELSEWHERE)):
            file = _request(tmp_path, version, arrival=f"{version} min")
            policy_command(house, "activate", str(file), "--area", area)
        assert house.filed()["policy"] == "request-1341/12"
        assert policy_command(house, "deactivate", "request", "--area", COMMUNITY) == (
            f"request in {COMMUNITY}: request-1341/11\n"
        )
        assert house.filed()["policy"] == "request-1341/11"

    def test_what_tickets_are_judged_by_never_changes_under_its_version(
        self, house: House, activate: Activate, tmp_path: Path
    ) -> None:
        file = _request(tmp_path, 2, arrival="20 min")
        told = policy_command(house, "activate", str(file), "--area", COMMUNITY, check=False)
        assert "raise its version" in told
        assert house.filed()["policy"] == "request-1341/2"

    def test_of_two_who_give_one_version_two_contents_at_once_one_is_told(
        self, house: House, activate: Activate, tmp_path: Path
    ) -> None:
        def give(file: str) -> str:
            return policy_command(house, "activate", file, "--area", COMMUNITY, check=False)

        files = [str(_request(tmp_path, 40, arrival=f"{minutes} min")) for minutes in (20, 30)]
        with ThreadPoolExecutor(2) as hands:
            told = sorted(hands.map(give, files), key=lambda words: "raise its version" in words)
        assert "request-1341/2 -> request-1341/40" in told[0]
        assert "raise its version" in told[1]
        assert "raise its version" not in told[0]
        (row,) = house.db["policy_activations"].find({"area_path": COMMUNITY})
        assert (row["pin"], len(row["history"])) == ("request-1341/40", 1)
        kept = house.db["policies"].find_one({"_id": "request-1341/40"})
        assert kept is not None
        minutes = kept["data"]["clocks"][0]["target"]
        assert f"600 -> {int(minutes.split()[0]) * 60}" in told[0], "the one who was not told is the one whose holds"

    def test_of_two_who_activate_other_versions_at_once_the_later_is_told_what_the_earlier_did(
        self, house: House, activate: Activate, tmp_path: Path
    ) -> None:
        both_have_looked = Barrier(2)

        def give(version: int) -> Change:
            raw = _request(tmp_path, version, arrival=f"{version} min").read_bytes()
            given, seen = Given(read_policy(raw)[1], raw.decode()), []

            def hold(unit: Unit) -> Change:
                store = Tickets(unit)
                seen.append(store.policies.activations())
                if len(seen) == 1:
                    both_have_looked.wait(15)
                (change,) = activate_policies(store, rules_of_the_house(), [given], COMMUNITY, f"{version}", unit.now)
                return change

            return Units(house.namespace.mongo, house.db, "tickets", house.clock).run(hold)

        with ThreadPoolExecutor(2) as hands:
            told = {change.after: change.before for change in hands.map(give, (41, 42))}
        (row,) = house.db["policy_activations"].find({"area_path": COMMUNITY})
        earlier, later = (one["pin"] for one in row["history"])
        assert {earlier, later} == {"request-1341/41", "request-1341/42"}
        assert told == {earlier: "request-1341/2", later: earlier}
        assert (row["pin"], row["by"]) == (later, later.rpartition("/")[2])
        assert house.filed()["policy"] == later

    def test_an_area_that_is_not_there_is_refused(self, house: House, activate: Activate) -> None:
        told = policy_command(house, "activate", "--pack", "jinta", "--area", "/hequ/nowhere/", check=False)
        assert "/hequ/nowhere/" in told
        assert house.db["policy_activations"].count_documents({}) == 0

    def test_a_file_that_cannot_be_meant_names_each_error_with_its_line(self, house: House, tmp_path: Path) -> None:
        file = _request(tmp_path, 3, arrival="soon")
        text = file.read_text("utf-8")
        file.write_text(text.replace("calendar: station", "calendar: moon", 1), "utf-8")
        answer = house.processes.cli("policy", "check", str(file), check=False)
        assert answer.returncode == 1
        lines = answer.stderr.splitlines()
        assert [line.partition(": ")[0].rpartition(":")[2].isdigit() for line in lines[:2]] == [True, True]
        assert "clocks[0].target" in answer.stderr
        assert "clocks[0].calendar" in answer.stderr
        assert lines[-1] == "2 errors; nothing was changed."

    def test_the_kinds_of_an_area_are_told_in_the_callers_language(self, house: House, activate: Activate) -> None:
        activate("hequ")
        kinds = {one["kind"]: one for one in done(house.get("/api/v1/kinds", None, area=GRID))["items"]}
        assert set(kinds) == {policy.kind for policy in shipped_policies().values()}
        assert (kinds["errand"]["policy"], kinds["errand"]["asks"]) == ("hequ-errand/1", ["service"])
        assert kinds["errand"]["services"][0]["items"][0] == {"code": "id_card", "title": "Identity card"}
        elsewhere = {one["kind"]: one for one in done(house.get("/api/v1/kinds", None, area=ELSEWHERE))["items"]}
        assert elsewhere["errand"]["policy"] == "errand/1"
        refused(house.get("/api/v1/kinds", None, area="/hequ/nowhere/"), 404, "not-found")

    def test_what_if_the_same_deeds_are_held_against_other_promises(
        self, house: House, activate: Activate, tmp_path: Path
    ) -> None:
        since = house.step(days=1)
        late, quick = house.assigned(urgent=True), house.assigned(urgent=True)
        done(house.do(quick, "arrive", WORKER, {"severity": "ordinary"}))
        house.step(minutes=15)
        done(house.do(late, "arrive", WORKER, {"severity": "ordinary"}))
        for file, outcomes in (
            (_request(tmp_path, 30, arrival="20 min"), "met 1 -> 2, warned 1 -> 1, breached 1 -> 0"),
            (_request(tmp_path, 31, arrival="2 h"), "met 1 -> 2, warned 1 -> 0, breached 1 -> 0"),
        ):
            told = policy_command(house, "try", str(file), "--area", GRID, "--since", f"{since:%Y-%m-%dT%H:%M:%S%z}")
            assert f"{COMMUNITY}  2 tickets" in told
            assert f"arrival          {outcomes}" in told
        assert house.filed()["policy"] == "request-1341/2", "it changed nothing"
        nothing = policy_command(house, "try", str(file), "--area", ELSEWHERE, "--since", f"{since:%Y-%m-%d}")
        assert "no request was filed" in nothing

    def test_what_if_tells_each_community_apart_and_lets_no_pause_count(self, house: House, tmp_path: Path) -> None:
        """One waited two of three and a half hours for the resident; another was never dispatched."""
        since = house.step(days=1)
        said: Document = {"kind": "order", "service": "legal_advice", "urgent": True}
        waited, forgotten = house.filed(**said), house.filed(**said, grid_id="grid-030")
        done(house.do(waited, "accept", CADRE))
        done(house.do(waited, "pause", CADRE, {"reason_code": "resident_away", "reason": "r"}))
        house.step(hours=2)
        done(house.do(waited, "resume", CADRE))
        house.step(minutes=90)
        done(house.do(waited, "assign", CADRE, {"assignee_id": WORKER}))
        for version, target, here, there in (
            (50, "1 h", (1, 0, 0, 1), (0, 0, 1, 1)), (51, "3 h", (1, 1, 0, 0), (0, 0, 1, 1)),
            (52, "4 h", (1, 1, 0, 0), (0, 0, 1, 0)),
        ):  # fmt: skip
            file = _order(tmp_path, version, dispatch=target)
            told = json.loads(
                _told(house, "try", str(file), "--area", "/hequ/", "--since", f"{since:%FT%T%z}", "--json")
            )
            for ticket, wanted in ((waited, here), (forgotten, there)):
                counts = told[ticket["area_path"].removesuffix(f"{ticket['grid_id']}/")]["clocks"]["dispatch"]
                found = [counts[outcome][now] for outcome in ("met", "breached") for now in ("held", "tried")]
                assert (target, *found) == (target, *wanted)

    def test_what_if_holds_each_community_against_its_own_policy_and_what_still_waits_runs(
        self, house: House, activate: Activate, tmp_path: Path
    ) -> None:
        """Dispatched after an hour and a half in both; here two hours are promised, there one."""
        policy_command(house, "activate", str(_order(tmp_path, 60, dispatch="1 h")), "--area", ELSEWHERE)
        since = house.step(days=1)
        said: Document = {"kind": "order", "service": "legal_advice", "urgent": True}
        here, waiting, there = house.filed(**said), house.filed(**said), house.filed(**said, grid_id="grid-030")
        assert (here["policy"], there["policy"]) == ("order/1", "order/60")
        done(house.do(waiting, "accept", CADRE))
        done(house.do(waiting, "pause", CADRE, {"reason_code": "resident_away", "reason": "r"}))
        house.step(minutes=90)
        done(house.do(here, "accept", CADRE))
        done(house.do(here, "assign", CADRE))
        staff_there = house.tokens.headers(("community", ELSEWHERE), person_id=new_id())
        for deed in ("accept", "assign"):
            done(house.api.http.post(f"/api/v1/tickets/{there['id']}/{deed}", json={}, headers=staff_there))
        for version, target, of_here, of_there in (
            (61, "3 h", {"met": [1, 1]}, {"met": [0, 1], "breached": [1, 0]}),
            (62, "30 min", {"met": [1, 0], "breached": [0, 1]}, {"breached": [1, 1]}),
        ):
            file = _order(tmp_path, version, dispatch=target)
            told = json.loads(
                _told(house, "try", str(file), "--area", "/hequ/", "--since", f"{since:%FT%T%z}", "--json")
            )
            assert judged(told[COMMUNITY]) == {**of_here, "running": [1, 1]}, target
            assert judged(told[ELSEWHERE]) == of_there, target

    def test_what_holds_where_is_listed(self, house: House, activate: Activate) -> None:
        activate("jinta")
        assert f"{GRID}  order  jinta-order/1" in policy_command(house, "list")
        assert "jinta-order/1" in policy_command(house, "list", "--area", GRID)


def judged(tally: Document) -> dict[str, list[int]]:
    """What became of the dispatching: how many as it was promised, how many as it is tried."""
    counts = tally["clocks"]["dispatch"]
    return {
        outcome: [counts[outcome]["held"], counts[outcome]["tried"]]
        for outcome in counts
        if outcome != "warned" and any(counts[outcome].values())
    }


def _told(house: House, *words: str) -> str:
    """Without what shows that it goes on."""
    return str(house.processes.cli("policy", *words).stdout)


def _order(folder: Path, version: int, *, dispatch: str) -> Path:
    """The shipped policy of orders with another version and another time to be dispatched in."""
    data = yaml.safe_load((FOLDER / "order-1.yml").read_text("utf-8"))
    data["version"] = version
    data["clocks"][0]["target"] = dispatch
    file = folder / f"order-{version}.yml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
    return file


def _request(folder: Path, version: int, *, arrival: str) -> Path:
    """The shipped policy of requests with another version and another time to arrive in."""
    data = yaml.safe_load((FOLDER / "request-1341-2.yml").read_text("utf-8"))
    data["version"] = version
    data["clocks"][0]["target"] = arrival
    file = folder / f"request-{version}-{arrival.replace(' ', '')}.yml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
    return file
