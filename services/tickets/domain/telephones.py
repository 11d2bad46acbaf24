"""Telephone numbers and names of reporters, as staff may see them."""

from services.tickets.domain.refused import Refused
from services.writing import telephones


def normal_telephone(text: str) -> str:
    """The one spelling by which a person is found. Raises Refused("telephone-malformed")."""
    try:
        return telephones.normal_telephone(text)
    except ValueError:
        raise Refused("telephone-malformed") from None


def masked_name(name: str) -> str:
    """The first character stays: 王**."""
    return name[:1] + "*" * min(max(len(name) - 1, 1), 2)
