"""Finding a summary by a part of it, however it was typed."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.bigrams import normal, pattern, sought, tokens

HAN = "路灯不亮坏了楼道东门水管漏"
WORDS = st.lists(
    st.one_of(st.text(HAN, min_size=1, max_size=6), st.text("aB1", min_size=1, max_size=4)), min_size=1, max_size=6
)


def found(part: str, summary: str) -> bool:
    """As the store finds it: every token is there, and the text matches."""
    return (
        bool(sought(part)) and set(sought(part)) <= tokens(summary) and bool(re.search(pattern(part), normal(summary)))
    )


@pytest.mark.parametrize(
    "part", ["路灯", "灯不亮", "东门路灯不亮", "东门", "３号楼", "3号楼", "ＬＥＤ", "led灯泡", "灯泡 LED", "3"]
)
def test_a_part_is_found_in_full_or_half_width_capitals_or_not(part: str) -> None:
    assert found(part, "东门路灯不亮，3号楼，更换 灯泡(led灯泡)")


@pytest.mark.parametrize(
    ("part", "summary"),
    [
        ("3号楼", "13号楼漏水"), ("123", "12345热线"), ("le", "led灯泡"), ("灯亮", "路灯不亮"),
        ("不亮路灯", "路灯不亮不亮"), ("路灯不亮", "路灯亮，灯不灵，不亮"),
    ],
)  # fmt: skip
def test_what_only_looks_like_it_is_not_found(part: str, summary: str) -> None:
    assert not found(part, summary)


@pytest.mark.parametrize("part", ["灯", "灯 亮", "，。", "  ", "!?", "灯，亮"])
def test_what_has_no_two_neighbours_and_no_word_is_nothing_to_search_by(part: str) -> None:
    assert sought(part) == ()


def test_a_character_between_words_is_a_token_of_its_own() -> None:
    assert tokens("A座b门") == {"a", "座", "b", "门"}
    assert sought("A座") == ("a",)
    assert found("A座", "小区A座漏水")


@given(WORDS, st.data())
def test_whatever_is_cut_out_between_words_is_found_again(words: list[str], data: st.DataObject) -> None:
    summary = " ".join(words)
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    part = " ".join(words[first : last + 1])
    assert found(part, summary) or not sought(part)


@given(st.text(max_size=60))
def test_a_normal_text_is_its_own_normal(text: str) -> None:
    assert normal(normal(text)) == normal(text)
    assert tokens(normal(text)) == tokens(text)
    if sought(text):
        assert re.search(pattern(text), normal(text))
