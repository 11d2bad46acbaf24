"""The few words in which lists show a matter are not rewritten by who accepts it: what stood there would be gone."""

from tests.integration.tickets.conftest import CADRE, WORKER, House, done, refused

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
