"""A token ends when what it was given for ends, in every service, as soon as the service hears of it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from services.accounts.administration import reset_password
from services.accounts.storage import Store, Stored
from tests.integration.security.things import Things, file_and_offer, offer_of, see
from tests.integration.security.town import A, Document, Person, Town, open_account, person
from tests.support.eventually import eventually

READS = {
    "accounts": "GET /api/v1/accounts/me",
    "tickets": "GET /api/v1/tickets",
    "volunteers": "GET /api/v1/points/balance",
    "notifications": "GET /api/v1/inbox",
    "metrics": "GET /api/v1/reports/summary",
    "the feed of all": "GET /api/v1/events",
    "the feed of one": "GET /api/v1/volunteers/events",
}
"""What somebody with the role of a district reads everywhere."""
READS_BY_PROGRAMS = {name: route for name, route in READS.items() if name != "metrics"}
PASSWORDS = ("the first horse battery", "the second horse battery")
SIGNED_OUT, DISABLED = (401, "signed-out"), (403, "account-disabled")


def slug(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, "" if answer.is_success else answer.json()["type"].removeprefix("/problems/")


def read(town: Town, who: Person, reads: Mapping[str, str] = READS) -> dict[str, tuple[int, str]]:
    return {name: slug(town.ask(who, route)) for name, route in reads.items()}


def ends(
    town: Town, who: Person, how: tuple[int, str], reads: Mapping[str, str] = READS, **but: tuple[int, str]
) -> None:
    """Here at once, everywhere in the time that an event takes."""
    assert slug(town.ask(who, READS["accounts"])) == how
    wanted = dict.fromkeys(reads, how) | but
    eventually(lambda: read(town, who, reads) == wanted, 20)


def stands(town: Town, who: Person, reads: Mapping[str, str] = READS) -> None:
    assert read(town, who, reads) == dict.fromkeys(reads, (200, ""))


def change(town: Town, of: Person, body: Document) -> None:
    by = town.districts[A].people["admin"]
    answer = town.ask(by, f"PATCH /api/v1/accounts/{of.account_id}", body, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text


def opened(town: Town, role: str = "district", name: str | None = None) -> Person:
    area = town.districts[A].path
    return open_account(town.contexts["accounts"], name or role, area, (role, area))


def again(town: Town, who: Person) -> Person:
    """With a token as from signing in now."""
    return person(town.contexts["accounts"], who.role, who.account_id)


def login(town: Town, who: Person) -> str:
    accounts = town.contexts["accounts"]
    stored = Store(accounts.units.read(), accounts.sealer).find(who.account_id)
    assert isinstance(stored, Stored)
    return stored.login


def signed_in(town: Town, who: Person, password: str) -> Person:
    answer = town.done(None, "POST /api/v1/sessions", {"login": login(town, who), "password": password})
    return replace(who, token=answer["token"])


def told(town: Town, who: Person) -> list[tuple[str, int, int]]:
    """What was published of an account: what, in which revision, and from which its tokens are good."""
    rows = town.contexts["accounts"].db["outbox"].find({"aggregate_id": who.account_id}).sort("sequence")
    return [(row["type"], row["sequence"], row["data"]["account"]["tokens_from"]) for row in rows]


def test_who_is_disabled_does_and_sees_nothing_anywhere_and_a_token_of_before_is_never_good_again(town: Town) -> None:
    fellow = opened(town)
    stands(town, fellow)
    change(town, fellow, {"state": "disabled"})
    ends(town, fellow, DISABLED)
    change(town, fellow, {"state": "active"})
    ends(town, fellow, SIGNED_OUT)
    stands(town, again(town, fellow))


def test_who_lost_a_role_reads_nothing_anywhere_until_he_signs_in_again(town: Town) -> None:
    here, fellow = town.districts[A], opened(town)
    grants = [{"role": role, "area_path": here.path} for role in ("district", "ops")]
    change(town, fellow, {"grants": grants})
    with_both = again(town, fellow)
    stands(town, fellow)
    change(town, fellow, {"grants": grants[:1]})
    ends(town, fellow, SIGNED_OUT)
    ends(town, with_both, SIGNED_OUT, tickets=(403, "roles-changed"))
    stands(town, again(town, fellow))
    assert told(town, fellow) == [("account.opened", 1, 0), ("account.changed", 2, 0), ("account.changed", 3, 3)]


@pytest.mark.parametrize("how", ["by himself", "by an operator"])
def test_a_new_password_signs_out_everywhere_and_one_signs_in_again_at_once(town: Town, how: str) -> None:
    fellow = opened(town)
    reset_password(town.contexts["accounts"], login(town, fellow), PASSWORDS[0])
    ends(town, fellow, SIGNED_OUT)
    here, there = signed_in(town, fellow, PASSWORDS[0]), signed_in(town, fellow, PASSWORDS[0])
    stands(town, here)
    if how == "by himself":
        town.done(here, "POST /api/v1/accounts/me/password", {"current": PASSWORDS[0], "new": PASSWORDS[1]})
    else:
        reset_password(town.contexts["accounts"], login(town, fellow), PASSWORDS[1])
    stands(town, signed_in(town, fellow, PASSWORDS[1]))
    for old in (here, there):
        ends(town, old, SIGNED_OUT)
    assert told(town, fellow) == [("account.opened", 1, 0), ("account.changed", 2, 2), ("account.changed", 3, 3)]


Ending = Callable[[Town, Person, Person, Document], None]


def revoked(town: Town, issuer: Person, program: Person, key: Document) -> None:
    by = town.districts[A].people["admin"]
    town.done(by, f"DELETE /api/v1/accounts/{program.account_id}/keys/{key['key_id']}")


def issuer_disabled(town: Town, issuer: Person, program: Person, key: Document) -> None:
    change(town, issuer, {"state": "disabled"})


def issuer_lost_a_part(town: Town, issuer: Person, program: Person, key: Document) -> None:
    here = town.districts[A]
    change(town, issuer, {"grants": [{"role": "admin", "area_path": here.community}]})


@pytest.mark.parametrize("ending", [revoked, issuer_disabled, issuer_lost_a_part])
def test_the_token_of_a_program_ends_with_its_key_and_with_the_power_of_who_answers_for_it(
    town: Town, ending: Ending
) -> None:
    issuer, program = opened(town, "admin"), opened(town, "partner", "spare")
    keys = [
        town.done(issuer, f"POST /api/v1/accounts/{program.account_id}/keys", {"name": name, "days": 30})
        for name in ("one", "another")
    ]
    tokens = [town.done(None, "POST /api/v1/tokens", {"api_key": key["api_key"]})["token"] for key in keys]
    for token in tokens:
        stands(town, replace(program, token=token), {"the feed of all": READS["the feed of all"]})
    readable = {name: route for name, route in READS_BY_PROGRAMS.items() if name != "tickets"}
    ending(town, issuer, program, keys[0])
    for token in tokens:
        ends(town, replace(program, token=token), SIGNED_OUT, readable)
        filed = {"kind": "request", "grid_id": f"{A}-grid", "description": "楼道灯不亮了。"}
        assert slug(town.ask(replace(program, token=token), "POST /api/v1/tickets", filed)) == SIGNED_OUT
    assert told(town, program) == [("account.opened", 1, 0), ("account.changed", 2, 2)], "once, whatever the keys"
    if ending is revoked:
        new = town.done(None, "POST /api/v1/tokens", {"api_key": keys[1]["api_key"]})["token"]
        stands(town, replace(program, token=new), readable)


def test_a_disabled_volunteer_claims_nothing_with_the_token_of_before(town: Town, things: Mapping[str, Things]) -> None:
    here = town.districts[A]
    member = open_account(town.contexts["accounts"], "member", here.community, ("member", here.community))
    asked = {"area_path": here.community, "skills": ["electric"], "consent": True}
    joined = town.done(member, "POST /api/v1/members", asked)
    town.done(here.people["community"], f"POST /api/v1/members/{joined['member_id']}/approve")
    ticket = file_and_offer(town, here)
    offer_id = eventually(lambda: offer_of(town, here, ticket))
    change(town, member, {"state": "disabled"})
    ends(town, member, DISABLED, {"volunteers": READS["volunteers"]})
    assert slug(town.ask(member, f"POST /api/v1/offers/{offer_id}/claims")) == DISABLED
    assert see(town, here, ticket["id"])["state"] == "offered"


def test_a_dismissed_head_of_a_station_approves_nobody(town: Town) -> None:
    here, accounts = town.districts[A], town.contexts["accounts"]
    head = open_account(accounts, "station_head", here.community, ("station_head", here.community))
    joining = open_account(accounts, "resident", here.grid, ("resident", here.grid))
    asked: dict[str, Any] = {"area_path": here.community, "skills": ["electric"], "consent": True}
    member = town.done(joining, "POST /api/v1/members", asked)
    change(town, head, {"grants": [{"role": "resident", "area_path": here.community}]})
    ends(town, head, SIGNED_OUT, {"volunteers": READS["volunteers"]})
    for deed, body in (("approve", {}), ("suspend", {"reason_code": "other"})):
        assert slug(town.ask(head, f"POST /api/v1/members/{member['member_id']}/{deed}", body)) == SIGNED_OUT
    assert town.done(joining, "GET /api/v1/members/me")["state"] == "registered"
