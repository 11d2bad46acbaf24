"""Texts that are kept, listed or published in clear: no number of a person may stand in one."""

from marshmallow import ValidationError

from services.chassis.http import Localized
from services.writing.personal import holds_identity_card, holds_landline, holds_long_number, holds_mobile

_LONGEST = 200
"""Characters; every text that is shown in clear is shorter, and what is longer is refused for that alone."""
_NO_TELEPHONE = Localized("Must not hold a telephone number.", "不能含有电话号码。")
_NO_LONG_NUMBER = Localized("Must not hold four digits in a row.", "不能含有四位及以上的连续数字。")
_NO_IDENTITY_CARD = Localized("Must not hold the number of an identity card.", "不能含有身份证号码。")


def without_personal_numbers(text: str) -> None:
    """An office's landline may be told to everybody: names of posts, departments and services may hold one."""
    if len(text) > _LONGEST:
        return
    if holds_mobile(text):
        raise ValidationError(_NO_TELEPHONE)
    if holds_identity_card(text):
        raise ValidationError(_NO_IDENTITY_CARD)


def impersonal_code(code: str) -> None:
    """A code that programs read and everybody sees: no person's number, nor a part of one."""
    without_any_telephone(code)
    if holds_long_number(code):
        raise ValidationError(_NO_LONG_NUMBER)


def without_any_telephone(text: str) -> None:
    """In what is said of residents and their organisations a landline is somebody's home or desk as well."""
    without_personal_numbers(text)
    if len(text) <= _LONGEST and holds_landline(text):
        raise ValidationError(_NO_TELEPHONE)
