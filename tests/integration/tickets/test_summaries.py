"""The few words in which lists show a matter are not rewritten by who accepts it: what stood there would be gone."""

from uuid import uuid4

from tests.integration.tickets.conftest import CADRE, HEAD, RESIDENT, VOLUNTEER, WORKER, Document, House, done, refused

WORDS = "三楼煤气味，第三次反映"


def test_who_accepts_it_does_not_rewrite_what_who_filed_it_wrote(house: House) -> None:
    said = {"channel": "desk", "summary": WORDS}
    ticket = done(house.file(CADRE, **said), 201)
    refused(house.do(ticket, "accept", WORKER, {"summary": "测试，请忽略"}), 409, "summary-stands")
    assert house.stored(ticket)["summary"] == WORDS
    assert done(house.do(ticket, "accept", WORKER))["summary"] == WORDS


def test_he_repeats_it_and_who_filed_it_puts_it_otherwise(house: House) -> None:
    said = {"channel": "desk", "summary": WORDS}
    repeated, own = (done(house.file(CADRE, **said), 201) for _ in range(2))
    assert done(house.do(repeated, "accept", WORKER, {"summary": WORDS}))["summary"] == WORDS
    assert done(house.do(own, "accept", CADRE, {"summary": "煤气味"}))["summary"] == "煤气味"


def test_where_nobody_wrote_any_who_accepts_it_does(house: House) -> None:
    assert done(house.do(house.filed(), "accept", WORKER, {"summary": "灯坏了"}))["summary"] == "灯坏了"


def shown(house: House, ticket: Document, words: str, who: str) -> tuple[bool, bool, bool]:
    """Whether he reads these words: in the ticket, by searching for them, in a table that he takes along."""
    mine = str(who not in (WORKER, HEAD)).lower()
    found = done(house.get("/api/v1/tickets", who, text=words))["items"]
    table = house.get("/api/v1/tickets/export", who, mine=mine, category="care").text
    assert ticket["number"] in table
    return done(house.get(f"/api/v1/tickets/{ticket['id']}", who))["summary"] == words, bool(found), words in table


ALL, NOTHING = (True, True, True), (False, False, False)


def test_what_staff_wrote_is_for_who_alone_reported_it_and_for_none_of_several(house: House) -> None:
    """It may be about another, before he came or after he left."""
    words = f"甲家老人走失 {uuid4().hex[:12]}"
    ticket = house.filed(RESIDENT, kind="wish", category="care")
    done(house.do(ticket, "accept", WORKER, {"summary": words}))
    assert [shown(house, ticket, words, who) for who in (RESIDENT, WORKER)] == [ALL, ALL]
    same = house.filed(VOLUNTEER, kind="wish", category="care")
    done(house.do(same, "merge", HEAD, {"into": ticket["id"]}))
    assert [shown(house, ticket, words, who) for who in (RESIDENT, VOLUNTEER, WORKER)] == [NOTHING, NOTHING, ALL]
    done(house.do(ticket, "cancel", RESIDENT))
    assert [shown(house, ticket, words, who) for who in (RESIDENT, VOLUNTEER, WORKER)] == [NOTHING, NOTHING, ALL]


def test_a_merged_reporter_sees_no_reference_of_anothers_report(house: House) -> None:
    refs = [{"system": "x", "id": uuid4().hex}]
    main = done(
        house.file(
            WORKER,
            kind="wish",
            reporter={"name": "Mei", "telephone": "19000030019"},
            external_refs=refs,
            category="care",
        ),
        201,
    )
    same = house.filed(RESIDENT, kind="wish", category="care")
    done(house.do(same, "merge", HEAD, {"into": main["id"]}))
    seen = {who: done(house.get(f"/api/v1/tickets/{main['id']}", who))["external_refs"] for who in (RESIDENT, WORKER)}
    assert seen == {RESIDENT: [], WORKER: refs}
    by_it = {"external_system": "x", "external_id": refs[0]["id"]}
    found = {who: done(house.get("/api/v1/tickets", who, **by_it))["items"] for who in (RESIDENT, WORKER)}
    assert {who: len(items) for who, items in found.items()} == {RESIDENT: 0, WORKER: 1}
