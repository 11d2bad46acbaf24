"""What a clever stranger, a dismissed administrator or a forger of cursors tries, and what comes of it."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from services.cli.native.ports import LOOPBACK
from services.tickets.house import house_of
from tests.integration.security.things import Things
from tests.integration.security.town import A, B, Person, Town, open_account
from tests.support.eventually import eventually
from tests.support.patience import make_wait, whose

FILED = {"kind": "request", "grid_id": f"{A}-grid", "description": "楼道灯不亮了。"}
REFUSED = (403, 404)


def problem(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("/problems/")


# Tokens that outlive their roles --------------------------------------------------------------------------------


def dismissed_administrator(town: Town) -> Person:
    """One who was disabled a moment ago and still holds a token."""
    area = town.districts[A].path
    fellow = open_account(town.contexts["accounts"], "fellow", area, ("admin", area))
    change(town, town.districts[A].people["admin"], fellow, {"state": "disabled"})
    return fellow


def change(town: Town, by: Person, of: Person, body: Mapping[str, Any]) -> Any:
    return town.ask(by, f"PATCH /api/v1/accounts/{of.account_id}", dict(body), headers={"If-Match": "*"})


def test_who_was_disabled_cannot_open_himself_another_account(town: Town) -> None:
    fellow, area = dismissed_administrator(town), town.districts[A].path
    key = f"POST /api/v1/accounts/{town.districts[A].people['spare'].account_id}/keys"
    back_door = {"login": f"back-door-{uuid4().hex}", "password": None, "area_path": area,
                 "grants": [{"role": "admin", "area_path": area}]}  # fmt: skip
    assert problem(town.ask(fellow, "POST /api/v1/accounts", back_door)) == (403, "account-disabled")
    assert town.ask(fellow, key, {"name": "k"}).status_code == 403
    assert town.ask(fellow, "GET /api/v1/accounts").status_code == 403
    assert town.ask(fellow, "GET /api/v1/accounts/me").status_code == 403
    assert change(town, fellow, town.districts[A].people["none"], {"state": "disabled"}).status_code == 403


def test_a_role_that_was_taken_gives_nothing_away_any_more(town: Town) -> None:
    here = town.districts[A]
    fellow = open_account(town.contexts["accounts"], "fellow", here.path, ("admin", here.path))
    narrower = {"grants": [{"role": "admin", "area_path": here.community}]}
    assert change(town, here.people["admin"], fellow, narrower).status_code == 200
    wide: dict[str, Any] = {"login": f"wide-{uuid4().hex}", "password": None, "area_path": here.path, "grants": []}
    assert problem(town.ask(fellow, "POST /api/v1/accounts", wide)) == (401, "signed-out")


# Administrators -------------------------------------------------------------------------------------------------


def test_a_community_does_not_disable_the_head_of_the_district_who_lives_in_it(town: Town) -> None:
    here, accounts = town.districts[A], town.contexts["accounts"]
    local = open_account(accounts, "local", here.community, ("admin", here.community))
    head = open_account(accounts, "head", here.community)
    raised = change(town, here.people["admin"], head, {"grants": [{"role": "district", "area_path": here.path}]})
    assert raised.status_code == 200
    assert problem(change(town, local, head, {"state": "disabled"})) == (403, "outside-your-area")
    assert change(town, here.people["admin"], head, {"state": "disabled"}).status_code == 200
    assert problem(change(town, local, head, {"state": "active"})) == (403, "outside-your-area")


@pytest.mark.parametrize("role", ["admin", "district", "ops", "partner", "resident"])
def test_nobody_gives_a_role_beyond_his_own_area(town: Town, role: str) -> None:
    here = town.districts[A]
    local = open_account(town.contexts["accounts"], "local", here.community, ("admin", here.community))
    for area in (here.path, here.street, "/bland/", "/"):
        body = {"login": f"x-{uuid4().hex}", "password": None, "area_path": here.community,
                "grants": [{"role": role, "area_path": area}]}  # fmt: skip
        assert town.ask(local, "POST /api/v1/accounts", body).status_code in (403, 422)
    own = town.ask(local, f"PATCH /api/v1/accounts/{local.account_id}",
                   {"grants": [{"role": role, "area_path": here.path}]}, headers={"If-Match": "*"})  # fmt: skip
    assert problem(own) == (409, "own-account")


def test_who_registers_is_a_resident_whatever_he_says(town: Town) -> None:
    here = town.districts[A]
    body = {"login": f"new-{uuid4().hex}", "password": "correct horse battery", "area_path": here.community}
    for more in ({"grants": [{"role": "admin", "area_path": here.path}]}, {"kind": "service"}, {"state": "active"}):
        assert problem(town.ask(None, "POST /api/v1/accounts/registrations", {**body, **more})) == (
            422,
            "invalid-input",
        )
    assert town.own(town.registered(body))["grants"] == [{"role": "resident", "area_path": here.community}]


# Somebody else's telephone and secret ---------------------------------------------------------------------------


def test_a_strangers_word_about_a_telephone_makes_him_nobody_and_redirects_no_mail(town: Town) -> None:
    worker = town.districts[A].people["grid_worker"]
    known = town.done(worker, "POST /api/v1/tickets", {**FILED, "reporter": {"telephone": "13900001111"}})
    said = {**FILED, "reporter": {"telephone": "13900001111", "email": "thief@example.org"}}
    thief = town.done(None, "POST /api/v1/tickets", said)
    assert thief["reporter_id"] != known["reporter_id"]
    told = town.contexts["tickets"].db["outbox"].find({"type": "recipient.upserted"})
    assert [row["aggregate_id"] for row in told].count(known["reporter_id"]) == 1
    mine = {"number": known["number"], "follow_up_secret": thief["follow_up_secret"]}
    assert problem(town.ask(None, "POST /api/v1/tickets/follow-up", mine)) == (404, "not-found")


def test_staff_of_one_county_neither_find_nor_redirect_who_is_known_in_another(town: Town) -> None:
    telephone, tickets = "13900003333", town.contexts["tickets"].db
    here, there = (town.districts[id].people["grid_worker"] for id in (A, B))
    said = {**FILED, "reporter": {"telephone": telephone, "email": "hers@example.org"}}
    known = town.done(here, "POST /api/v1/tickets", said)
    taken = {"telephone": telephone, "email": "thief@example.org"}
    thief = town.done(there, "POST /api/v1/tickets", {**FILED, "grid_id": f"{B}-grid", "reporter": taken})
    assert thief["reporter_id"] != known["reporter_id"]
    again = town.done(here, "POST /api/v1/tickets", {**FILED, "reporter": {"telephone": telephone}})
    assert again["reporter_id"] == known["reporter_id"], "in one county a telephone is one person"
    stated = tickets["outbox"].find({"type": "recipient.upserted", "aggregate_id": known["reporter_id"]})
    assert [row["area_path"].split("/")[1] for row in stated] == [A, A]
    found = town.done(there, "POST /api/v1/tickets/search", {"telephone": telephone})["items"]
    assert [item["id"] for item in found] == [thief["id"]]


def test_a_fellows_word_about_an_address_redirects_no_mail_about_what_was_reported_before(town: Town) -> None:
    worker, telephone = town.districts[A].people["grid_worker"], "13900004444"
    addresses = ("hers@example.org", "fellow@example.org")
    first, second = (
        town.done(worker, "POST /api/v1/tickets", {**FILED, "reporter": {"telephone": telephone, "email": address}})
        for address in addresses
    )
    assert first["reporter_id"] == second["reporter_id"]
    rejected = {"reason": "told elsewhere"}
    town.done(town.districts[A].people["station_head"], f"POST /api/v1/tickets/{first['id']}/reject", rejected)
    town.whole.comes_to_rest(60)
    about_it = [mail for mail in town.whole.smtp.mails if first["number"] in str(mail["Subject"])]
    assert len(about_it) > 1
    assert {str(mail["To"]) for mail in about_it} == {"hers@example.org"}
    filing = next(mail for mail in about_it if "已登记" in str(mail["Subject"]))
    assert "查询码" in filing.get_content()


def test_an_address_is_the_persons_once_whoever_reads_its_mail_has_pressed_the_button_and_once_only(town: Town) -> None:
    worker, telephone = town.districts[A].people["grid_worker"], "13900005555"
    said = {"telephone": telephone, "email": "reader@example.org", "locale": "en"}
    town.done(worker, "POST /api/v1/tickets", {**FILED, "reporter": said})
    mail = eventually(lambda: [one for one in town.whole.smtp.mails if one["To"] == "reader@example.org"], 60)[0]
    link = str(mail.get_content()).split("confirm it: https://doorstep.test")[1].split()[0]
    assert not {telephone, "reader"} & set(link.replace("=", "&").split("&"))
    seen = town.clients["notifications"].get(link)
    assert (seen.status_code, seen.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert 'method="post"' in seen.text
    recipients = town.contexts["notifications"].db["recipients"]
    assert not recipients.count_documents({"said.confirmed": {"$exists": True}}), "looking at it confirms nothing"
    for forged in (link[:-4] + "0000", link.replace("person=", "person=0")):
        assert town.clients["notifications"].get(forged).status_code == 404
        assert town.clients["notifications"].post(forged).status_code == 404
    pressed = town.clients["notifications"].post(link, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert (pressed.status_code, pressed.headers["Location"]) == (303, link)
    assert 'method="post"' not in town.clients["notifications"].get(link).text
    row = recipients.find_one({"said.confirmed": {"$exists": True}})
    assert row is not None
    assert "reader" not in str(row), "sealed"
    later = town.done(worker, "POST /api/v1/tickets", {**FILED, "reporter": {"telephone": telephone, "locale": "en"}})
    told = eventually(lambda: [one for one in town.whole.smtp.mails if later["number"] in str(one["Subject"])], 60)
    assert {str(one["To"]) for one in told} == {"reader@example.org"}
    assert "confirm it" not in told[0].get_content()


def test_registering_with_somebody_elses_telephone_inherits_nothing(town: Town) -> None:
    here = town.districts[A]
    known = town.done(here.people["grid_worker"], "POST /api/v1/tickets",
                      {**FILED, "reporter": {"telephone": "13900002222"}})  # fmt: skip
    thief = town.registered({
        "login": "13900002222", "password": "correct horse battery", "area_path": here.community,
        "contact": {"telephone": "13900002222"},
    })  # fmt: skip
    town.whole.comes_to_rest()
    assert town.ask(thief, f"GET /api/v1/tickets/{known['id']}").status_code == 404
    assert town.done(thief, "GET /api/v1/tickets")["items"] == []


def test_a_secret_opens_its_own_ticket_only_and_is_not_to_be_guessed(town: Town) -> None:
    first, second = (town.done(None, "POST /api/v1/tickets", FILED) for _ in range(2))
    assert len(base64.urlsafe_b64decode(first["follow_up_secret"] + "==")) >= 16
    for number, secret in ((second["number"], first["follow_up_secret"]), (first["number"], first["id"])):
        body = {"number": number, "follow_up_secret": secret}
        assert problem(town.ask(None, "POST /api/v1/tickets/follow-up", body)) == (404, "not-found")
    wrong = {"rating": 5, "follow_up_secret": first["follow_up_secret"]}
    assert town.ask(None, f"POST /api/v1/tickets/{second['id']}/confirm", wrong).status_code == 404
    assert house_of(town.contexts["tickets"]).new_secret() != house_of(town.contexts["tickets"]).new_secret()


# Forged and foreign cursors, moments, headers -------------------------------------------------------------------


def test_a_cursor_serves_only_the_list_that_gave_it(town: Town, things: Mapping[str, Things]) -> None:
    head = town.districts[A].people["district"]
    newest = town.done(head, "GET /api/v1/tickets", limit="1")["next"]
    due = town.done(head, "GET /api/v1/tickets", limit="1", sort="due")["next"]
    assert town.ask(head, "GET /api/v1/tickets", limit="2", cursor=newest).is_success
    tries: list[tuple[str, dict[str, Any]]] = [
        (newest, {"sort": "due"}),
        (due, {}),
        (newest, {"late": "true"}),
        (newest[:-4] + "AAAA", {}),
        ("", {}),
        ("A" * 7000, {}),
        (base64.urlsafe_b64encode(b"[" * 4000).decode(), {}),
    ]
    for cursor, params in tries:
        answer = town.ask(head, "GET /api/v1/tickets", cursor=cursor, **params)
        assert problem(answer) == (400, "bad-cursor")
    for forged in (b"[" * 1400, b"[-1,0,0,0,0,0,0,0]", b"[1e9,0,0,0,0,0,0,0]", b"{}", b"\xff", b"9" * 1400):
        after = base64.urlsafe_b64encode(forged).decode()
        assert problem(town.ask(head, "GET /api/v1/volunteers/events", after=after)) == (400, "bad-cursor")
    endless = base64.urlsafe_b64encode(b"[" * 4000).decode()
    assert problem(town.ask(head, "GET /api/v1/volunteers/events", after=endless)) == (422, "invalid-input")


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "9999-12-31T00:00:00Z"])
@pytest.mark.parametrize("field", ["occurred_at", "external_due_at"])
def test_the_ends_of_the_calendar_are_no_moments(town: Town, field: str, moment: str) -> None:
    answer = town.ask(town.districts[A].people["community"], "POST /api/v1/tickets", {**FILED, field: moment})
    assert problem(answer) == (422, "invalid-input")
    assert answer.json()["errors"][0]["pointer"] == f"/{field}"


@pytest.mark.parametrize("header", ["X-Forwarded-For", "traceparent", "If-Match", "If-None-Match", "Accept-Language"])
@pytest.mark.parametrize("value", ["\x7f", "a\tb", '"', "," * 4000, "é", "127.0.0.1," * 500, "00-" + "0" * 52])
def test_no_header_does_worse_than_a_refusal_or_comes_back(town: Town, header: str, value: str) -> None:
    head = town.districts[A].people["district"]
    answer = town.ask(head, "GET /api/v1/tickets", headers={header: value.encode("latin-1")})  # type: ignore[dict-item]
    assert answer.status_code < 500
    assert not any(value in told for told in answer.headers.values())


@pytest.mark.parametrize("key", ["", '""', "a b", "键", "x" * 129, "x\x7f"])
def test_an_idempotency_key_is_visible_ascii(town: Town, key: str) -> None:
    answer = town.ask(town.districts[A].people["resident"], "POST /api/v1/tickets", FILED,
                      headers={"Idempotency-Key": key.encode()})  # type: ignore[dict-item]  # fmt: skip
    assert problem(answer) == (400, "idempotency-key-required")


# Finding out who is there ---------------------------------------------------------------------------------------


def test_signing_in_does_not_tell_who_has_an_account(town: Town) -> None:
    login, accounts = f"known-{uuid4().hex[:8]}", town.contexts["accounts"]
    town.done(None, "POST /api/v1/accounts/registrations", {
        "login": login, "password": "correct horse battery", "area_path": town.districts[A].community,
    })  # fmt: skip
    told = []
    for name in (login, f"unknown-{uuid4().hex[:8]}"):
        for guess in range(7):
            if guess == 6:
                make_wait(accounts, "attempts-here", whose(accounts, name, LOOPBACK))
            answer = town.ask(None, "POST /api/v1/sessions", {"login": name, "password": "guessed wrongly"})
            told.append((name == login, *problem(answer)))
    known, unknown = ([told_[1:] for told_ in told if told_[0] is own] for own in (True, False))
    assert known == unknown
    assert (429, "wait-before-retry") in known


def test_tokens_end_within_a_quarter_of_an_hour(town: Town) -> None:
    from services.accounts.signing import TOKEN_LIFETIME

    assert timedelta(minutes=15) >= TOKEN_LIFETIME
    fellow = dismissed_administrator(town)
    staff = town.contexts["tickets"].db["staff"]
    assert eventually(lambda: staff.find_one({"person_id": fellow.person_id, "state": "disabled"}))
