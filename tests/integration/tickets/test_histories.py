"""What people wrote in the steps of a ticket is read by who may have its reporter revealed, and by its reporters."""

from typing import Any

import pytest

from tests.integration.tickets.conftest import CADRE, HEAD, RESIDENT, VOLUNTEER, WORKER, Document, House, done

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
