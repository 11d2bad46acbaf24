"""Telephone numbers: one spelling by which a person is found, however the number was written, and a masked form.

Numbers are those of the mainland's numbering plan (工信部《电信网编号计划》, 2017): mobiles of 11 digits, landlines
of an area code and 7 or 8 digits, 400 and 800 of 10 digits; of other countries what E.164 allows, with + or 00 before
it. Hotlines and service numbers of 3 to 9 digits (12345, 95588) reach nobody in particular: no telephone of a person.
"""

import re

from services.writing.characters import is_dash, plain

LONGEST = 60
"""Characters of a number as it is written, with everything between its digits."""

_MOBILE = re.compile(r"0?(1[3-9]\d{9})", re.ASCII)
_LANDLINE = re.compile(r"0?((?:10|2\d)[2-9]\d{7}|(?![48]00)[3-9]\d\d[2-9]\d{6,7})", re.ASCII)
_SHARED_COST = re.compile(r"[48]00\d{7}", re.ASCII)
_FOREIGN = re.compile(r"[1-9]\d{6,14}", re.ASCII)
_EXTENSION = re.compile(
    r"(?:转|轉|接|分机|,+|;ext=|;|ext(?:ension)?\.?|x|#)[ :-]*(\d{1,6})\Z", re.ASCII | re.IGNORECASE
)
_LAST_GROUP = re.compile(r"(?<=\d)-+(\d{1,6})\Z", re.ASCII)
_COUNTRY = "86"


def normal_telephone(text: str) -> str:
    """13800005678, 01062345678, 4008001234, +85291234567; with an extension 01062345678转801.

    The extension belongs to who is reached: without it the number is somebody else's (the switchboard). Raises
    ValueError for what cannot be a telephone number.
    """
    if len(text) > LONGEST:
        raise ValueError("too long for a telephone number")
    written = _without_decoration(plain(text))
    extension = _EXTENSION.search(written)
    if extension:
        return f"{_whole(written[: extension.start()])}转{extension[1]}"
    last = _LAST_GROUP.search(written)
    if last and (before := _found(written[: last.start()])) and not before.startswith("+"):
        return f"{before}转{last[1]}"
    return _whole(written)


def is_mobile(normal: str) -> bool:
    """Whether a number in its one spelling is a mobile of the mainland, without extension."""
    return len(normal) == 11 and _MOBILE.fullmatch(normal) is not None


def masked_telephone(normal: str) -> str:
    """138****5678; of every other number only the last two digits stay."""
    if _MOBILE.fullmatch(normal):
        return f"{normal[:3]}****{normal[-4:]}"
    return "*" * (len(normal) - 2) + normal[-2:]


def _without_decoration(written: str) -> str:
    """Digits, a leading +, hyphens, and whatever marks an extension; of all dashes and dots a hyphen."""
    hyphened = "".join("-" if is_dash(c) or c in ".·•‧・。" else c for c in written)
    # (0) is dialled within the country only: +44 (0)20 …
    bare = re.sub(r"\(0\)|[ ()\[\]]", "", re.sub(r"(?i)\A *tel:", "", hyphened))
    return bare.strip("-")


def _whole(written: str) -> str:
    number = _found(written)
    if number is None:
        raise ValueError("not a telephone number")
    return number


def _found(written: str) -> str | None:
    """The number without its extension, in the one spelling; None when there is none."""
    digits = written.replace("-", "")
    abroad = re.match(r"\+|00", digits)
    if not abroad:
        return _domestic(digits, "0") or (_domestic(digits[2:], "") if digits.startswith(_COUNTRY) else None)
    digits = digits[abroad.end() :]
    if digits.startswith(_COUNTRY):
        return _domestic(digits[2:], "")
    return f"+{digits}" if _FOREIGN.fullmatch(digits) else None


def _domestic(digits: str, needs: str) -> str | None:
    """`needs`: how a landline must begin; behind the country's code its 0 may be left out, else it may not."""
    if mobile := _MOBILE.fullmatch(digits):
        return mobile[1]
    if digits.startswith(needs) and (landline := _LANDLINE.fullmatch(digits)):
        return f"0{landline[1]}"
    return digits if _SHARED_COST.fullmatch(digits) else None
