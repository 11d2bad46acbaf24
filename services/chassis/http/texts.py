"""Free text in requests."""

from marshmallow import ValidationError

from services.chassis.http.language import Localized
from services.writing.characters import plain

_NOTHING = Localized("Nothing can be seen in it.", "没有可见的字符。")


def legible(text: str) -> None:
    """Refuse what looks empty: a reason of spaces is none. Raises ValidationError, but not for the empty text."""
    if text and not plain(text).strip():
        raise ValidationError(_NOTHING)
