"""What people wrote in the steps of a ticket is read by who may have its reporter revealed, and by its reporters."""

from typing import Any

import pytest

from services.chassis.ids import new_id
from tests.integration.tickets.accesses import read
from tests.integration.tickets.conftest import (
    CADRE,
    COMMUNITY,
    GRID,
    HEAD,
    RESIDENT,
    VOLUNTEER,
    WORKER,
    Document,
    House,
    done,
)

WAITS, SOLVED, AGAIN = "waits for her nephew", "a new lamp", "dark again, says the one in 3-201"
STREET, DISTRICT, PARTNER = ("street", "/hequ/qingxi/"), ("district", "/hequ/"), ("partner", "/hequ/")


@pytest.fixture(scope="module")
def told(house: House) -> tuple[Document, str]:
    """A ticket in which people wrote something, and who reported it too."""
    sort, neighbour = "lighting", VOLUNTEER
    ticket, same = house.filed(category=sort), house.filed(neighbour, category=sort)
    done(house.do(same, "merge", HEAD, {"into": ticket["id"]}))
    for deed, person, said in (
        ("accept", WORKER, {}), ("assign", WORKER, {}), ("arrive", WORKER, {"severity": "ordinary"}),
        ("reclassify", WORKER, {"severity": "complex", "reason": WAITS}),
        ("resolve", WORKER, {"text": SOLVED}), ("reopen", RESIDENT, {"reason": AGAIN}),
    ):  # fmt: skip
        done(house.do(ticket, deed, person, said))
    return ticket, neighbour


def steps(house: House, ticket: Document, headers: dict[str, str]) -> list[dict[str, Any]]:
    answer = house.api.http.get(f"/api/v1/tickets/{ticket['id']}/history", headers=headers)
    return list(done(answer)["steps"])


def words(found: list[dict[str, Any]]) -> set[str]:
    return {one for step in found for name in ("reason", "text") if (one := step["detail"].get(name))}


def withheld(found: list[dict[str, Any]]) -> set[str]:
    return {step["kind"] for step in found if step["words_withheld"]}


@pytest.mark.parametrize("person", [WORKER, HEAD, CADRE])
def test_who_may_reveal_reads_all(house: House, told: tuple[Document, str], person: str) -> None:
    found = steps(house, told[0], house.headers(person))
    assert (words(found), withheld(found)) == ({WAITS, SOLVED, AGAIN}, set())


@pytest.mark.parametrize("grant", [STREET, DISTRICT, PARTNER])
def test_who_may_not_reveal_sees_each_step_without_its_words(
    house: House, told: tuple[Document, str], grant: tuple[str, str]
) -> None:
    signed = house.tokens.headers(grant)
    revealing = house.api.http.post(f"/api/v1/tickets/{told[0]['id']}/reveal", json={"reason": "why"}, headers=signed)
    assert revealing.status_code == 403
    found = steps(house, told[0], signed)
    assert (words(found), withheld(found)) == (set(), {"reclassified", "resolved", "reopened"})
    assert [step["kind"] for step in found] == [s["kind"] for s in steps(house, told[0], house.headers(WORKER))]


def test_its_own_reporter_reads_what_was_said_to_him(house: House, told: tuple[Document, str]) -> None:
    assert words(steps(house, told[0], house.headers(RESIDENT))) == {WAITS, SOLVED, AGAIN}


def test_who_reported_it_too_reads_how_it_was_solved_alone(house: House, told: tuple[Document, str]) -> None:
    ticket, neighbour = told
    found = steps(house, ticket, house.headers(neighbour))
    assert (words(found), withheld(found)) == ({SOLVED}, {"reclassified", "reopened"})


def test_who_reads_what_others_wrote_is_recorded_once_an_hour_and_reporters_are_not(
    house: House, told: tuple[Document, str]
) -> None:
    """Words of a dispute, or of who was not content, were read without a trace; the same words of filing were not."""
    colleague, reads_nothing = new_id(), new_id()
    grid = ("grid_worker", GRID)
    for _ in range(2):
        assert words(steps(house, told[0], house.tokens.headers(grid, person_id=colleague)))
    assert read(house, colleague)["read-words", GRID] == 2
    kept = list(house.db["reveals"].find({"ticket_id": told[0]["id"], "by": colleague}))
    assert len(kept) <= 2, "once an hour, which may have passed in between"
    assert all(row["words_of"] is not None and row["reason"] is None for row in kept)
    steps(house, told[0], house.tokens.headers(STREET, person_id=reads_nothing))
    before = house.db["accesses"].count_documents({"person_id": RESIDENT, "action": "read-words"})
    steps(house, told[0], house.headers(RESIDENT))
    assert not read(house, reads_nothing)
    assert house.db["accesses"].count_documents({"person_id": RESIDENT, "action": "read-words"}) == before


def test_of_a_program_it_is_also_recorded_who_answers_for_its_key(house: House, told: tuple[Document, str]) -> None:
    program, person = new_id(), new_id()
    signed = house.tokens.headers(("community", COMMUNITY), person_id=program, kind="service", answerable=person)
    assert words(steps(house, told[0], signed))
    (row,) = house.db["accesses"].find({"person_id": program})
    assert (row["action"], row["answerable"]) == ("read-words", person)
