"""Telephone numbers of reporters in the one spelling by which they are found."""

from services.tickets.domain.refused import Refused
from services.writing import telephones


def normal_telephone(text: str) -> str:
    """The one spelling by which a person is found. Raises Refused("telephone-malformed")."""
    try:
        return telephones.normal_telephone(text)
    except ValueError:
        raise Refused("telephone-malformed") from None
