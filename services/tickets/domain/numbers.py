"""A ticket's number, to be read over the telephone: local date, six random digits, a check digit (261122-482-1390)."""

from collections.abc import Callable
from datetime import date

from services.tickets.domain.refused import Refused
from services.writing.characters import is_dash, plain

_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)
"""Damm's quasigroup of order 10: finds every wrong digit and every swap of neighbours (H. M. Damm, 2004)."""

_DIGITS = 13


def new_number(day: date, random_below: Callable[[int], int]) -> str:
    digits = f"{day:%y%m%d}{random_below(1_000_000):06d}"
    return written(digits + str(check_digit(digits)))


def parse_number(text: str) -> str:
    """The number as it is written, from how somebody typed it (spaces, other dashes, full-width digits).

    Raises Refused("number-malformed") or Refused("number-check-digit").
    """
    digits = _bare(text)
    if len(digits) != _DIGITS or not (digits.isascii() and digits.isdigit()):
        raise Refused("number-malformed")
    if _interim(digits) != 0:
        raise Refused("number-check-digit")
    return written(digits)


def looks_like_number(text: str) -> bool:
    """Whether `text` can only be meant as a number (and not as an identifier)."""
    bare = _bare(text)
    return bare.isascii() and bare.isdigit() and len(bare) < 20


def _bare(text: str) -> str:
    return "".join(c for c in plain(text) if c not in " ." and not is_dash(c))


def check_digit(digits: str) -> int:
    return _interim(digits)


def written(digits: str) -> str:
    return f"{digits[:6]}-{digits[6:9]}-{digits[9:]}"


def _interim(digits: str) -> int:
    interim = 0
    for digit in digits:
        interim = _DAMM[interim][int(digit)]
    return interim
