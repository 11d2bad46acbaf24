"""Two districts: whatever somebody of one asks for of the other, nothing is seen and nothing is changed.

`TRIES` has a try for each route that touches an object or a list; a route that is in no table here, nor among
`public_routes`, fails a test.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx
import pytest

from services.chassis.http import Route
from tests.integration.security.public_routes import PUBLIC
from tests.integration.security.things import CLINIC, Things, identities, uploaded
from tests.integration.security.town import ROLES, A, B, Document, Person, Town, all_routes

REFUSED = (403, 404)


class Try(NamedTuple):
    """What is sent to a route in order to get at the other district: a body, parameters of the query."""

    body: Document | None = None
    params: Mapping[str, str] = {}


def at(path: str) -> Try:
    return Try(params={"area_path": path})


OWN = {
    "GET /api/v1/accounts/me", "PUT /api/v1/accounts/me/contact", "POST /api/v1/accounts/me/password",
    "GET /api/v1/bookings/mine",
    "GET /api/v1/members/me", "GET /api/v1/points/balance", "GET /api/v1/inbox", "GET /api/v1/inbox/unread",
    "GET /api/v1/events/cursor",
}  # fmt: skip
"""Takes neither identity nor area: the token alone says whose. Answers are searched like all others."""

REASON = {"reason": "x"}
TRIES: dict[str, Try] = {
    "GET /api/v1/accounts": at(f"/{B}/"),
    "POST /api/v1/accounts": Try({"login": "of-the-other-district", "password": None, "area_path": f"/{B}/",
                                  "grants": [{"role": "district", "area_path": f"/{B}/"}]}),
    "GET /api/v1/accounts/<account_id>": Try(),
    "PATCH /api/v1/accounts/<account_id>": Try({"state": "disabled"}),
    "GET /api/v1/accounts/<account_id>/keys": Try(),
    "GET /api/v1/accounts/<account_id>/audit": Try(),
    "GET /api/v1/accounts/acts": Try(params={"actor": "<person_id>"}),
    "GET /api/v1/tickets/accesses": Try(params={"area": f"/{B}/"}),
    "GET /api/v1/tickets/acts": Try(params={"area": f"/{B}/"}),
    "GET /api/v1/volunteers/acts": Try(params={"area": f"/{B}/"}),
    "POST /api/v1/accounts/<account_id>/keys": Try({"name": "k"}),
    "DELETE /api/v1/accounts/<account_id>/keys/<key_id>": Try({}),
    "POST /api/v1/accounts/<account_id>/keys/<key_id>/adopt": Try({}),
    "POST /api/v1/stations/<station_id>/state": Try({"state": "closed"}),
    "POST /api/v1/stations/<station_id>/check-ins": Try({}),
    "POST /api/v1/stations/<station_id>/check-out": Try({}),
    "GET /api/v1/stations/<station_id>/check-ins": Try(),
    "GET /api/v1/stations/<station_id>/presence": Try(params={"from": "2026-03-02", "to": "2026-03-08"}),
    "PUT /api/v1/stations/<station_id>/appointment-services/<service_id>": Try(CLINIC),
    "POST /api/v1/stations/<station_id>/bookings": Try({"service_id": "<service_id>",
                                                        "start_at": "2026-03-02T09:00:00+08:00"}),
    "GET /api/v1/stations/<station_id>/bookings": Try(),
    "GET /api/v1/bookings/<booking_id>": Try(),
    "POST /api/v1/bookings/<booking_id>/cancel": Try({"reason_code": "no_staff"}),
    "POST /api/v1/bookings/<booking_id>/outcome": Try({"outcome": "attended"}),
    "POST /api/v1/bookings/<booking_id>/reveal": Try(REASON),
    "GET /api/v1/presence": Try(params={"area": f"/{B}/", "from": "2026-03-02", "to": "2026-03-08"}),
    "GET /api/v1/departments": Try(params={"area": f"/{B}/"}),
    "GET /api/v1/departments/<department_id>": Try(),
    "POST /api/v1/departments": Try({"id": "x", "place": B, "name": "x", "kind": "other"}),
    "PUT /api/v1/departments/<department_id>": Try({"name": "x", "kind": "other"}),
    "DELETE /api/v1/departments/<department_id>": Try(),
    "GET /api/v1/posts": Try(params={"under": f"/{B}/"}),
    "GET /api/v1/posts/vacancies": Try(params={"area": f"/{B}/"}),
    "GET /api/v1/posts/<post_id>": Try(),
    "POST /api/v1/posts": Try({"place": f"{B}-grid", "code": "x", "duty": "serve", "name": "x"}),
    "PUT /api/v1/posts/<post_id>/holders": Try({"holders": []}),
    "DELETE /api/v1/posts/<post_id>": Try(),
    "GET /api/v1/absences": Try(params={"person_id": "<person_id>"}),
    "POST /api/v1/absences": Try({"person_id": "<person_id>", "until": "2099-01-01T00:00:00Z", "reason": "sick"}),
    "GET /api/v1/absences/<absence_id>": Try(),
    "POST /api/v1/absences/<absence_id>/end": Try({}),
    "GET /api/v1/places/export": Try(params={"county": B}),
    "GET /api/v1/places/export/csv": Try(params={"county": B, "table": "areas"}),
    "POST /api/v1/places": Try({"county": {"id": B, "name": "x"}}),
    "GET /api/v1/tickets": Try(params={"area": f"/{B}/"}),
    "POST /api/v1/tickets/search": Try({"area": f"/{B}/"}),
    "GET /api/v1/tickets/export": Try(params={"area": f"/{B}/"}),
    "GET /api/v1/tickets/<ticket_id>": Try(),
    "GET /api/v1/tickets/<ticket_id>/clock": Try(),
    "GET /api/v1/tickets/<ticket_id>/history": Try(),
    "GET /api/v1/tickets/<ticket_id>/routing": Try(),
    "POST /api/v1/stations/<station_id>/service-records": Try({"theme": "health", "persons": 3}),
    "GET /api/v1/stations/<station_id>/service-records": Try(),
    "POST /api/v1/service-records/<record_id>/reversal": Try({"reason": "miscounted"}),
    "GET /api/v1/service-records/summary": Try(
        params={"area": f"/{B}/", "since": "2026-01-01", "until": "2026-12-31"}),
    "POST /api/v1/stations/<station_id>/inspections": Try({"standard": "six-haves", "answers": {}}),
    "GET /api/v1/stations/<station_id>/inspections": Try(),
    "GET /api/v1/stations/coverage": Try(params={"area": f"/{B}/"}),
    "GET /api/v1/stations/standings": Try(params={"area": f"/{B}/", "standard": "six-haves"}),
    "GET /api/v1/compounds/<compound_id>/parties": Try(),
    "PUT /api/v1/compounds/<compound_id>/parties": Try({"parties": {}}),
    "GET /api/v1/compounds/parties": Try(params={"area": f"/{B}/"}),
    "POST /api/v1/routing/try": Try({"area": f"/{B}/", "kind": "request"}),
    "POST /api/v1/tickets/<ticket_id>/accept": Try({}),
    "POST /api/v1/tickets/<ticket_id>/arrive": Try({"severity": "major"}),
    "POST /api/v1/tickets/<ticket_id>/assign": Try({}),
    "POST /api/v1/tickets/<ticket_id>/follow-up-slip": Try({}),
    "POST /api/v1/tickets/<ticket_id>/cancel": Try({}),
    "POST /api/v1/tickets/<ticket_id>/confirm": Try({"rating": 1}),
    "POST /api/v1/tickets/<ticket_id>/de-escalate": Try(REASON),
    "POST /api/v1/tickets/<ticket_id>/escalate": Try(REASON),
    "POST /api/v1/tickets/<ticket_id>/move-plan": Try({"working_days": 3, **REASON}),
    "POST /api/v1/tickets/<ticket_id>/offer": Try({}),
    "POST /api/v1/tickets/<ticket_id>/plan": Try({"working_days": 3}),
    "POST /api/v1/tickets/<ticket_id>/reclassify": Try({"severity": "major"}),
    "POST /api/v1/tickets/<ticket_id>/reject": Try(REASON),
    "POST /api/v1/tickets/<ticket_id>/reopen": Try(REASON),
    "POST /api/v1/tickets/<ticket_id>/resolve": Try({}),
    "POST /api/v1/tickets/<ticket_id>/reveal": Try(REASON),
    "POST /api/v1/tickets/<ticket_id>/verify": Try({}),
    "POST /api/v1/tickets/<ticket_id>/tick": Try({"item": "id_card"}),
    "POST /api/v1/tickets/<ticket_id>/hold-session": Try({}),
    "POST /api/v1/tickets/<ticket_id>/pause": Try({"reason_code": "resident_away"}),
    "POST /api/v1/tickets/<ticket_id>/resume": Try({}),
    "POST /api/v1/tickets/<ticket_id>/merge": Try({"into": "<ticket_id>"}),
    "GET /api/v1/tickets/<ticket_id>/duplicates": Try(),
    "POST /api/v1/tickets/<ticket_id>/transfer": Try({"grid_id": "grid-1", **REASON}),
    "GET /api/v1/tickets/<ticket_id>/attachments": Try(),
    "POST /api/v1/tickets/<ticket_id>/attachments": Try({"attachment_id": "<attachment_id>"}),
    "GET /api/v1/attachments/<attachment_id>": Try(),
    "POST /api/v1/tickets/follow-up": Try({"number": "<number>", "follow_up_secret": "a guess"}),
    "GET /api/v1/members": Try(),
    "GET /api/v1/members/<member_id>": Try(),
    "POST /api/v1/members/<member_id>/approve": Try({}),
    "POST /api/v1/members/<member_id>/suspend": Try({"reason_code": "other"}),
    "GET /api/v1/offers": Try(),
    "POST /api/v1/offers/<offer_id>/claims": Try({}),
    "GET /api/v1/claims/<claim_id>": Try(),
    "POST /api/v1/claims/<claim_id>/withdraw": Try({}),
    "GET /api/v1/points/statement": Try(params={"member_id": "<approved_member_id>"}),
    "POST /api/v1/inbox/<entry_id>/read": Try({}),
    "GET /api/v1/notices": Try(params={"ticket_id": "<ticket_id>"}),
    "GET /api/v1/reports/summary": at(f"/{B}/"),
    **{f"GET /api/v1/{service}/events": Try(params={"area": f"/{B}/"})
       for service in ("tickets", "volunteers", "notifications")},
    "GET /api/v1/events": Try(params={"area": f"/{B}/"}),
}  # fmt: skip
ROUTES = {route.name: route for _, route in all_routes()}


def test_every_route_is_tried_or_is_said_to_be_public() -> None:
    tables = [set(TRIES) & set(ROUTES), OWN, set(PUBLIC)]
    assert set(ROUTES) == set().union(*tables)
    assert sum(map(len, tables)) == len(ROUTES), "a route stands in two tables"


@pytest.mark.parametrize("role", ROLES)
def test_nothing_of_the_other_district_is_seen_or_changed(town: Town, things: Mapping[str, Things], role: str) -> None:
    stranger, others = town.districts[A].people[role], things[B]
    before = everything_of(town, B)
    for name, tried in TRIES.items():
        if name not in ROUTES:
            continue
        answer = attempt(town, stranger, ROUTES[name], tried, others)
        assert answer.status_code in REFUSED or answer.is_success, f"{name}: {answer.status_code} {answer.text}"
        if ROUTES[name].kind == "command" or "<" in name:
            assert answer.status_code in REFUSED, f"{name}: {answer.status_code} {answer.text}"
        assert not shows(answer, others), f"{name}: {answer.text}"
    for name in OWN - {"PUT /api/v1/accounts/me/contact", "POST /api/v1/accounts/me/password"}:
        assert not shows(town.ask(stranger, name), others), name
    assert everything_of(town, B) == before


@pytest.mark.parametrize("name", [name for name in TRIES if name in ROUTES and "<" in name])
def test_the_same_is_there_for_whom_it_concerns(town: Town, things: Mapping[str, Things], name: str) -> None:
    """Else a refusal above would say nothing. Tried on a district's own things, where it may go through."""
    own = things[A]
    keyword = name.rsplit("<", 1)[1].split(">")[0]
    answer = attempt(town, own.owners[keyword], ROUTES[name], Try(TRIES[name].body, TRIES[name].params), own)
    assert answer.status_code not in (401, 404), f"{answer.status_code} {answer.text}"


@pytest.mark.parametrize("role", ["community", "district", "partner", "admin"])
def test_lists_without_a_filter_and_cursors_of_the_other_district_give_only_ones_own(
    town: Town, things: Mapping[str, Things], role: str
) -> None:
    mine, theirs = town.districts[A].people[role], town.districts[B].people[role]
    for name, route in ROUTES.items():
        if not route.paged or name in PUBLIC or "<" in name:
            continue
        first = town.ask(theirs, name, limit="1")
        assert not shows(town.ask(mine, name, limit="200"), things[B]), name
        cursor = next_of(first) if first.is_success else None
        if cursor is not None:
            assert not shows(town.ask(mine, name, limit="200", cursor=cursor), things[B]), name


def test_the_feed_gives_each_district_its_own_events_whatever_the_cursor(
    town: Town, things: Mapping[str, Things]
) -> None:
    mine, theirs = town.districts[A].people["partner"], town.districts[B].people["partner"]
    for name in ROUTES:
        if not name.endswith("/events"):
            continue
        seen = town.done(theirs, name, limit="500")
        assert {event["areapath"].split("/")[1] for event in seen["events"]} <= {B}
        for cursor in ({}, {"after": seen["cursor"]}):
            assert not shows(town.ask(mine, name, limit="500", **cursor), things[B])


def test_an_idempotency_key_of_somebody_else_brings_nobody_his_answer(town: Town, things: Mapping[str, Things]) -> None:
    said = {"kind": "request", "grid_id": f"{B}-grid", "description": "灯不亮。"}
    theirs = town.ask(town.districts[B].people["resident"], "POST /api/v1/tickets", said, key="the-same-key-for-both")
    mine = town.ask(town.districts[A].people["resident"], "POST /api/v1/tickets", said, key="the-same-key-for-both")
    assert "Idempotency-Replayed" not in mine.headers
    assert mine.json()["id"] != theirs.json()["id"]
    nobody = town.ask(None, "POST /api/v1/tickets", said, key="the-same-key-for-both")
    assert nobody.json()["id"] not in (mine.json()["id"], theirs.json()["id"])


def test_a_photo_of_the_other_district_belongs_to_nothing_here(town: Town, things: Mapping[str, Things]) -> None:
    """Attached there or only uploaded there: known by its identity, it is neither filed with nor added here."""
    theirs = [things[B]["attachment_id"], uploaded(town, town.districts[B].people["resident"])]
    own = things[A].ticket
    for attachment_id in theirs:
        for role in ("resident", "community", "partner"):
            who = town.districts[A].people[role]
            said = {"kind": "request", "grid_id": f"{A}-grid", "description": "x", "attachments": [attachment_id]}
            filed = town.ask(who, "POST /api/v1/tickets", said)
            added = town.ask(who, f"POST /api/v1/tickets/{own['id']}/attachments", {"attachment_id": attachment_id})
            assert [filed.json()["type"], added.json()["type"]] == ["/problems/no-such-attachment"] * 2


@pytest.mark.parametrize("etag", ["*", '"1"', "<etag>"])
def test_knowing_an_etag_opens_nothing(town: Town, things: Mapping[str, Things], etag: str) -> None:
    others = things[B]
    seen = town.ask(others.owners["ticket_id"], f"GET /api/v1/tickets/{others['ticket_id']}").headers["ETag"]
    headers = {"If-Match": etag.replace("<etag>", seen), "If-None-Match": etag.replace("<etag>", seen)}
    for name in ("GET /api/v1/tickets/<ticket_id>", "POST /api/v1/tickets/<ticket_id>/reject"):
        url = name.replace("<ticket_id>", others["ticket_id"])
        answer = town.ask(town.districts[A].people["community"], url, REASON, headers=headers)
        assert answer.status_code == 404


def test_who_files_elsewhere_is_no_staff_there(town: Town) -> None:
    said = {"kind": "request", "grid_id": f"{B}-grid", "description": "x", "summary": "灯坏了"}
    for role in ("community", "district", "partner"):
        answer = town.ask(town.districts[A].people[role], "POST /api/v1/tickets", said)
        assert answer.json()["type"] == "/problems/staff-only-field"


def next_of(page: httpx.Response) -> str | None:
    """The cursor of the next page; of a list that is no JSON it stands in a header."""
    if page.headers["Content-Type"] == "application/json":
        cursor: str | None = page.json()["next"]
    else:
        cursor = page.headers.get("Next-Cursor")
    return cursor


def attempt(town: Town, who: Person, route: Route, tried: Try, things: Things) -> httpx.Response:
    names = {**things.ids, "number": things.ticket["number"]}

    def filled(text: Any) -> Any:
        for name, value in names.items():
            text = text.replace(f"<{name}>", value) if isinstance(text, str) else text
        return text

    body = {name: filled(value) for name, value in tried.body.items()} if tried.body is not None else None
    params = {name: filled(value) for name, value in tried.params.items()}
    headers = {"If-Match": "*"} if route.method in ("PATCH", "PUT", "DELETE") else {}
    return town.ask(who, f"{route.method} {filled(route.url)}", body, headers=headers, **params)


def shows(answer: httpx.Response, things: Things) -> list[str]:
    """What of a district an answer gives away that was not asked for by name."""
    asked = str(answer.request.url) + answer.request.content.decode()
    told = [value for value in (*identities(things), f"/{B}/{B}-street/") if value in answer.text]
    return [value for value in told if value not in asked]


def everything_of(town: Town, id: str) -> dict[str, Any]:
    """All documents of all services that belong to a district."""
    found = {}
    for service, context in town.contexts.items():
        for collection in context.db.list_collection_names():
            if collection in ("limits", "idempotency", "timer_leases", "leases", "sign_in_attempts"):
                continue
            for row in context.db[collection].find({}):
                if f"/{id}/" in str(row):
                    found[f"{service}.{collection} {row['_id']}"] = row
    return found
