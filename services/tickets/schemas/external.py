"""A case's identity in a partner's system, as requests give it."""

from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError, fields
from marshmallow.validate import Length

from services.chassis.http import Localized
from services.writing.identifiers import tidy

LONGEST = 80
_NOTHING = Localized("Nothing can be seen in it.", "没有可见的字符。")
_TOO_LONG = Localized(f"Longer than {LONGEST} characters.", f"最多 {LONGEST} 个字符。")


class ExternalId(fields.String):
    """Loaded tidy: full width made half, unseen characters and spaces around it gone."""

    def __init__(self, *, validate: Callable[[str], object] | None = None, **options: Any) -> None:
        checks: list[Callable[[str], object]] = [Length(1, LONGEST), *([validate] if validate else [])]
        super().__init__(validate=checks, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options)
        if len(text) > LONGEST:
            raise ValidationError(_TOO_LONG)
        identity = tidy(text)
        if text and not identity:
            raise ValidationError(_NOTHING)
        return identity
