"""Moments in requests."""

from datetime import UTC, datetime
from typing import Any

from marshmallow import ValidationError, fields

from services.chassis.http.language import Localized

_FIRST, _END = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)


class Instant(fields.AwareDateTime):
    """A moment with its time zone, between 1900 and 2200: at the ends of the calendar no zone can be reckoned with."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> datetime:
        moment = super()._deserialize(value, attr, data, **options)
        if not _FIRST <= moment < _END:
            raise ValidationError(Localized("Must lie between 1900 and 2200.", "必须在 1900 年与 2200 年之间。"))
        return moment.astimezone(UTC)
