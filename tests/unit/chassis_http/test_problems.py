"""Problems: a stable type, both languages, and never the text of an unknown error."""

from datetime import UTC, datetime
from string import Formatter

import pytest

from services.chassis.http.problems import CHASSIS_PROBLEMS, Catalog, Problem, ProblemType, document

FULL = ProblemType(
    "shelf-full", 409, "书架已满", "Shelf full", "{shelf} 最多 {most} 本。", "At most {most} on {shelf}."
)


class Refused(Exception):
    """As a domain raises it: a slug and parameters, nothing of HTTP."""

    slug = "shelf-full"
    params = {"most": 3, "shelf": "A", "status": 200, "since": datetime(2026, 1, 1, tzinfo=UTC)}


def test_what_a_domain_refuses_is_rendered_with_its_parameters() -> None:
    error = Refused()
    kind = Catalog([FULL]).find(error)
    assert kind is FULL
    assert document(kind, error.params, "en", "abc") == {
        "type": "/problems/shelf-full",
        "title": "Shelf full",
        "status": 409,
        "detail": "At most 3 on A.",
        "instance": "urn:correlation:abc",
        "most": 3,
        "shelf": "A",
        "since": "2026-01-01T00:00:00+00:00",
    }


def test_in_chinese_too() -> None:
    found = document(FULL, {"most": 3, "shelf": ["甲", "乙"]}, "zh-CN", None)
    assert (found["title"], found["detail"]) == ("书架已满", "甲、乙 最多 3 本。")


def test_a_list_without_anything_in_it_is_said_in_a_word() -> None:
    assert document(FULL, {"most": 3, "shelf": []}, "zh-CN", None)["detail"] == "无 最多 3 本。"
    assert document(FULL, {"most": 3, "shelf": []}, "en", None)["detail"] == "At most 3 on none."


def test_a_missing_parameter_does_not_turn_a_refusal_into_a_crash() -> None:
    assert document(FULL, {}, "en", None)["detail"] == "At most … on …."


@pytest.mark.parametrize("error", [ValueError("13800000000"), Problem("never-declared")])
def test_what_nobody_declared_has_no_type(error: Exception) -> None:
    assert Catalog([FULL]).find(error) is None


def test_a_slug_is_declared_once() -> None:
    with pytest.raises(ValueError, match="twice"):
        Catalog([ProblemType("not-found", 404, "", "", "", "")])


@pytest.mark.parametrize("kind", CHASSIS_PROBLEMS, ids=lambda kind: kind.slug)
def test_both_languages_name_the_same_figures(kind: ProblemType) -> None:
    def names(template: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(template) if name}

    assert names(kind.detail_zh) == names(kind.detail_en)
    assert 400 <= kind.status < 600
