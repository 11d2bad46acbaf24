"""How people can be reached, as a request gives it: one check for every form."""

from typing import Any

from marshmallow import ValidationError, fields, validate

from services.chassis.addresses import LONGEST as LONGEST_ADDRESS
from services.chassis.addresses import tidy_address
from services.chassis.http.language import Localized
from services.writing.telephones import LONGEST, normal_telephone

_NOT_A_TELEPHONE = Localized(
    "Not a telephone number: give a mobile number, a landline with its area code (and extension), a 400 or 800 number, "
    "or + and the code of another country.",
    "不是有效的电话号码：请填写手机号码、带区号的固定电话（可带分机）、400 或 800 号码；境外号码以 + 和国家代码开头。",
)

_NOT_MAILABLE = Localized(
    "No mail can be sent to this address: it needs the form name@example.org, with letters a-z, digits and signs "
    "before the @, without spaces, quotes or two dots in a row.",
    "无法向这个地址发送邮件：应为 name@example.org 的形式，@ 之前只能用英文字母、数字和符号，"
    "不能有空格、引号或连续的点。",
)


class Telephone(fields.String):
    """A telephone number however it is written; what is loaded is its one spelling."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            validate=validate.Length(1, LONGEST), metadata={"description": "however it is written"}, **options
        )

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options)
        try:
            return normal_telephone(text)
        except ValueError:
            raise ValidationError(_NOT_A_TELEPHONE) from None


class EmailAddress(fields.String):
    """An address that mail can be sent to; what is loaded is without unseen characters and spaces around it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validate=validate.Length(1, LONGEST_ADDRESS), metadata={"format": "email"}, **options)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> Any:
        text = super()._deserialize(value, attr, data, **options)
        if len(text) > LONGEST_ADDRESS:
            return text  # its validator says so
        try:
            return tidy_address(text)
        except ValueError:
            raise ValidationError(_NOT_MAILABLE) from None
