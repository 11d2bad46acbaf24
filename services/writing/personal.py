"""Numbers that belong to a person, found in a text that everybody may read.

What is looked for is the slip of somebody who copies a number, not the wit of somebody who hides one: digits in any
width, whatever spaces, hyphens, dots, marks and unseen characters stand between them, with or without the country's
code.
Dates, ticket numbers, house numbers and hotlines (12345, 400…) are no such numbers.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from services.writing.characters import is_dash, plain, without_marks

_MOBILE = re.compile(r"(?:(?:00)?86)?0?1[3-9]\d{9}", re.ASCII)
_LANDLINE = re.compile(r"(?:(?:(?:00)?86)?0|(?:00)?86)(?:(?:10|2\d)[2-9]\d{7}|[3-9]\d\d[2-9]\d{6,7})", re.ASCII)
_IDENTITY = re.compile(r"[1-9]\d{9}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]", re.ASCII)
"""With a month and a day in it; `_checks` says the rest."""
_LONG = re.compile(r"\d{4}", re.ASCII)
_GROUP = re.compile(r"\d+(?:[Xx](?![A-Za-z0-9]))?", re.ASCII)
_SEPARATORS = frozenset(" -+.·•‧・()[]_/|~:*")
_MOST_BETWEEN = 4
"""Characters between two groups of one number: " - (" and the like."""
_MOST_DIGITS = 18
_FEWEST_DIGITS = 11
"""Of a mobile, and of a landline with its area code."""
_FIRST_OF_MIXED = 3
"""Digits that a number begins with when its groups are parted in different ways; 13-2-501 12345 is a door and a
hotline, 138-1234 0002 a mobile."""
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECK = "10X98765432"


def holds_mobile(text: str) -> bool:
    """Whether a mobile number stands in it."""
    return _holds(text, _MOBILE, lambda digits: bool(_MOBILE.fullmatch(digits.rstrip("Xx"))))


def holds_landline(text: str) -> bool:
    """Whether a landline with its area code stands in it."""
    return _holds(text, _LANDLINE, lambda digits: bool(_LANDLINE.fullmatch(digits.rstrip("Xx"))))


def holds_identity_card(text: str) -> bool:
    """Whether the number of an identity card stands in it: 18 digits with a date of birth and the check digit that
    GB 11643-1999 asks for.
    """
    return _holds(text, _IDENTITY, lambda digits: bool(_IDENTITY.fullmatch(digits)) and _checks(digits))


def holds_long_number(text: str) -> bool:
    """Whether four digits or more stand in a row, with nothing between: no code needs them, and telephones are full
    of them."""
    return bool(_LONG.search(without_marks(plain(text))))


def _holds(text: str, pattern: re.Pattern[str], looked_for: Callable[[str], bool]) -> bool:
    """Whether the digits of a stretch of neighbouring groups that may be meant as one number are what is looked for."""
    return any(looked_for(digits) and _is_one_number(groups) for digits, groups in _stretches(text, pattern))


def _stretches(text: str, pattern: re.Pattern[str]) -> Iterator[tuple[str, Sequence[tuple[str, str]]]]:
    """The digits of neighbouring groups, and those groups; where all digits together hold no `pattern`, no part does,
    and looking at each would take a hundred times as long."""
    for run in _runs(without_marks(plain(text))):
        if not pattern.search("".join(group for _, group in run)):
            continue
        for first in range(len(run)):
            digits = ""
            for last in range(first, len(run)):
                digits += run[last][1]
                if len(digits) > _MOST_DIGITS:
                    break
                if len(digits) >= _FEWEST_DIGITS:
                    yield digits, run[first : last + 1]


def _is_one_number(groups: Sequence[tuple[str, str]]) -> bool:
    if len(groups) == 1:
        return True
    before, *parted = [between.strip() or " " for between, _ in groups]
    if before == parted[0] == "-":  # goes on with something longer: 138 of a ticket's number 261122-138-1390
        return False
    return len(set(parted)) == 1 or len(groups[0][1]) >= _FIRST_OF_MIXED or all(len(group) == 1 for _, group in groups)


def _runs(text: str) -> Iterator[list[tuple[str, str]]]:
    """Groups of digits with only separators between; each with what stands before it."""
    dashed = "".join("-" if is_dash(character) else character for character in text)
    run: list[tuple[str, str]] = []
    end = 0
    for group in _GROUP.finditer(dashed):
        between = dashed[end : group.start()] if run else ""
        if len(between) > _MOST_BETWEEN or not set(between) <= _SEPARATORS:
            yield run
            run, between = [], ""
        run.append((between, group[0]))
        end = group.end()
    if run:
        yield run


def _checks(digits: str) -> bool:
    try:
        date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=False))
    return digits[0] != "0" and _CHECK[total % 11] == digits[17].upper()
