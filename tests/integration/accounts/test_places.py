"""Accounts belong to places and have roles at places: at those that accounts has heard of, and nowhere else."""

import inspect
import threading
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from services.accounts.administration import create_first_admin
from services.accounts.api.accounts import Accounts as Api
from services.accounts.domain.account import Refused
from services.accounts.handlers.places import hear_of_place
from services.accounts.storage import Store
from services.accounts.storage_places import Places
from services.accounts.storage_trail import Trail
from services.chassis.http import Call
from services.chassis.unit import Unit
from services.contracts.registry import EVENT_TYPES
from services.contracts.types import Event
from tests.integration.accounts.conftest import COUNTY, PASSWORD, XIKOU, Accounts
from tests.integration.accounts.payloads import new_account, slug
from tests.support.eventually import eventually
from tests.support.places import define_places
from tests.support.processes import Processes
from tests.support.publishing import Publishing

BINHE = "/hequ/xikou/binhe/"
Document = dict[str, Any]


@pytest.fixture
def grid(accounts: Accounts) -> str:
    """The path of a grid that accounts knows, of one test."""
    path = f"{BINHE}grid-{uuid4().hex[:8]}/"
    define_places(accounts.db, path)
    return path


@pytest.fixture
def ghost(grid: str) -> str:
    """A path at which nothing lies, that ends like the grid's."""
    return f"{XIKOU}made-up/{grid.split('/')[-2]}/"


def hear(accounts: Accounts, event_type: str, sequence: int, path: str, from_path: str | None = None) -> None:
    """What the worker does when it is told of a place."""
    accounts.context.units.run(
        lambda unit: hear_of_place(Places(unit), event_of(unit, event_type, sequence, path, from_path))
    )


def event_of(unit: Unit, event_type: str, sequence: int, path: str, from_path: str | None) -> Event:
    place = {"id": path.split("/")[-2], "level": "grid", "name": "Grid", "area_path": path}
    data = EVENT_TYPES[event_type].schema().load({"place": place, "from_path": from_path})
    return Event("e", event_type, "tickets", "1.0", sequence, place["id"], path, unit.now, unit.now, data)


def changed(accounts: Accounts, opened: Document, *grants: tuple[str, str]) -> Any:
    body = {"grants": [{"role": role, "area_path": path} for role, path in grants]}
    return accounts.patch(f"/api/v1/accounts/{opened['account_id']}", body, accounts.token(), "*")


def test_an_account_is_opened_at_a_place_and_with_roles_at_places(accounts: Accounts, grid: str, ghost: str) -> None:
    token, before = accounts.token(), accounts.db["accounts"].count_documents({})
    for body in (
        new_account(ghost), new_account(grid, granted=ghost), new_account(ghost, granted=grid), new_account("/hequu/"),
        new_account(f"{grid}house-3/"),
    ):  # fmt: skip
        answer = accounts.post("/api/v1/accounts", body, token)
        expected = (403, "outside-your-area") if body["area_path"] == "/hequu/" else (422, "unknown-place")
        assert (answer.status_code, slug(answer)) == expected
    refusal = accounts.post("/api/v1/accounts", new_account(ghost), token).json()["detail"]
    assert ghost in refusal
    assert "如果刚刚导入" in refusal
    assert accounts.db["accounts"].count_documents({}) == before
    assert accounts.post("/api/v1/accounts", new_account(grid), token).status_code == 201


def test_nobody_registers_at_a_place_that_is_not_known(accounts: Accounts, grid: str, ghost: str) -> None:
    body = {"login": uuid4().hex[:12], "password": PASSWORD}
    for path, expected in ((ghost, 422), (grid, 202)):
        answer = accounts.post("/api/v1/accounts/registrations", {**body, "area_path": path})
        assert answer.status_code == expected, answer.text
    assert accounts.db["accounts"].count_documents({"area_path": ghost}) == 0


def test_a_role_is_given_at_a_place_and_what_somebody_has_he_keeps(accounts: Accounts, grid: str, ghost: str) -> None:
    opened = accounts.open(XIKOU, "resident")
    assert slug(changed(accounts, opened, ("resident", XIKOU), ("grid_worker", ghost))) == "unknown-place"
    of_before = [{"role": "grid_worker", "area_path": ghost}]
    accounts.db["accounts"].update_one({"_id": opened["account_id"]}, {"$set": {"grants": of_before}})
    assert changed(accounts, opened, ("grid_worker", ghost), ("grid_worker", grid)).status_code == 200
    assert changed(accounts, opened, ("grid_worker", grid)).status_code == 200
    assert slug(changed(accounts, opened, ("grid_worker", ghost))) == "unknown-place"


def test_a_place_that_moved_or_was_removed_takes_no_roles_where_it_lay(accounts: Accounts, grid: str) -> None:
    elsewhere = grid.replace("/binhe/", "/nanmen/")
    token = accounts.token()
    hear(accounts, "area.moved", 3, elsewhere, from_path=grid)
    assert slug(accounts.post("/api/v1/accounts", new_account(grid), token)) == "unknown-place"
    assert accounts.post("/api/v1/accounts", new_account(elsewhere), token).status_code == 201
    hear(accounts, "area.removed", 4, elsewhere)
    assert slug(accounts.post("/api/v1/accounts", new_account(elsewhere), token)) == "unknown-place"
    hear(accounts, "area.defined", 5, elsewhere)
    assert accounts.post("/api/v1/accounts", new_account(elsewhere), token).status_code == 201


@pytest.fixture
def publishing(accounts: Accounts, package_processes: Processes) -> Iterator[Publishing]:
    """With the worker of accounts running."""
    worker = package_processes.start("accounts", "worker")
    yield Publishing(package_processes.namespace)
    package_processes.stop(worker)


def test_what_was_loaded_a_moment_ago_is_known_soon_and_only_what_lay_there_moves(
    accounts: Accounts, publishing: Publishing
) -> None:
    grid = f"grid-{uuid4().hex[:8]}"
    here, there, ghost = f"{BINHE}{grid}/", f"/hequ/wenbi/beimen/{grid}/", f"{XIKOU}made-up/{grid}/"
    token = accounts.token()
    assert slug(accounts.post("/api/v1/accounts", new_account(here), token)) == "unknown-place"

    def tell(event_type: str, sequence: int, path: str, **more: Any) -> None:
        place = {"id": grid, "level": "grid", "name": "Grid", "area_path": path}
        publishing.send([publishing.write(event_type, grid, sequence, area_path=path, place=place, **more)])

    tell("area.defined", 1, here)
    eventually(lambda: accounts.post("/api/v1/accounts", new_account(here), token).status_code == 201)
    worker, planted = accounts.open(here, "grid_worker"), accounts.open(XIKOU, "resident")
    of_before = [{"role": "admin", "area_path": ghost}]
    accounts.db["accounts"].update_one({"_id": planted["account_id"]}, {"$set": {"grants": of_before}})
    tell("area.moved", 3, there, from_path=here)

    def grants(of: Document) -> Any:
        return accounts.get(f"/api/v1/accounts/{of['account_id']}", token).json()["grants"]

    eventually(lambda: grants(worker) == [{"role": "grid_worker", "area_path": there}])
    assert grants(planted) == of_before, "a made-up path that ends like the grid's is not the grid"


def test_a_role_is_not_given_past_a_move_that_is_being_heard_of(accounts: Accounts, grid: str) -> None:
    """The move is written and not yet committed when the role is given: that waits for it, then looks again."""
    opened, elsewhere = accounts.open(XIKOU, "resident"), grid.replace("/binhe/", "/nanmen/")
    written, answers = threading.Event(), []

    def give() -> None:
        written.wait(20)
        answers.append(changed(accounts, opened, ("grid_worker", grid)))

    giver = threading.Thread(target=give)
    giver.start()

    def work(unit: Unit) -> None:
        hear_of_place(Places(unit), event_of(unit, "area.moved", 3, elsewhere, grid))
        written.set()
        giver.join(2)

    accounts.context.units.run(work)
    giver.join(30)
    assert slug(answers[0]) == "unknown-place"
    assert accounts.db["accounts"].count_documents({"grants.area_path": grid}) == 0


def test_who_registers_at_a_place_keeps_no_other_from_it(accounts: Accounts, grid: str) -> None:
    """One has held the place and not committed yet when the others come: on an opening day many are in that moment."""
    answers: list[int] = []

    def others(unit: Unit) -> None:
        for _ in range(3):
            body = {"login": uuid4().hex[:12], "password": PASSWORD, "area_path": grid}
            answers.append(accounts.post("/api/v1/accounts/registrations", body).status_code)

    def work(unit: Unit) -> None:
        assert Places(unit).unknown([grid]) == []
        unit.before_commit(others)

    accounts.context.units.run(work)
    assert answers == [202] * 3


def test_a_registration_that_runs_again_hashes_no_second_time(accounts: Accounts, grid: str) -> None:
    api, rows, hashes = Api(), accounts.db["accounts"], []
    api.chassis, api.store, api.places, api.trail = accounts.context, Store, Places, Trail
    body = {"login": uuid4().hex[:12], "password": PASSWORD, "area_path": grid, "contact": None}
    call = Call(caller=None, locale="en", body=body, params={}, client="a digest")

    def work(unit: Unit) -> None:
        inspect.unwrap(Api.register)(api, unit, call)
        [row] = rows.find({"area_path": grid}, session=unit.session)
        hashes.append(row["password_hash"])
        if len(hashes) == 1:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        accounts.context.units.run(work)
    accounts.context.units.run(work)
    assert hashes[0] == hashes[1]


def test_a_county_s_first_administrator_may_come_before_its_places_and_no_other(accounts: Accounts) -> None:
    county = f"/county-{uuid4().hex[:8]}/"
    account = create_first_admin(accounts.context, uuid4().hex[:12], PASSWORD, county, forced=True)
    assert account.area_path == county
    for area_path in (f"{county}street/", f"{COUNTY}made-up/"):
        with pytest.raises(Refused, match="unknown-place"):
            create_first_admin(accounts.context, uuid4().hex[:12], PASSWORD, area_path, forced=True)
    create_first_admin(accounts.context, uuid4().hex[:12], PASSWORD, XIKOU, forced=True)
