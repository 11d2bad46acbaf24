"""The follow-up secret is the reporter's: who files for somebody gets none; what comes through staff is told apart."""

from uuid import uuid4

import pytest

from tests.integration.tickets.conftest import (
    CADRE,
    HEAD,
    RESIDENT,
    WORKER,
    Document,
    House,
    an_address,
    done,
    refused,
)

CALLER = {"name": "王小明", "telephone": "13700001234"}
FIVE = {"rating": 5}


def solved(house: House, person: str | None = WORKER) -> Document:
    said = {"reporter": CALLER} if person in (WORKER, HEAD) else {}
    ticket = house.resolved(person=person, **said)
    return ticket


def slip(house: House, ticket: Document, person: str = HEAD) -> str:
    return str(done(house.do(ticket, "follow-up-slip", person))["follow_up_secret"])


def last_step(house: House, ticket: Document) -> Document:
    step: Document = house.stored(ticket)["history"][-1]
    return step


@pytest.mark.parametrize("person", [WORKER, HEAD, CADRE])
def test_who_files_for_somebody_gets_no_secret(house: House, person: str) -> None:
    filed = house.filed(person, reporter=CALLER)
    assert filed["follow_up_secret"] is None
    assert (house.stored(filed)["secret_hash"], house.stored(filed)["slip_hash"]) == (None, None)
    assert house.filed(None)["follow_up_secret"], "who files for himself without an account gets it"


def test_a_slip_lets_its_reporter_look_and_confirm_and_that_is_told_apart(house: House) -> None:
    ticket = solved(house)
    first, second = slip(house, ticket), slip(house, ticket)
    assert first not in str(house.stored(ticket))
    body = {"number": ticket["number"], "follow_up_secret": second}
    assert done(house.post("/api/v1/tickets/follow-up", None, body))["id"] == ticket["id"]
    refused(house.do(ticket, "confirm", None, {**FIVE, "follow_up_secret": first}), 404, "not-found")
    done(house.do(ticket, "confirm", None, {**FIVE, "follow_up_secret": second}))
    assert house.events(ticket)[-1]["data"]["way"] == "slip"
    printed = [step for step in house.stored(ticket)["history"] if step["kind"] == "slip_printed"]
    assert [step["by"] for step in printed] == [HEAD, HEAD]
    shown = done(house.get(f"/api/v1/tickets/{ticket['id']}/history", CADRE))["steps"]
    assert [step["by"] for step in shown if step["kind"] == "slip_printed"] == [HEAD, HEAD]
    assert house.event_types(ticket).count("ticket.slip_printed") == 2


def test_who_solved_it_or_has_it_in_hand_prints_no_slip(house: House) -> None:
    refused(house.do(solved(house), "follow-up-slip", WORKER), 403, "own-work")
    refused(house.do(house.assigned(), "follow-up-slip", WORKER), 403, "own-work")
    refused(house.do(house.filed(), "follow-up-slip", RESIDENT), 403, "not-allowed")
    refused(house.do(house.filed(WORKER), "follow-up-slip", HEAD), 409, "no-reporter")


def test_a_slip_that_was_printed_before_its_printer_solved_it_neither_confirms_nor_reopens(house: House) -> None:
    ticket = house.filed(HEAD, reporter=CALLER)
    secret = slip(house, ticket, WORKER)
    for deed, body in (("accept", None), ("assign", None), ("arrive", {"severity": "ordinary"}), ("resolve", None)):
        done(house.do(ticket, deed, WORKER, body))
    mine = {"follow_up_secret": secret}
    refused(house.do(ticket, "confirm", None, {**FIVE, **mine}), 403, "slip-of-the-solver")
    refused(house.do(ticket, "reopen", None, {"reason": "still dark", **mine}), 403, "slip-of-the-solver")
    done(house.do(ticket, "reopen", HEAD, {"reason": "still dark", "on_behalf": "desk"}))


@pytest.mark.parametrize("person", [WORKER, HEAD, CADRE])
def test_staff_who_send_a_secret_along_are_refused(house: House, person: str) -> None:
    ticket = solved(house)
    mine = {"follow_up_secret": slip(house, ticket)}
    refused(house.do(ticket, "confirm", person, {**FIVE, **mine}), 403, "secret-not-for-staff")
    look = {"number": ticket["number"], **mine}
    refused(house.post("/api/v1/tickets/follow-up", person, look), 403, "secret-not-for-staff")
    assert house.stored(ticket)["state"] == "resolved"


def test_staff_confirm_on_behalf_what_they_did_not_solve_and_it_says_so(house: House) -> None:
    ticket = solved(house)
    refused(house.do(ticket, "confirm", HEAD, FIVE), 403, "not-allowed")
    refused(house.do(ticket, "confirm", WORKER, {**FIVE, "on_behalf": "desk"}), 403, "own-work")
    refused(house.do(ticket, "confirm", RESIDENT, {**FIVE, "on_behalf": "desk"}), 404, "not-found")
    refused(house.do(ticket, "confirm", HEAD, {**FIVE, "on_behalf": "in a dream"}), 422, "invalid-input")
    done(house.do(ticket, "confirm", HEAD, {**FIVE, "on_behalf": "telephone"}))
    step = last_step(house, ticket)
    assert (step["by"], step["detail"]["way"], step["detail"]["said_at"]) == (HEAD, "staff", "telephone")
    assert house.events(ticket)[-1]["data"]["way"] == "staff"


def test_staff_reopen_and_take_back_on_behalf_what_is_not_in_their_hands(house: House) -> None:
    ticket, why = solved(house), {"reason": "she called", "on_behalf": "telephone"}
    refused(house.do(ticket, "reopen", WORKER, why), 403, "own-work")
    done(house.do(ticket, "reopen", HEAD, why))
    assert house.events(ticket)[-1]["data"]["way"] == "staff"
    in_hand = house.assigned(person=HEAD, reporter=CALLER)
    refused(house.do(in_hand, "cancel", WORKER, why), 403, "own-work")
    done(house.do(in_hand, "cancel", HEAD, {"on_behalf": "desk"}))
    assert house.events(in_hand)[-1]["data"]["way"] == "staff"


def test_a_slip_neither_replaces_nor_undoes_what_its_reporter_said_himself(house: House) -> None:
    """He rated it with a 1 and had it reopened; the desk printed a slip."""
    ticket, why = solved(house, RESIDENT), {"reason": "no"}
    done(house.do(ticket, "confirm", RESIDENT, {"rating": 1}))
    mine = {"follow_up_secret": slip(house, ticket)}
    refused(house.do(ticket, "reopen", None, {**why, **mine}), 409, "confirmed-himself")
    refused(house.do(ticket, "reopen", CADRE, why), 409, "confirmed-himself")
    done(house.do(ticket, "reopen", RESIDENT, why))
    for deed, body in (("assign", None), ("arrive", {"severity": "ordinary"}), ("resolve", None)):
        done(house.do(ticket, deed, WORKER, body))
    refused(house.do(ticket, "confirm", None, {**FIVE, **mine}), 409, "confirmed-himself")
    body = {"number": ticket["number"], **mine}
    assert done(house.post("/api/v1/tickets/follow-up", None, body))["state"] == "resolved", "it lets him look"
    assert done(house.do(ticket, "confirm", RESIDENT, {"rating": 2}))["rating"] == 2


def test_the_community_reopens_no_work_of_its_own(house: House) -> None:
    ticket, why = house.filed(HEAD, reporter=CALLER), {"reason": "once more"}
    for deed, body in (("accept", None), ("assign", None), ("arrive", {"severity": "ordinary"}), ("resolve", None)):
        done(house.do(ticket, deed, CADRE, body))
    refused(house.do(ticket, "reopen", CADRE, why), 403, "own-work")
    done(house.do(ticket, "reopen", HEAD, {**why, "on_behalf": "desk"}))


def test_by_account_and_by_ones_own_secret_it_is_the_reporters_own_word(house: House) -> None:
    ticket = solved(house, RESIDENT)
    done(house.do(ticket, "confirm", RESIDENT, FIVE))
    assert house.events(ticket)[-1]["data"]["way"] == "account"
    for reached, way in (({"reporter": CALLER}, "secret"), ({"reporter": {"name": "王小明"}}, "slip"), ({}, "slip")):
        stranger = house.filed(None, **reached)
        body = {"follow_up_secret": stranger["follow_up_secret"]}
        done(house.do(stranger, "cancel", None, body))
        assert house.events(stranger)[-1]["data"]["way"] == way, "who left no way to be reached may be anybody"


def test_a_slip_goes_on_for_its_reporter_when_his_ticket_is_merged_and_not_for_who_solves_the_other(
    house: House,
) -> None:
    main = house.filed(HEAD, category="lamp")  # found by staff: the word is with those who reported it too
    slips: list[Document] = []
    for printer in (CADRE, WORKER):
        same = house.filed(HEAD, category="lamp", reporter={**CALLER, "telephone": f"1370000200{len(slips)}"})
        slips.append({"follow_up_secret": slip(house, same, printer)})
        done(house.do(same, "merge", HEAD, {"into": main["id"]}))
    for deed, body in (("accept", None), ("assign", None), ("arrive", {"severity": "ordinary"}), ("resolve", None)):
        done(house.do(main, deed, WORKER, body))
    by_another, by_solver = slips
    refused(house.do(main, "confirm", None, {**FIVE, **by_solver}), 403, "slip-of-the-solver")
    done(house.do(main, "confirm", None, {**FIVE, **by_another}))
    step, told = last_step(house, main), house.events(main)[-1]["data"]
    assert (step["by"], told["way"]) == (house.stored(main)["also_reported_by"][0], "slip")


def test_on_behalf_of_several_is_the_word_of_the_tickets_own_reporter(house: House) -> None:
    main, same = house.filed(RESIDENT, category="lamp"), house.filed(HEAD, category="lamp", reporter=CALLER)
    done(house.do(same, "merge", CADRE, {"into": main["id"]}))
    refused(house.do(main, "cancel", CADRE, {"on_behalf": "desk"}), 403, "answers-for-it")  # he ended a promise by it
    done(house.do(main, "cancel", HEAD, {"on_behalf": "desk"}))
    told = house.events(main)[-1]
    assert (told["type"], told["data"]["person_id"], told["data"]["way"]) == (
        "ticket.report_withdrawn", RESIDENT, "staff",
    )  # fmt: skip
    refused(house.do(main, "cancel", HEAD, {"on_behalf": "desk"}), 409, "no-reporter")


def test_a_kept_answer_is_given_to_nobody_who_does_not_know_the_secret(house: House) -> None:
    ticket = house.filed(None)
    path, key = f"/api/v1/tickets/{ticket['id']}/cancel", {"Idempotency-Key": uuid4().hex}
    mine, guessed = {"follow_up_secret": ticket["follow_up_secret"]}, {"follow_up_secret": "a-guess"}
    first = house.post(path, None, mine, **key)
    assert done(first)["id"] == ticket["id"]
    refused(house.post(path, None, guessed, **key), 422, "idempotency-key-reused")
    refused(house.post(path, None, {}, **key), 422, "idempotency-key-reused")
    assert house.post(path, None, mine, **key).content == first.content


def test_a_right_secret_is_not_refused_for_what_others_try_from_its_address(house: House) -> None:
    """A village behind one line: sixty wrong ones in an hour had locked out everybody there."""
    ticket, address = house.filed(None), {"X-Forwarded-For": an_address()}
    follow_up, cancel = "/api/v1/tickets/follow-up", f"/api/v1/tickets/{ticket['id']}/cancel"
    for number in range(62):
        wrong = {"number": ticket["number"], "follow_up_secret": f"a guess, the {number}th"}
        refused(house.post(follow_up, None, wrong, **address), 404, "not-found")
    secret = {"follow_up_secret": ticket["follow_up_secret"]}
    done(house.post(follow_up, None, {"number": ticket["number"], **secret}, **address))
    assert done(house.post(cancel, None, secret, **address))["state"] == "cancelled"


def test_one_secret_is_asked_with_so_many_times_an_hour(house: House) -> None:
    """Two hours may begin meanwhile, but not three."""
    ticket, address = house.filed(None), {"X-Forwarded-For": an_address()}
    said = {"number": ticket["number"], "follow_up_secret": ticket["follow_up_secret"]}
    codes = [house.post("/api/v1/tickets/follow-up", None, said, **address).status_code for _ in range(122)]
    assert codes.index(429) >= 60
    assert set(codes) == {200, 429}
