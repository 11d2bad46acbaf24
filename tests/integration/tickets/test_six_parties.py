"""The six-party register of a compound (1+6+N, report 003): defined as a whole, missing parties told."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.integration.tickets.conftest import (
    CADRE,
    COMMUNITY,
    ELSEWHERE,
    RESIDENT,
    WORKER,
    Document,
    House,
    done,
    refused,
)

SIX = ("community_committee", "compound_branch", "owners_committee", "property_company", "partner_units",
       "member_volunteers")  # fmt: skip
FULL = {party: [{"name": f"{party} of the compound"}] for party in SIX}


@pytest.fixture
def compound(house: House) -> str:
    """One of the community's, with no register."""
    house.db["six_parties"].delete_many({})
    found = done(house.get("/api/v1/areas", None, under=COMMUNITY, level="compound"))["items"]
    return str(found[0]["id"])


def seen(house: House, compound: str, person: str = WORKER) -> httpx.Response:
    return house.get(f"/api/v1/compounds/{compound}/parties", person)


def define(house: House, compound: str, parties: Any, person: str = CADRE, match: str | None = '"0"') -> httpx.Response:
    headers = house.headers(person, **({"If-Match": match} if match else {}))
    return house.api.http.put(f"/api/v1/compounds/{compound}/parties", json={"parties": parties}, headers=headers)


def listed(house: House, **params: Any) -> list[Document]:
    items: list[Document] = done(house.get("/api/v1/compounds/parties", CADRE, area=COMMUNITY, **params))["items"]
    return items


def test_a_register_that_nobody_defined_misses_all_six(house: House, compound: str) -> None:
    answer = seen(house, compound)
    register = done(answer)
    assert (answer.headers["ETag"], register["missing"], register["defined_at"]) == ('"0"', list(SIX), None)
    assert [one["party"] for one in register["parties"]] == [*SIX, "others"]


def test_each_party_is_filled_by_organisations_and_what_is_missing_is_told(house: House, compound: str) -> None:
    units = [{"name": "住建局", "contact_id": CADRE}, {"name": "公安局"}]
    some = {"partner_units": units, "others": [{"name": "暖新驿站"}], "owners_committee": []}
    answer = define(house, compound, some)
    register = done(answer)
    assert answer.headers["ETag"] == '"1"'
    assert register["missing"] == [party for party in SIX if party != "partner_units"]
    assert register["parties"][4]["organisations"] == [units[0], {"name": "公安局", "contact_id": None}]
    assert register["defined_by"] == CADRE
    whole = done(define(house, compound, FULL, match='"1"'))
    assert (whole["missing"], whole["parties"][6]["organisations"]) == ([], []), "a register is defined as a whole"
    assert done(seen(house, compound)) == whole


def test_who_rewrites_it_is_on_record_with_how_much_of_each_party_he_left_out(house: House, compound: str) -> None:
    one, other = {"name": "阳光物业", "contact_id": WORKER}, {"name": "月亮物业", "contact_id": CADRE}
    done(define(house, compound, {"property_company": [one], "others": [{"name": "暖新驿站"}]}))
    done(define(house, compound, {"property_company": [other]}, match="*"))
    (*_, act) = house.db["acts"].find({"action": "parties-defined", "subject": compound}).sort("at", 1)
    assert act["detail"]["left_out"] == {"parties": {"property_company": 1, "others": 1}, "contacts": [WORKER]}
    assert act["detail"]["taken_in"] == {"parties": {"property_company": 1}, "contacts": [CADRE]}
    assert "物业" not in str(act), "no words"


def test_compounds_with_missing_parties_are_listed_in_pages(house: House, compound: str) -> None:
    done(define(house, compound, FULL))
    everywhere = [one["compound_id"] for one in listed(house, limit=200)]
    incomplete = [one["compound_id"] for one in listed(house, limit=200, incomplete="true")]
    assert incomplete == [id for id in everywhere if id != compound]
    page = done(house.get("/api/v1/compounds/parties", CADRE, area=COMMUNITY, incomplete="true", limit=2))
    rest = listed(house, incomplete="true", limit=200, cursor=page["next"])
    assert [one["compound_id"] for one in (*page["items"], *rest)] == incomplete


def test_a_list_says_how_many_without_their_names(house: House, compound: str) -> None:
    """A hundred full registers made one page of 8 MB, and thirty readers of it held everybody up."""
    many = [{"name": f"{number:02} " + "驻" * 55, "contact_id": CADRE} for number in range(50)]
    done(define(house, compound, {**dict.fromkeys(SIX[1:], many), "others": many[:3]}))
    answer = house.get("/api/v1/compounds/parties", CADRE, area=COMMUNITY, limit=200)
    found = next(one for one in done(answer)["items"] if one["compound_id"] == compound)
    assert [one["number"] for one in found["parties"]] == [0, *[50] * 5, 3]
    assert (found["missing"], found["defined_by"]) == ([SIX[0]], CADRE)
    assert "驻驻" not in answer.text
    assert len(done(seen(house, compound))["parties"][1]["organisations"]) == 50


def test_who_has_not_seen_the_present_register_does_not_change_it(house: House, compound: str) -> None:
    refused(define(house, compound, FULL, match=None), 428, "if-match-required")
    done(define(house, compound, FULL))
    refused(define(house, compound, {}), 412, "stale")
    assert done(seen(house, compound))["missing"] == []


def test_of_two_who_define_it_at_once_one_is_told(house: House, compound: str) -> None:
    with ThreadPoolExecutor(2) as hands:
        answers = list(hands.map(lambda parties: define(house, compound, parties), (FULL, {})))
    assert sorted(answer.status_code for answer in answers) == [200, 412]
    winner = next(answer for answer in answers if answer.status_code == 200)
    assert done(seen(house, compound))["missing"] == winner.json()["missing"]


@pytest.mark.parametrize(
    ("parties", "pointer"),
    [
        ({"seventh": []}, "/parties/seventh"), ({"others": [{"name": ""}]}, "/parties/others/0/name"),
        ({"others": [{"name": "物业 138 0000 0000"}]}, "/parties/others/0/name"),
        ({"others": [{"name": "物业", "telephone": "1"}]}, "/parties/others/0/telephone"),
        ({"others": [{"name": "物业", "contact_id": "王小明"}]}, "/parties/others/0/contact_id"),
        ({"others": [{"name": str(n)} for n in range(51)]}, "/parties/others"),
    ],
)  # fmt: skip
def test_a_wrong_register_is_refused_by_field_and_changes_nothing(
    house: House, compound: str, parties: Any, pointer: str
) -> None:
    body = refused(define(house, compound, parties), 422, "invalid-input")
    assert [error["pointer"] for error in body["errors"]] == [pointer]
    assert house.db["six_parties"].count_documents({}) == 0


def test_only_offices_over_a_compound_define_its_register_and_only_staff_see_it(house: House, compound: str) -> None:
    refused(define(house, compound, FULL, WORKER), 403, "not-allowed")
    refused(seen(house, compound, RESIDENT), 403, "not-allowed")
    refused(house.get("/api/v1/compounds/parties", CADRE, area=ELSEWHERE), 404, "not-found")
    refused(seen(house, "grid-001"), 404, "not-found")
