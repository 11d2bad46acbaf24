"""Two districts that have nothing to do with each other, with somebody in every role, on a whole running Doorstep."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx

from services.accounts import signing
from services.accounts.administration import create_first_admin
from services.accounts.domain.account import Grant, Kind
from services.accounts.handlers.accounts import Opening
from services.accounts.handlers.accounts import open_account as opened
from services.accounts.storage import Store as AccountStore
from services.accounts.storage import Stored
from services.chassis.context import Context
from services.chassis.directory import SERVICES, find_service
from services.chassis.http import Route, routes_of
from services.chassis.ids import new_id
from services.chassis.unit import Unit
from services.tickets.handlers.places import load_places
from services.tickets.storage import Tickets
from tests.e2e.whole import Whole
from tests.support.eventually import eventually

Document = dict[str, Any]
ADMIN_PASSWORD = "for-tests-only-7"
A, B = "aland", "bland"
ROLES = (
    "none", "resident", "member", "grid_worker", "grid_head", "station_head", "community", "street", "district", "ops",
    "admin", "partner",
)  # fmt: skip


@dataclass(frozen=True)
class Person:
    """Somebody with an account; `token` is as good as one from signing in, without waiting for a password's hash."""

    role: str
    person_id: str
    account_id: str
    token: str = field(repr=False)


@dataclass(frozen=True)
class District:
    """A county of its own: one street, one community, one grid, one compound, one station."""

    id: str
    people: Mapping[str, Person]

    @property
    def path(self) -> str:
        return f"/{self.id}/"

    @property
    def street(self) -> str:
        return f"{self.path}{self.id}-street/"

    @property
    def community(self) -> str:
        return f"{self.street}{self.id}-community/"

    @property
    def grid(self) -> str:
        return f"{self.community}{self.id}-grid/"


@dataclass(frozen=True)
class Town:
    whole: Whole
    districts: Mapping[str, District]
    clients: Mapping[str, httpx.Client]
    """By service: straight to its process, past the edge."""

    @property
    def now(self) -> datetime:
        """Business time of this town; the machine's date is of no concern here."""
        return self.contexts["tickets"].clock.now()

    @property
    def tomorrow(self) -> str:
        """A local date, as it stands in an address."""
        settings = self.contexts["tickets"].settings
        return (self.now.astimezone(settings.timezone).date() + timedelta(days=1)).isoformat()

    @property
    def contexts(self) -> Mapping[str, Context]:
        return self.whole.contexts

    def ask(
        self, who: Person | None, route: str, body: Any = None, key: str | None = None,
        headers: Mapping[str, str] | None = None, **params: Any,
    ) -> httpx.Response:  # fmt: skip
        """`route` is method and address, such as `GET /api/v1/tickets`."""
        method, path = route.split(" ", 1)
        sent = {"Authorization": f"Bearer {who.token}"} if who else {}
        if method == "POST":
            sent["Idempotency-Key"] = key or uuid4().hex
        client = self.clients[service_of(method, path)]
        data = body if body is not None or method == "GET" else {}
        return client.request(method, path, json=data, params=params, headers={**sent, **(headers or {})})

    def registered(self, body: Document) -> Person:
        """Somebody who registered himself and then signed in, by which he learns who he is."""
        self.done(None, "POST /api/v1/accounts/registrations", body)
        said = {name: body[name] for name in ("login", "password")}
        signed_in = self.done(None, "POST /api/v1/sessions", said)
        own = self.own(Person("registered", signed_in["person_id"], "", signed_in["token"]))
        return Person("registered", signed_in["person_id"], own["account_id"], signed_in["token"])

    def own(self, who: Person) -> Document:
        return self.done(who, "GET /api/v1/accounts/me")

    def done(self, who: Person | None, route: str, body: Any = None, **params: Any) -> Document:
        """Ask for what must succeed; its answer."""
        answer = self.ask(who, route, body, **params)
        assert answer.is_success, f"{who and who.role}: {route}: {answer.status_code} {answer.text}"
        data: Document = answer.json() if answer.content else {}
        return data


def all_routes() -> Iterator[tuple[str, Route]]:
    """Every route of every service, with the service's name."""
    for name in SERVICES:
        for route in routes_of(find_service(name).api):
            yield name, route


def service_of(method: str, path: str) -> str:
    """Which service answers an address: the one with the longest common beginning."""
    parts = path.split("?")[0].strip("/").split("/")

    def likeness(route: Route) -> int:
        own = route.url.strip("/").split("/")
        return sum(1 for a, b in zip(own, parts, strict=False) if a == b) if own[:3] == parts[:3] else 0

    return max(all_routes(), key=lambda one: likeness(one[1]))[0]


def settle(whole: Whole) -> Town:
    """Load the places of both districts and open everybody's account; returns when all services know them."""
    clients = {name: process.http for name, process in whole.https.items()}
    tickets = whole.contexts["tickets"]
    for district in (A, B):
        report = tickets.units.run(lambda unit, id=district: load_places(Tickets(unit), places(id)))  # type: ignore[misc]
        assert not report.errors, report.errors
    _places_are_known(whole)
    districts = {id: District(id, _people(whole.contexts["accounts"], id)) for id in (A, B)}
    town = Town(whole, districts, clients)
    staff = tickets.db["staff"]
    expected = sum(len(district.people) for district in districts.values())
    eventually(lambda: staff.count_documents({}) >= expected, 30)
    return town


def _places_are_known(whole: Whole) -> None:
    """Accounts and volunteers have heard of all places."""
    loaded = whole.contexts["tickets"].db["places"].count_documents({})
    for service in ("accounts", "volunteers"):
        known = whole.contexts[service].db["places"]
        eventually(lambda known=known: known.count_documents({}) == loaded, 30)  # type: ignore[misc]


def places(id: str) -> Document:
    """The tree of one district, as in a places file."""
    station = {
        "id": f"{id}-station", "name": f"{id}驿站", "grid": f"{id}-grid", "compounds": [f"{id}-compound"],
        "hours": {"daily": ["00:00-24:00"]},
    }  # fmt: skip
    community = {
        "id": f"{id}-community", "name": f"{id}社区", "grids": [{"id": f"{id}-grid", "name": f"{id}网格"}],
        "compounds": [{"id": f"{id}-compound", "name": f"{id}小区", "grids": [f"{id}-grid"]}], "stations": [station],
    }  # fmt: skip
    street = {"id": f"{id}-street", "name": f"{id}街道", "communities": [community]}
    return {"county": {"id": id, "name": f"{id}县"}, "streets": [street]}


def _people(accounts: Context, id: str) -> dict[str, Person]:
    """One person for each role, at the level where the role belongs, and a second resident and member."""
    bare = District(id, {})
    where = {
        "resident": bare.grid, "neighbour": bare.grid, "member": bare.community, "second_member": bare.community,
        "grid_worker": bare.grid, "grid_head": bare.grid, "station_head": bare.community, "community": bare.community,
        "street": bare.street, "district": bare.path, "ops": bare.path, "partner": bare.path, "spare": bare.path,
    }  # fmt: skip
    admin = create_first_admin(accounts, f"{id}-admin", ADMIN_PASSWORD, bare.path, forced=True)
    people = {"admin": person(accounts, "admin", admin.account_id)}
    for name, area in where.items():
        role = {"neighbour": "resident", "second_member": "member", "spare": "partner"}.get(name, name)
        people[name] = open_account(accounts, name, area, (role, area))
    people["none"] = open_account(accounts, "none", bare.path)
    return people


def open_account(accounts: Context, name: str, area: str, *grants: tuple[str, str]) -> Person:
    """An account without a password, opened as an administrator of its area would."""
    kind: Kind = "service" if name == "spare" else "person"
    opening = Opening(new_id(), new_id(), kind, area, tuple(Grant(*grant) for grant in grants))

    def work(unit: Unit) -> None:
        store = AccountStore(unit, accounts.sealer)
        change = opened(opening, [Grant("admin", "/" + area.split("/")[1] + "/")], unit.now)
        store.add(change.account, f"{name}-{uuid4().hex[:8]}", None)
        unit.emit(*change.events)

    accounts.units.run(work)
    return person(accounts, name, opening.account_id)


def person(accounts: Context, name: str, account_id: str) -> Person:
    store = AccountStore(accounts.units.read(), accounts.sealer)
    stored = store.find(account_id)
    assert isinstance(stored, Stored)
    settings, unit = accounts.settings, accounts.units.read()
    key = signing.current(store.signing_keys(), unit.system_now)
    token = signing.mint(key, stored.account, settings.jwt_issuer, settings.jwt_audience, unit.system_now)
    return Person(name, stored.account.person_id, account_id, token.token)
