"""The caller's language, and the sentences of marshmallow in Chinese."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import Schema, ValidationError, fields, validate

from services.chassis.http.language import Localized, body_faults, locale_of, spoken


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        (None, "zh-CN"),
        ("", "zh-CN"),
        ("en", "en"),
        ("EN-us", "en"),
        ("zh-TW", "zh-CN"),
        ("en;q=0.8, zh;q=0.9", "zh-CN"),
        ("zh;q=0.1, en;q=0.2", "en"),
        ("en, *", "zh-CN"),
        ("*;q=0.5, en", "en"),
        ("fr, de", "zh-CN"),
        ("en;q=0", "zh-CN"),
        ("en;q=nan", "zh-CN"),
        ("en;level=1", "en"),
        ("english", "zh-CN"),
    ],
)
def test_chinese_unless_english_is_preferred(header: str | None, locale: str) -> None:
    assert locale_of(header) == locale


@given(st.text())
def test_whatever_is_sent_there_is_a_language(header: str) -> None:
    assert locale_of(header) in ("zh-CN", "en")


class Everything(Schema):
    text = fields.String(required=True)
    some = fields.String(validate=validate.Length(2, 3))
    least = fields.String(validate=validate.Length(min=5))
    most = fields.String(validate=validate.Length(max=1))
    exact = fields.String(validate=validate.Length(equal=2))
    number = fields.Integer(validate=validate.Range(1, 9))
    low = fields.Integer(validate=validate.Range(min=5))
    high = fields.Integer(validate=validate.Range(max=5))
    above = fields.Integer(validate=validate.Range(min=5, min_inclusive=False))
    below = fields.Integer(validate=validate.Range(max=5, max_inclusive=False))
    choice = fields.String(validate=validate.OneOf(("a", "b")))
    choices = fields.List(fields.String(), validate=validate.ContainsOnly(("a", "b")))
    equal = fields.Integer(validate=validate.Equal(3))
    pattern = fields.String(validate=validate.Regexp("x"))
    truth = fields.Boolean()
    ratio = fields.Float()
    when = fields.AwareDateTime()
    naive = fields.AwareDateTime()
    day = fields.Date()
    hour = fields.Time()
    identity = fields.UUID()
    mail = fields.Email()
    address = fields.URL()
    mapping = fields.Dict()
    items = fields.List(fields.Integer())
    null = fields.String()
    kind = fields.String()


WRONG = {
    "some": "x", "least": "x", "most": "xx", "exact": "x", "number": 10, "low": 1, "high": 9, "above": 5, "below": 5,
    "choice": "c", "choices": ["c"], "equal": 4, "pattern": "y", "truth": "maybe", "ratio": "x", "when": "yesterday",
    "naive": "2026-01-01T00:00:00", "day": "x", "hour": "x", "identity": "x", "mail": "x", "address": "x",
    "mapping": 1, "items": ["x"], "null": None, "kind": 7, "unknown": 1,
}  # fmt: skip


def test_every_standard_message_is_spoken_in_chinese() -> None:
    with pytest.raises(ValidationError) as refused:
        Everything().load(WRONG)
    errors = {error["pointer"]: error["message"] for error in body_faults(refused.value.messages, "zh-CN")["errors"]}
    assert set(errors) == {f"/{name}" for name in WRONG if name != "items"} | {"/text", "/items/0"}
    english = {
        pointer: text
        for pointer, text in errors.items()
        if re.search(r"[a-zA-Z]{4,}", re.sub(r"true|false|null|UUID|JSON|RFC|YYYY|[A-Z]{2}", "", text))
    }
    assert english == {}
    assert errors["/number"] == "必须在 1 与 9 之间。"
    assert errors["/choice"] == "必须是以下之一：a, b。"


def test_english_stays_as_marshmallow_says_it() -> None:
    assert spoken("Not a valid integer.", "en") == "Not a valid integer."


def test_our_own_messages_have_both_languages_and_their_figures() -> None:
    message = Localized("At most {max}.", "最多 {max}。").format(max=3)
    assert spoken(message, "en") == "At most 3."
    assert spoken(message, "zh-CN") == "最多 3。"


def test_pointers_escape_what_json_pointers_escape() -> None:
    assert body_faults({"a/b": {"c~d": ["x"]}}, "en")["errors"] == [{"pointer": "/a~1b/c~0d", "message": "x"}]
    assert body_faults({"_schema": ["x"]}, "en")["errors"] == [{"pointer": "", "message": "x"}]


def test_a_flood_of_errors_is_cut() -> None:
    assert len(body_faults({str(number): ["x"] for number in range(1000)}, "en")["errors"]) == 50
