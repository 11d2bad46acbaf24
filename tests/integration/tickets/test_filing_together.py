"""Many file at once: they share transactions, and nobody can tell."""

import contextlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import httpx
import pytest
import yaml
from pymongo.errors import DuplicateKeyError

from services.chassis.ids import new_id
from services.chassis.unit import Unit, Units
from services.tickets.storage import Tickets
from tests.integration.tickets.conftest import COUNTY, GRID, RESIDENT, WORKER, House, done, refused
from tests.support.eventually import eventually
from tests.support.processes import ServiceProcess

Document = dict[str, Any]
AT_ONCE = 32


@pytest.fixture(scope="module")
def second(house: House) -> Iterator[ServiceProcess]:
    """Another http process of tickets."""
    process = house.processes.start("tickets", "http")
    yield process
    house.processes.stop(process)


def at_once(count: int, ask: Callable[[int], httpx.Response]) -> list[httpx.Response]:
    """All at the same moment, each from a thread of its own."""
    together = Barrier(count)

    def one(number: int) -> httpx.Response:
        together.wait(30)
        return ask(number)

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def file(house: House, api: ServiceProcess, key: str, headers: Document | None = None, **said: Any) -> httpx.Response:
    body = {"kind": "request", "grid_id": "grid-001", "description": "the lamp is broken", **said}
    sent = {**house.headers(RESIDENT), "Idempotency-Key": key, **(headers or {})}
    return httpx.post(f"{api.url}/api/v1/tickets", json=body, headers=sent, timeout=30, trust_env=False, verify=False)


def test_one_key_sent_at_once_to_two_replicas_is_one_ticket_and_equal_answers(
    house: House, second: ServiceProcess
) -> None:
    key, before = uuid4().hex, house.db["tickets"].count_documents({})
    answers = at_once(AT_ONCE, lambda number: file(house, (house.api, second)[number % 2], key))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert Counter("Idempotency-Replayed" in answer.headers for answer in answers) == {True: AT_ONCE - 1, False: 1}
    assert house.db["tickets"].count_documents({}) == before + 1
    ticket = answers[0].json()
    assert house.event_types(ticket) == ["ticket.filed"]


def test_each_of_many_has_its_own_number_event_timer_and_trace(house: House) -> None:
    traces = [f"{number + 1:032x}" for number in range(AT_ONCE)]

    def ask(number: int) -> httpx.Response:
        headers = {"traceparent": f"00-{traces[number]}-00f067aa0ba902b7-01"}
        return file(house, house.api, uuid4().hex, headers, description=f"lamp {number}")

    tickets = [done(answer, 201) for answer in at_once(AT_ONCE, ask)]
    assert [ticket["description"] for ticket in tickets] == [f"lamp {number}" for number in range(AT_ONCE)]
    assert len({ticket["number"] for ticket in tickets}) == len({ticket["id"] for ticket in tickets}) == AT_ONCE
    for ticket, trace in zip(tickets, traces, strict=True):
        assert [(row["type"], row["traceparent"][3:35]) for row in house.events(ticket)] == [("ticket.filed", trace)]
        assert house.db["timers"].count_documents({"_id": f"ticket:{ticket['id']}"}) == 1


def test_what_is_wrong_with_one_is_told_to_that_one_alone(house: House) -> None:
    before = house.db["tickets"].count_documents({})
    wrong: dict[int, Document] = {
        3: {"grid_id": "grid-of-nowhere"},
        11: {"kind": "unheard-of"},
        20: {"summary": "not for residents"},
    }
    answers = at_once(AT_ONCE, lambda number: file(house, house.api, uuid4().hex, **wrong.get(number, {})))
    refused(answers[3], 422, "no-such-place")
    refused(answers[11], 422, "unknown-kind")
    refused(answers[20], 422, "staff-only-field")
    good = [answer for number, answer in enumerate(answers) if number not in wrong]
    assert {answer.status_code for answer in good} == {201}
    assert house.db["tickets"].count_documents({}) == before + len(good)


def test_a_partners_reference_filed_many_times_at_once_is_one_ticket(house: House) -> None:
    ref, staff = {"system": "hotline-12345", "id": uuid4().hex}, house.headers(WORKER)
    answers = at_once(AT_ONCE, lambda number: file(house, house.api, uuid4().hex, staff, external_refs=[ref]))
    won = [answer for answer in answers if answer.status_code == 201]
    assert len(won) == 1
    for answer in answers:
        if answer is not won[0]:
            assert refused(answer, 409, "external-ref-taken")["number"] == won[0].json()["number"]


def test_two_processes_that_drew_the_same_numbers_give_none_of_them_twice(house: House) -> None:
    numbers = [f"990101-{draw:03d}-0000" for draw in range(64)]
    first, other = (Units(house.namespace.mongo, house.db, "tickets", house.clock) for _ in range(2))
    draws = {first: iter(numbers), other: iter(numbers)}
    given = []
    try:
        for _ in range(32):
            given += [taken(units, draws[units]) for units in (first, other)]
        assert sorted(given) == numbers
    finally:
        house.db["tickets"].delete_many({"number": {"$in": numbers}})


def taken(units: Units, draws: Iterator[str]) -> str:
    """The number that a ticket got, as the chassis would have it: run again when the index refuses one."""

    def take(unit: Unit) -> str:
        number = Tickets(unit).free_number(date(1999, 1, 1), lambda: next(draws))
        assert number is not None
        unit.insert("tickets", {"_id": new_id(), "number": number})
        return number

    while True:
        with contextlib.suppress(DuplicateKeyError):
            return units.run(take)


def test_a_station_that_changes_its_hours_does_so_for_the_next_ticket_of_every_replica(
    house: House, second: ServiceProcess, tmp_path: Path
) -> None:
    county = yaml.safe_load(COUNTY.read_text())
    station = county["streets"][0]["communities"][0]["stations"][0]
    said = {"grid_id": station["grid"], "station_id": station["id"]}
    original = dict(station)
    for opens in (6, 7):
        for api in (house.api, second):
            done(file(house, api, uuid4().hex, **said), 201)  # both know the station by now
        for name in ("late", "exceptions"):
            station.pop(name, None)
        station["hours"] = {"daily": [f"{opens:02}:00-21:30"]}
        load(house, county, tmp_path)
        for api in (second, house.api):
            ticket = done(file(house, api, uuid4().hex, **said), 201)
            assert house.stored(ticket)["history"][0]["detail"]["hours"]["week"] == [[[opens * 60, 1290]]] * 7
    station.clear()
    station.update(original)
    load(house, county, tmp_path)
    # The other files of this folder count what a first load tells.
    house.db["outbox"].delete_many({"aggregate_id": station["id"], "sequence": {"$gt": 1}})


def load(house: House, county: Document, folder: Path) -> None:
    file_ = folder / "county.yml"
    file_.write_text(yaml.safe_dump(county, allow_unicode=True))
    house.processes.cli("places", "load", str(file_))


def test_who_leaves_a_post_owns_no_further_ticket_and_who_takes_it_does(house: House, second: ServiceProcess) -> None:
    for api in (house.api, second):
        assert done(file(house, api, uuid4().hex), 201)["owner_id"] == WORKER
    post(house, 2, "disabled")
    for api in (house.api, second):
        assert done(file(house, api, uuid4().hex), 201)["owner_id"] is None
    post(house, 3, "active")
    for api in (house.api, second):
        assert done(file(house, api, uuid4().hex), 201)["owner_id"] == WORKER


def post(house: House, sequence: int, state: str) -> None:
    """The grid worker's account as of this event, once the worker process has applied it."""
    grants = [{"role": "grid_worker", "area_path": GRID}]
    account = {"account_id": WORKER, "person_id": WORKER, "kind": "person", "state": state, "grants": grants}
    house.publishing.send([house.publishing.write("account.changed", WORKER, sequence, account=account)])
    eventually(lambda: house.db["staff"].count_documents({"_id": WORKER, "sequence": sequence}) == 1)


def test_killed_in_the_middle_every_answer_holds_and_every_key_is_one_whole_ticket(house: House) -> None:
    keys, before = [uuid4().hex for _ in range(240)], house.db["tickets"].count_documents({})
    doomed = house.processes.start("tickets", "http")
    answered: dict[str, str] = {}

    def ask(key: str) -> None:
        with contextlib.suppress(httpx.TransportError):
            answer = file(house, doomed, key, description=key)
            if answer.status_code == 201:
                answered[key] = answer.json()["id"]
            if len(answered) == 100:
                house.processes.kill(doomed)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(ask, keys))
    assert 100 <= len(answered) < len(keys)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        tickets = dict(zip(keys, pool.map(lambda key: filed_at_last(house, key), keys), strict=True))
    assert {key: tickets[key]["id"] for key in answered} == answered
    ids = [ticket["id"] for ticket in tickets.values()]
    assert len(set(ids)) == len(keys)
    for collection, field in (("tickets", "_id"), ("outbox", "aggregate_id")):
        found = Counter(row[field] for row in house.db[collection].find({field: {"$in": ids}}, {field: 1}))
        assert found == Counter(ids), collection
    assert house.db["timers"].count_documents({"ref.ticket_id": {"$in": ids}}) == len(ids)
    # No half of a group that was never answered: all that was filed belongs to one of the keys.
    assert house.db["tickets"].count_documents({}) == before + len(keys)


def filed_at_last(house: House, key: str) -> Document:
    """As an impatient client: what the killed process had under way stands in the way until the database ends it."""
    return eventually(lambda: done(file(house, house.api, key, description=key), 201), 40)
