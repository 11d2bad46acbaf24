"""The list as a file for spreadsheets."""

import csv
import io
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from services.tickets.api.export import COLUMNS
from services.tickets.files.cells import harmless
from tests.integration.tickets.conftest import ELSEWHERE, GRID, RESIDENT, WORKER, House, done, refused
from tests.support.words import a_code

EXPORT = "/api/v1/tickets/export"


def rows_of(answer: httpx.Response) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.content.startswith(b"\xef\xbb\xbf"), "Excel knows UTF-8 by its mark"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def export(house: House, person: str = WORKER, language: str = "en", **asked: Any) -> httpx.Response:
    return house.api.http.get(EXPORT, params=asked, headers={**house.headers(person), "Accept-Language": language})


def test_it_has_what_the_list_has_in_the_callers_language(house: House) -> None:
    category = a_code()
    ticket = house.filed(
        WORKER, category=category, summary='门口"堆放", 杂物', reporter={"name": "王小明", "telephone": "13800009999"},
        description="very private words", address="a private door",
    )  # fmt: skip
    answer = export(house, category=category)
    (row,) = rows_of(answer)
    assert (row["Number"], row["State"], row["Summary"]) == (ticket["number"], "filed", '门口"堆放", 杂物')
    local = house.stored(ticket)["recorded_at"].astimezone(ZoneInfo("Asia/Shanghai"))
    assert row["Recorded at"] == f"{local:%Y-%m-%d %H:%M:%S}"
    (chinese,) = rows_of(export(house, language="zh-CN", category=category))
    assert (chinese["工单编号"], chinese["状态"], chinese["颜色"]) == (ticket["number"], "待受理", "绿")
    for secret in ("王", "138", "private"):
        assert secret not in answer.text
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="tickets-2026')


@pytest.mark.parametrize("written", ["=1+1", "+86", "-2", "@SUM(A1)", "＝1+1", "＠x"])
def test_no_cell_is_taken_for_a_formula(house: House, written: str) -> None:
    category = a_code()
    house.filed(
        WORKER, category=category, summary=written, external_refs=[{"system": "x", "id": f"{written}{category}"}]
    )
    (row,) = rows_of(export(house, category=category))
    assert row["Summary"] == f"'{written}"
    assert not any(cell.startswith(("=", "+", "-", "@", "＝", "＠")) for cell in row.values())


@pytest.mark.parametrize("cell", ["\t=1", "\r=1", "\n=1", " =1", "\ufeff=1", "\u200b-1", "\u3000@x"])
def test_nor_one_that_begins_with_what_is_not_seen(cell: str) -> None:
    assert harmless(cell) == f"'{cell}"
    assert harmless("a=1") == "a=1"


@pytest.mark.parametrize("sort", ["newest", "due"])
def test_a_long_list_goes_on_in_the_next_file(house: House, sort: str) -> None:
    category = a_code()
    for _ in range(5):
        house.filed(WORKER, category=category)
    shown = done(house.get("/api/v1/tickets", WORKER, category=category, sort=sort))["items"]
    seen: list[str] = []
    cursor: dict[str, str] = {}
    for _ in range(3):
        answer = export(house, category=category, sort=sort, limit=2, **cursor)
        seen += [row["Number"] for row in rows_of(answer)]
        cursor = {"cursor": answer.headers.get("Next-Cursor", "")}
    assert seen == [ticket["number"] for ticket in shown]
    assert cursor == {"cursor": ""}, "the last file says so"


def test_bad_input_and_another_area_are_refused_as_in_the_list(house: House) -> None:
    refused(export(house, limit=5_001), 422, "invalid-input")
    refused(export(house, colour="blue"), 422, "invalid-input")
    refused(export(house, area=ELSEWHERE), 404, "not-found")
    refused(house.api.http.get(EXPORT), 401, "authentication-required")
    refused(export(house, cursor="x"), 400, "bad-cursor")


def test_a_resident_takes_along_their_own_only(house: House) -> None:
    own, other = house.filed(), house.filed(WORKER)
    numbers = [row["Number"] for row in rows_of(export(house, RESIDENT))]
    assert own["number"] in numbers
    assert other["number"] not in numbers


def test_its_columns_are_all_in_the_list(house: House) -> None:
    house.filed()
    (ticket, *_) = done(house.get("/api/v1/tickets", WORKER, area=GRID))["items"]
    assert {name for name, _, _ in COLUMNS} <= set(ticket)
