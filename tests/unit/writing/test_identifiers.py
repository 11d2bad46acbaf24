"""What a partner's system calls a case is one thing however it was copied."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.writing.identifiers import identity, tidy


@pytest.mark.parametrize(
    "copied",
    [
        "HX-001",
        "HX-001 ",
        "ＨＸ-001",
        "HX-001\u200b",
        "hx-001",
        "HX\u2013001",
        "\ufeffHX-001",
        "\u3000HX－００１",
        "HX-001\ufe0e",
    ],
    ids=ascii,
)
def test_it_has_one_identity(copied: str) -> None:
    assert identity(copied) == "hx-001"


@pytest.mark.parametrize("other", ["HX001", "HX 001", "HX-0011", "HX-001-", "第HX-001号", "HX_001"])
def test_what_differs_to_the_eye_is_another(other: str) -> None:
    assert identity(other) != "hx-001"


def test_it_is_shown_with_its_letters_as_they_were_given() -> None:
    assert tidy(" ＨＸ-\u200b001\u3000 第一号 ") == "HX-001 第一号"


@given(st.text())
def test_an_identity_is_its_own(text: str) -> None:
    assert identity(identity(text)) == identity(text)
    assert identity(tidy(text)) == identity(text)
