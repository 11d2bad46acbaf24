"""The HTTP interface of accounts. Parse, call one handler, keep, answer."""

from services.accounts.api.accounts import Accounts
from services.accounts.api.audit import Audit
from services.accounts.api.keys import Keys
from services.accounts.api.own import Own
from services.accounts.api.sessions import Sessions


class Api(Sessions, Accounts, Own, Keys, Audit):
    """All routes of the service."""


__all__ = ["Api"]
