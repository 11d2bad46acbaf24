"""A county of one grid that moves between two communities, and the services that a test starts for it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from services.accounts.domain.account import Grant
from services.accounts.handlers.accounts import Opening, open_account
from services.accounts.storage import Store as Accounts
from services.chassis.context import Context
from services.chassis.ids import new_id
from services.chassis.unit import Unit
from services.cli.installation import context_of
from services.tickets.domain import actions
from services.tickets.domain.places_tree import read_places
from services.tickets.domain.transitions import STAFF, Actor
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.life import do
from services.tickets.handlers.place_changes import put
from services.tickets.handlers.places import plan
from services.tickets.handlers.placing import placing
from services.tickets.house import house_of
from services.tickets.storage import Tickets
from tests.support.processes import Processes
from tests.support.tokens import Tokens

OLD, NEW = "/c/s/m1/g1/", "/c/s/m2/g1/"
WORKER, CADRE, NEW_CADRE = (f"01920c5e-0000-7000-8000-0000000000f{n}" for n in range(1, 4))


def town(community: str) -> dict[str, Any]:
    """A county in which the grid g1 with its station lies in one of two communities."""
    communities = []
    for id in ("m1", "m2"):
        here = id == community
        communities.append({
            "id": id, "name": id, "grids": [{"id": f"{id}-own", "name": "Own"}] + [{"id": "g1", "name": "G1"}] * here,
            "stations": [{"id": "st1", "name": "St1", "grid": "g1", "hours": {"daily": ["00:00-24:00"]}}] * here,
        })  # fmt: skip
    return {"county": {"id": "c", "name": "C"}, "streets": [{"id": "s", "name": "S", "communities": communities}]}


@dataclass
class Village:
    """The services tickets and accounts, whose processes are started when a test needs them."""

    processes: Processes
    contexts: dict[str, Context]
    tokens: Tokens
    folder: Path

    @cached_property
    def api(self) -> httpx.Client:
        return self.processes.start("tickets", "http").http

    @property
    def tickets(self) -> Context:
        return self.contexts["tickets"]

    def file(self, name: str, data: Any) -> str:
        path = self.folder / f"{name}.yml"
        path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
        return str(path)

    def filed(self, grid: str = "g1", taken: bool = False) -> str:
        def work(unit: Unit) -> str:
            store, house = Tickets(unit), house_of(self.tickets)
            where = placing(store, grid, None, None)
            ticket = file_ticket(store, house, Filer(CADRE, True), where, {"kind": "request"}, unit.now).ticket
            return ticket.id

        ticket_id = self.tickets.units.run(work)
        if taken:
            self.deed(ticket_id, lambda course, rules: actions.accept(course, Actor(WORKER, STAFF)))
            self.deed(ticket_id, lambda course, rules: actions.assign(course, Actor(WORKER, STAFF), WORKER))
        return ticket_id

    def deed(self, ticket_id: str, deed: Any) -> None:
        def work(unit: Unit) -> None:
            store = Tickets(unit)
            ticket = store.ticket(ticket_id)
            assert ticket is not None
            do(store, house_of(self.tickets), ticket, unit.now, deed)

        self.tickets.units.run(work)

    def lying(self, path: str) -> int:
        return self.tickets.db["tickets"].count_documents({"area_path": path})

    def ask(self, person: str, *grants: tuple[str, str], **params: Any) -> httpx.Response:
        headers = self.tokens.headers(*grants, person_id=person)
        return self.api.get("/api/v1/tickets", params=params, headers={**headers, "Accept-Language": "en"})


@pytest.fixture
def village(processes: Processes, tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Village]:
    for name, value in processes.env.items():
        monkeypatch.setenv(name, value)
    processes.prepare()
    contexts = {name: context_of(name) for name in ("tickets", "accounts")}
    made = Village(processes, contexts, tokens, tmp_path)
    before = town("m1")
    made.file("before", before)
    made.tickets.units.run(lambda unit: put(Tickets(unit), plan(read_places(before), {}).changes))
    for person, role, path in (
        (WORKER, "grid_worker", OLD), (CADRE, "community", "/c/s/m1/"), (NEW_CADRE, "community", "/c/s/m2/"),
    ):  # fmt: skip
        employed(made, person, role, path)
    yield made
    for context in contexts.values():
        context.client.close()


def employed(village: Village, person: str, role: str, path: str) -> None:
    """An account that accounts has opened and that tickets knows already."""
    accounts = village.contexts["accounts"]
    opening = Opening(new_id(), person, "person", "/c/", (Grant(role, path),))

    def work(unit: Unit) -> Any:
        change = open_account(opening, [Grant("admin", "/c/")], unit.now)
        Accounts(unit, accounts.sealer).add(change.account, f"{role}-{new_id()}", None)
        unit.emit(*change.events)
        return change

    change = accounts.units.run(work)
    told = change.events[0]
    village.tickets.units.run(lambda unit: Tickets(unit).put_account(told.data["account"], told.sequence))
