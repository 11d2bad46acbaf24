"""Claims on real parts: one winner among many, and tickets' answers in any order."""

from concurrent.futures import ThreadPoolExecutor

import httpx

from services.chassis.ids import new_id
from services.volunteers.storage import MIGRATIONS
from tests.integration.volunteers.conftest import Desk
from tests.support.eventually import eventually


def test_of_twenty_who_claim_at_once_over_two_processes_one_wins(open_desk: Desk, http: httpx.Client) -> None:
    replicas = [http, open_desk.http()]
    members = [open_desk.member(http) for _ in range(20)]
    offer_id = open_desk.open_offer(skills=("electric",))
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda n: open_desk.claim(replicas[n % 2], offer_id, members[n]), range(len(members))))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert {a.json()["type"] for a in answers if a.status_code == 409} == {"/problems/offer-taken"}
    assert open_desk.db["claims"].count_documents({"offer_id": offer_id}) == 1
    assert open_desk.db["outbox"].count_documents({"type": "claim.won", "data.offer_id": offer_id}) == 1


def test_of_ten_that_one_claims_at_once_over_two_processes_five_are_his(open_desk: Desk, http: httpx.Client) -> None:
    replicas, member = [http, open_desk.http()], open_desk.member(http)
    offers = [open_desk.open_offer() for _ in range(10)]
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda n: open_desk.claim(replicas[n % 2], offers[n], member), range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409] * 5
    assert {a.json()["type"] for a in answers if a.status_code == 409} == {"/problems/too-many-claims"}


def test_of_those_that_one_claims_and_gives_back_in_a_day_so_many_are_his_over_two_processes(
    open_desk: Desk, http: httpx.Client
) -> None:
    replicas = [open_desk.processes.start("volunteers", "http", CLAIMS_OF_MEMBER_DAY="3").http for _ in range(2)]
    member = open_desk.member(http)
    first = open_desk.claim(replicas[0], open_desk.open_offer(), member).json()["claim_id"]
    open_desk.give_back(http, first, member)
    offers = [open_desk.open_offer() for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda n: open_desk.claim(replicas[n % 2], offers[n], member), range(6)))
    assert sorted(answer.status_code for answer in answers) == [201] * 2 + [409] * 4
    assert {a.json()["type"] for a in answers if a.status_code == 409} == {"/problems/too-many-claims-today"}


def test_what_one_gave_back_is_shown_to_others_alone(open_desk: Desk, http: httpx.Client) -> None:
    offer_id, member = open_desk.open_offer(), open_desk.member(http)
    open_desk.give_back(http, open_desk.claim(http, offer_id, member).json()["claim_id"], member)

    def shown(person: str) -> bool:
        page = http.get("/api/v1/offers", params={"limit": 200}, headers=open_desk.headers(person)).json()
        return offer_id in {item["offer_id"] for item in page["items"]}

    assert (shown(member), shown(open_desk.member(http))) == (False, True)
    refused = open_desk.claim(http, offer_id, member)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/gave-it-back")


def test_claims_of_before_are_in_hand_until_their_ticket_is_solved(open_desk: Desk, http: httpx.Client) -> None:
    """Won before it was kept whether a claim is in hand."""
    member, db = open_desk.member(http), open_desk.db
    kept, solved = (open_desk.claim(http, open_desk.open_offer(), member).json() for _ in range(2))
    step = {"sequence": 9, "what": "resolved", "offer_id": None, "area_path": None}
    db["ticket_histories"].update_one({"_id": solved["ticket_id"]}, {"$push": {"steps": step}})
    db["claims"].update_many({"person_id": member}, {"$unset": {"in_hand": 1, "over": 1}})
    for migration in MIGRATIONS[1:]:
        migration.apply(db)
    assert [row["_id"] for row in db["claims"].find({"person_id": member, "in_hand": True})] == [kept["claim_id"]]


def test_a_member_sees_what_fits_his_area_and_skills(open_desk: Desk, http: httpx.Client) -> None:
    fits = open_desk.open_offer(skills=("electric",))
    asks_more = open_desk.open_offer(skills=("electric", "heights"))
    inside, outside = open_desk.member(http), open_desk.member(http, area_path="/hequ/xikou/nanmen/")
    shown = http.get("/api/v1/offers", params={"limit": 200}, headers=open_desk.headers(inside)).json()["items"]
    offers = [item["offer_id"] for item in shown]
    assert fits in offers
    assert asks_more not in offers
    assert http.get("/api/v1/offers", headers=open_desk.headers(outside)).json()["items"] == []
    assert open_desk.claim(http, fits, outside).status_code == 404
    assert open_desk.claim(http, asks_more, inside).json()["type"] == "/problems/offer-does-not-fit"


def test_what_is_taken_or_was_reported_by_oneself_is_not_shown(open_desk: Desk, http: httpx.Client) -> None:
    area = "/hequ/xikou/binhe/grid-012/"
    taken, still_open = open_desk.open_offer(), open_desk.open_offer()
    assert open_desk.claim(http, taken, open_desk.member(http)).status_code == 201
    reporter = open_desk.member(http, area_path=area)
    open_desk.db["offers"].update_one({"_id": still_open}, {"$set": {"reporter_id": reporter}})

    def shown(person: str) -> set[str]:
        page = http.get("/api/v1/offers", params={"limit": 200}, headers=open_desk.headers(person)).json()
        return {item["offer_id"] for item in page["items"]}

    assert still_open in shown(open_desk.member(http, area_path=area))
    assert still_open not in shown(reporter)
    assert taken not in shown(open_desk.member(http, area_path=area))


def test_what_turns_out_to_be_the_same_as_ones_own_report_is_no_longer_shown_nor_given(
    open_desk: Desk, http: httpx.Client
) -> None:
    """D of this member was merged into the ticket that stands open."""
    offer_id, reporter = open_desk.open_offer(), open_desk.member(http)
    ticket_id = open_desk.db["offers"].find_one({"_id": offer_id})["ticket_id"]  # type: ignore[index]
    merged = open_desk.ticket_event(
        "ticket.duplicate_added", ticket_id, 4, state="offered", duplicate_id=new_id(),
        duplicate_number="261122-482-1408",
    )  # fmt: skip
    merged["data"]["ticket"]["reporter_ids"] = [reporter]

    def shown(person: str) -> bool:
        page = http.get("/api/v1/offers", params={"limit": 200}, headers=open_desk.headers(person)).json()
        return offer_id in {item["offer_id"] for item in page["items"]}

    assert shown(reporter)
    open_desk.publishing.send([merged, merged])
    eventually(lambda: not shown(reporter))
    assert open_desk.claim(http, offer_id, reporter).json()["type"] == "/problems/offer-does-not-fit"
    assert open_desk.claim(http, offer_id, open_desk.member(http)).status_code == 201


def test_what_tickets_says_that_he_is_under_way_with_cannot_be_given_back(open_desk: Desk, http: httpx.Client) -> None:
    person, offer_id = open_desk.member(http), open_desk.open_offer()
    claim = open_desk.claim(http, offer_id, person).json()
    assigned = open_desk.ticket_event(
        "ticket.assigned", claim["ticket_id"], 4, claim_id=claim["claim_id"], assignee_id=person,
        assignee_kind="member",
    )  # fmt: skip
    open_desk.publishing.send([assigned, assigned])
    url, own = f"/api/v1/claims/{claim['claim_id']}", open_desk.headers(person)
    eventually(lambda: http.get(url, headers=own).json()["state"] == "confirmed")
    assert http.post(f"{url}/withdraw", headers=own).json()["state"] == "withdrawing"
    refused = http.post(f"{url}/withdraw", headers=open_desk.headers(person))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/claim-state")
    declined = open_desk.ticket_event(
        "ticket.withdrawal_declined", claim["ticket_id"], 6, state="on_site", claim_id=claim["claim_id"],
        reason="under-way",
    )  # fmt: skip
    open_desk.publishing.send([declined, declined])
    eventually(lambda: http.get(url, headers=own).json()["state"] == "confirmed")
    refused = http.post(f"{url}/withdraw", headers=open_desk.headers(person))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/claim-under-way")
    assert http.get(url, headers=open_desk.headers(new_id())).status_code == 404
    assert open_desk.published(claim["claim_id"]) == ["claim.won", "claim.withdrawn"]


def test_a_withdrawn_claim_leaves_the_offer_to_another(open_desk: Desk, http: httpx.Client) -> None:
    first, second, offer_id = open_desk.member(http), open_desk.member(http), open_desk.open_offer()
    claim_id = open_desk.claim(http, offer_id, first).json()["claim_id"]
    assert http.post(f"/api/v1/claims/{claim_id}/withdraw", headers=open_desk.headers(second)).status_code == 404
    open_desk.give_back(http, claim_id, first)
    ended = http.get(f"/api/v1/claims/{claim_id}", headers=open_desk.headers(first)).json()
    assert (ended["state"], ended["reason"]) == ("released", "withdrawn")
    assert open_desk.claim(http, offer_id, second).status_code == 201
    assert open_desk.published(claim_id) == ["claim.won", "claim.withdrawn", "claim.released"]


def test_a_declined_claim_is_released_once_however_often_it_is_said(open_desk: Desk, http: httpx.Client) -> None:
    person, offer_id = open_desk.member(http), open_desk.open_offer()
    claim = open_desk.claim(http, offer_id, person).json()
    to_staff = open_desk.ticket_event("ticket.assigned", claim["ticket_id"], 4, claim_id=None)
    declined = open_desk.ticket_event(
        "ticket.claim_declined", claim["ticket_id"], 5, state="assigned", claim_id=claim["claim_id"],
        offer_id=offer_id, reason="not-open",
    )  # fmt: skip
    open_desk.publishing.send([declined, to_staff, declined, to_staff])
    eventually(lambda: open_desk.db["offers"].find_one({"_id": offer_id, "state": "closed", "reason": "assigned"}))
    assert open_desk.published(claim["claim_id"]) == ["claim.won", "claim.released"]
    assert open_desk.db["claims"].find_one({"_id": claim["claim_id"]})["reason"] == "declined"  # type: ignore[index]


def test_an_offer_that_arrives_after_the_assignment_is_never_open(open_desk: Desk, http: httpx.Client) -> None:
    ticket_id = new_id()
    offered = open_desk.offered(ticket_id, 3)
    assigned = open_desk.ticket_event("ticket.assigned", ticket_id, 4, claim_id=None)
    open_desk.publishing.send([assigned, offered, offered])
    offer_id = offered["data"]["offer_id"]
    eventually(lambda: open_desk.db["offers"].find_one({"_id": offer_id, "state": "closed", "reason": "assigned"}))
    refused = open_desk.claim(http, offer_id, open_desk.member(http))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/offer-closed")


def test_a_claim_needs_a_key_and_an_approved_member(open_desk: Desk, http: httpx.Client) -> None:
    offer_id, stranger = open_desk.open_offer(), new_id()
    refused = open_desk.claim(http, offer_id, stranger)
    assert (refused.status_code, refused.json()["type"]) == (403, "/problems/not-a-member")
    keyless = open_desk.tokens.headers(person_id=open_desk.member(http))
    refused = http.post(f"/api/v1/offers/{offer_id}/claims", headers=keyless)
    assert (refused.status_code, refused.json()["type"]) == (400, "/problems/idempotency-key-required")


def test_a_refusal_speaks_the_callers_language(open_desk: Desk, http: httpx.Client) -> None:
    headers = {**open_desk.headers(new_id()), "Accept-Language": "en"}
    english = http.get("/api/v1/offers", headers=headers).json()["title"]
    chinese = http.get("/api/v1/offers", headers={**headers, "Accept-Language": "zh-CN"}).json()["title"]
    assert (english, chinese) == ("Not a member", "不是志愿者")
