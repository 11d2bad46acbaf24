"""Shapes of requests and answers."""

from marshmallow import Schema, fields, validate

from services.accounts.domain.account import MOST_GRANTS
from services.accounts.domain.roles import ROLES
from services.accounts.domain.secrets import LONGEST_LOGIN, LONGEST_PASSWORD
from services.chassis.http import EmailAddress, Localized, Telephone, page_of, seen_name
from services.chassis.http.secrets import chosen, made

_AREA_PATH = validate.Regexp(
    r"/(?:[a-z0-9-]{1,64}/){1,12}\Z",
    error=Localized("Must be an area path such as /county/street/.", "必须是区域路径，如 /county/street/。"),
)


def _login() -> fields.String:
    return fields.String(
        required=True,
        validate=validate.Length(1, 4 * LONGEST_LOGIN),
        metadata={"description": "a name, telephone number or e-mail address; case does not matter"},
    )


def _password(**more: str) -> fields.String:
    return fields.String(
        required=True, validate=validate.Length(1, LONGEST_PASSWORD), load_only=True, metadata=chosen(**more)
    )


def _area_path(description: str) -> fields.String:
    return fields.String(required=True, validate=_AREA_PATH, metadata={"description": description})


class SignIn(Schema):
    login = _login()
    password = _password()


class KeyExchange(Schema):
    api_key = fields.String(required=True, validate=validate.Length(1, 200), metadata=made(description="dk_…"))


class TokenOut(Schema):
    token = fields.String(required=True, metadata={"description": "JWT, for the header Authorization: Bearer"})
    token_type = fields.Constant("Bearer")
    expires_at = fields.AwareDateTime(required=True)
    person_id = fields.String(required=True)


class Grant(Schema):
    role = fields.String(required=True, validate=validate.OneOf(ROLES))
    area_path = _area_path("the role holds here and for everything beneath")


class Contact(Schema):
    """Kept sealed; told to notifications alone."""

    name = fields.String(allow_none=True, load_default=None, validate=[validate.Length(1, 50), seen_name])
    telephone = Telephone(allow_none=True, load_default=None)
    email = EmailAddress(allow_none=True, load_default=None)
    locale = fields.String(load_default="zh-CN", validate=validate.OneOf(("zh-CN", "en")))


class NewAccount(Schema):
    kind = fields.String(load_default="person", validate=validate.OneOf(("person", "service")))
    login = _login()
    password = fields.String(
        load_default=None,
        allow_none=True,
        load_only=True,
        validate=validate.Length(1, LONGEST_PASSWORD),
        metadata=chosen(description="of a person; null: cannot sign in. A service has none: it signs in by key"),
    )
    area_path = _area_path("whose administrators look after the account")
    grants = fields.List(fields.Nested(Grant), required=True, validate=validate.Length(max=MOST_GRANTS))
    contact = fields.Nested(Contact, load_default=None, allow_none=True)


class Registration(Schema):
    login = _login()
    password = _password()
    area_path = _area_path("the resident's community or a place beneath it")
    contact = fields.Nested(Contact, load_default=None, allow_none=True)


class Registered(Schema):
    message = fields.String(required=True, metadata={"description": "for the person, in the language asked for"})


class AccountChange(Schema):
    """What is left out stays as it is."""

    grants = fields.List(fields.Nested(Grant), validate=validate.Length(max=MOST_GRANTS))
    state = fields.String(validate=validate.OneOf(("active", "disabled")))


class AccountOut(Schema):
    account_id = fields.String(required=True)
    person_id = fields.String(required=True)
    kind = fields.String(required=True)
    login = fields.String(required=True, metadata={"description": "masked, but for its owner"})
    state = fields.String(required=True)
    area_path = fields.String(required=True)
    grants = fields.List(fields.Nested(Grant), required=True)
    revision = fields.Integer(required=True)
    opened_at = fields.AwareDateTime(required=True)


AccountPage = page_of(AccountOut)


class AccountFilter(Schema):
    area_path = fields.String(validate=_AREA_PATH, metadata={"description": "only accounts of this area or beneath"})
    state = fields.String(validate=validate.OneOf(("active", "disabled")))


class AuditRow(Schema):
    at = fields.AwareDateTime(required=True, metadata={"description": "of what is counted: the first time in its hour"})
    last = fields.AwareDateTime(required=True, allow_none=True, metadata={"description": "of what is counted"})
    times = fields.Integer(required=True)
    actor = fields.String(
        required=True, metadata={"description": "a person, operator for the command line, or anyone: who did not say"}
    )
    action = fields.String(required=True)
    address = fields.String(
        required=True, allow_none=True, attribute="from", data_key="from",
        metadata={"description": "tells addresses apart; nobody reads one from it"},
    )  # fmt: skip
    detail = fields.Dict(keys=fields.String(), required=True)


AuditPage = page_of(AuditRow)


class ActFilter(Schema):
    actor = fields.String(
        required=True,
        validate=validate.Length(1, 64),
        metadata={"description": "as trails call it: the person_id of an account, or operator"},
    )


class ActRow(Schema):
    at = fields.AwareDateTime(required=True)
    action = fields.String(required=True)
    account_id = fields.String(required=True, metadata={"description": "to which account it was done"})
    detail = fields.Dict(keys=fields.String(), required=True)


ActPage = page_of(ActRow)


class PasswordChange(Schema):
    current = _password()
    new = _password(description="10 to 128 characters")


class NewKey(Schema):
    name = fields.String(
        required=True, validate=[validate.Length(1, 50), seen_name], metadata={"description": "what it is for"}
    )
    days = fields.Integer(strict=True, load_default=365, validate=validate.Range(1, 730))


class KeyOut(Schema):
    key_id = fields.String(required=True)
    name = fields.String(required=True)
    created_at = fields.AwareDateTime(required=True)
    expires_at = fields.AwareDateTime(required=True)
    revoked_at = fields.AwareDateTime(required=True, allow_none=True)
    issued_by = fields.String(
        required=True, allow_none=True, metadata={"description": "the person who answers for it: issuer or adopter"}
    )
    suspended = fields.Boolean(
        required=True,
        metadata={"description": "opens nothing, since that person is disabled or administers the account no more"},
    )
    grants = fields.List(fields.Nested(Grant), required=True, metadata={"description": "what it may do now"})


class IssuedKey(KeyOut):
    api_key = fields.String(required=True, metadata={"description": "shown this once"})


class KeyList(Schema):
    items = fields.List(fields.Nested(KeyOut), required=True)


class Jwks(Schema):
    keys = fields.List(fields.Dict(keys=fields.String(), values=fields.String()), required=True)
