"""Free text in requests."""

from marshmallow import ValidationError

from services.chassis.http.language import Localized
from services.writing.characters import is_name, is_seen

_NOTHING = Localized("Nothing can be seen in it.", "没有可见的字符。")

_NO_NAME = Localized("Must stand on one line, without unseen characters.", "应写在一行内，不能有看不见的字符。")


def legible(text: str) -> None:
    """Refuse what looks empty: a reason of spaces is none. Raises ValidationError, but not for the empty text."""
    if text and not is_seen(text):
        raise ValidationError(_NOTHING)


def seen_name(text: str) -> None:
    """Refuse what is no name that people can tell from another. Raises ValidationError, but not for the empty text."""
    legible(text)
    if text and not is_name(text):
        raise ValidationError(_NO_NAME)
