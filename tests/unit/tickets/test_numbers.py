"""A number that survives the telephone."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets.domain.numbers import looks_like_number, new_number, parse_number
from services.tickets.domain.refused import Refused
from services.tickets.domain.telephones import normal_telephone
from services.writing.telephones import masked_telephone

numbers = st.builds(
    lambda day, drawn: new_number(day, lambda below: drawn), st.dates(date(2026, 1, 1)), st.integers(0, 999_999)
)


@given(numbers)
def test_a_number_reads_back_as_itself(number: str) -> None:
    assert parse_number(number) == number


@given(numbers, st.integers(0, 12), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(number: str, place: int, by: int) -> None:
    digits = number.replace("-", "")
    wrong = digits[:place] + str((int(digits[place]) + by) % 10) + digits[place + 1 :]
    with pytest.raises(Refused, match="number-check-digit"):
        parse_number(wrong)


@given(numbers, st.integers(0, 11))
def test_every_swap_of_neighbours_is_found(number: str, place: int) -> None:
    digits = number.replace("-", "")
    if digits[place] == digits[place + 1]:
        return
    wrong = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    with pytest.raises(Refused, match="number-check-digit"):
        parse_number(wrong)


def test_people_type_numbers_in_many_ways() -> None:
    number = new_number(date(2026, 11, 22), lambda below: 482_139)
    digits = number.replace("-", "")
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in digits)
    pasted = f"\u202d{number}\u202c\u200b"
    for typed in (digits, f" {digits[:6]} {digits[6:]} ", wide, number.replace("-", "\u2013"), pasted):
        assert parse_number(typed) == number


@pytest.mark.parametrize("typed", ["", "261122", "261122-482-13900", "26112x-482-1390", "二61122-482-1390"])
def test_what_is_no_number_at_all_says_so(typed: str) -> None:
    with pytest.raises(Refused, match="number-malformed"):
        parse_number(typed)


def test_an_identity_is_not_mistaken_for_a_number() -> None:
    assert not looks_like_number("01920c5e-0000-7000-8000-000000000001")
    assert not looks_like_number("01920050-0000-7000-8000-000000000001")


@pytest.mark.parametrize("typed", ["13800005678", "+86 138 0000 5678", "138-0000-5678", "1３800005678"])
def test_a_telephone_number_has_one_spelling(typed: str) -> None:
    assert normal_telephone(typed) == "13800005678"


@pytest.mark.parametrize("typed", ["", "110", "23800005678", "1380000567", "138000056789", "call me"])
def test_what_is_no_telephone_number_is_refused(typed: str) -> None:
    with pytest.raises(Refused, match="telephone-malformed"):
        normal_telephone(typed)


def test_masks_leave_enough_to_recognise_and_too_little_to_reach() -> None:
    assert masked_telephone("13800005678") == "138****5678"
    assert masked_telephone("03500000078") == "*********78"
