"""Volunteers hears of accounts: a token that ended somewhere else ends here, whatever the order of what is heard."""

import httpx
import pytest

from services.chassis.ids import new_id
from tests.integration.volunteers.conftest import COMMUNITY, Desk, Document
from tests.support.eventually import eventually

MEMBER = ("member", COMMUNITY)


def account(desk: Desk, person: str, sequence: int, tokens_from: int, state: str = "active") -> Document:
    """What accounts says of a person; not sent yet."""
    event = "account.disabled" if state == "disabled" else "account.changed"
    return desk.publishing.write(event, f"account-of-{person}", sequence, account={
        "account_id": f"account-of-{person}", "person_id": person, "kind": "person", "state": state,
        "grants": [{"role": "member", "area_path": COMMUNITY}], "tokens_from": tokens_from,
    })  # fmt: skip


def send(desk: Desk, *rows: Document) -> None:
    """And wait until each has taken effect."""
    desk.publishing.send(rows)
    heard = {"_id": {"$in": [f"volunteers.accounts|{row['_id']}" for row in rows]}}
    eventually(lambda: desk.db["inbox"].count_documents(heard) == len({row["_id"] for row in rows}))


def asks(desk: Desk, http: httpx.Client, person: str, revision: int) -> tuple[int, str]:
    headers = desk.tokens.headers(MEMBER, person_id=person, revision=revision)
    return told(http.get("/api/v1/points/balance", headers=headers))


def told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, "" if answer.is_success else answer.json()["type"].removeprefix("/problems/")


GOOD, SIGNED_OUT, DISABLED = (200, ""), (401, "signed-out"), (403, "account-disabled")


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (2, 2, 0, 1, 0), (1, 2, 0, 1)])
def test_what_accounts_said_last_decides_whatever_arrives_when_and_how_often(
    open_desk: Desk, http: httpx.Client, order: tuple[int, ...]
) -> None:
    person = new_id()
    assert asks(open_desk, http, person, 1) == GOOD, "nothing is known of him yet"
    said = [
        account(open_desk, person, 2, 2, "disabled"),
        account(open_desk, person, 3, 2),
        account(open_desk, person, 4, 4),
    ]
    send(open_desk, *(said[number] for number in order))
    eventually(lambda: asks(open_desk, http, person, 1) == SIGNED_OUT)
    assert asks(open_desk, http, person, 3) == SIGNED_OUT
    assert asks(open_desk, http, person, 4) == GOOD
    assert asks(open_desk, http, person, 5) == GOOD, "signed in after what is known here"


def test_who_is_disabled_claims_nothing_and_a_dismissed_head_decides_nothing(
    open_desk: Desk, http: httpx.Client
) -> None:
    offer_id, person, head = open_desk.open_offer(()), open_desk.member(http), new_id()
    send(open_desk, account(open_desk, person, 2, 2, "disabled"), account(open_desk, head, 2, 2))
    assert told(open_desk.claim(http, offer_id, person)) == DISABLED
    joining = open_desk.register(http, new_id()).json()["member_id"]
    headers = open_desk.headers(head, ("station_head", COMMUNITY))
    assert told(http.post(f"/api/v1/members/{joining}/approve", headers=headers)) == GOOD, "of another issuer"
    old = {**open_desk.tokens.headers(("station_head", COMMUNITY), person_id=head, revision=1)}
    for deed in ("approve", "suspend"):
        body = {"reason_code": "other"} if deed == "suspend" else None
        answer = http.post(f"/api/v1/members/{joining}/{deed}", json=body, headers={**old, "Idempotency-Key": new_id()})
        assert told(answer) == SIGNED_OUT
        assert answer.headers["WWW-Authenticate"].endswith('error="invalid_token"')
    assert "重新登录" in http.get("/api/v1/members", headers=old).json()["detail"]
    assert "sign in again" in http.get("/api/v1/members", headers={**old, "Accept-Language": "en"}).json()["detail"]
