"""What is shown of a name or an address to who may not read it."""

import pytest

from services.writing.masks import masked_email, masked_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("王小明", "王**"), ("王五", "王*"), ("欧阳小明", "欧**"), ("Li Wei", "L**"), ("Al", "A*"),
        ("王", "*"), ("Q", "*"), (" 王 ", "*"), ("王.", "**"), ("王*", "**"), ("𠮷", "*"), ("e\u0301", "**"),
    ],
)  # fmt: skip
def test_of_a_name_its_first_character_stays_unless_that_is_all_of_it(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [("xiaohong@example.org", "x***@example.org"), ("ab@example.org", "a***@example.org"),
     ("a@example.org", "***@example.org")],
)  # fmt: skip
def test_of_an_address_the_first_character_stays_unless_that_is_all_before_the_at(address: str, shown: str) -> None:
    assert masked_email(address) == shown
