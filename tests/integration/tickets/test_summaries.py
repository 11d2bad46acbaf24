"""The few words in which lists show a matter are not rewritten by who accepts it: what stood there would be gone."""

from uuid import uuid4

from tests.integration.tickets.conftest import CADRE, HEAD, RESIDENT, WORKER, House, done, refused

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


def test_who_merely_reported_it_is_not_shown_what_staff_wrote_of_it_for_themselves(house: House) -> None:
    """It may be about another who reported the same, before he came or after he left."""
    words = f"甲家老人走失 {uuid4().hex[:12]}"
    ticket = house.filed(RESIDENT)
    done(house.do(ticket, "accept", WORKER, {"summary": words}))
    shown = {who: done(house.get(f"/api/v1/tickets/{ticket['id']}", who))["summary"] for who in (RESIDENT, WORKER)}
    assert shown == {RESIDENT: None, WORKER: words}
    found = {who: done(house.get("/api/v1/tickets", who, text=words))["items"] for who in (RESIDENT, WORKER)}
    assert [len(found[who]) for who in (RESIDENT, WORKER)] == [0, 1]
    table = {who: house.get("/api/v1/tickets/export", who, mine=mine).text
             for who, mine in ((RESIDENT, "true"), (WORKER, "false"))}  # fmt: skip
    assert ticket["number"] in table[RESIDENT]
    assert [words in table[who] for who in (RESIDENT, WORKER)] == [False, True]


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
