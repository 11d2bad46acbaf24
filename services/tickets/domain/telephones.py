"""Telephone numbers: one spelling to find a person by, and a masked form to show."""

import re
import unicodedata

from services.tickets.domain.refused import Refused

_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_LANDLINE = re.compile(r"0[0-9]{9,11}")


def normal_telephone(text: str) -> str:
    """Digits only, without the country's prefix. Raises Refused("telephone-malformed")."""
    digits = re.sub(r"[\s\-()]", "", unicodedata.normalize("NFKC", text))
    digits = re.sub(r"^(\+86|0086)", "", digits)
    if not (_MOBILE.fullmatch(digits) or _LANDLINE.fullmatch(digits)):
        raise Refused("telephone-malformed")
    return digits


def masked_telephone(digits: str) -> str:
    """138****5678; of a landline only the last two digits stay."""
    if _MOBILE.fullmatch(digits):
        return f"{digits[:3]}****{digits[-4:]}"
    return "*" * (len(digits) - 2) + digits[-2:]


def masked_name(name: str) -> str:
    """The first character stays: 王**."""
    return name[:1] + "*" * min(max(len(name) - 1, 1), 2)
