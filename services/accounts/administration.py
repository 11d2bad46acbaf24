"""What operators do from the command line, on the database itself."""

from collections.abc import Callable, Mapping
from typing import Any

from services.accounts import passwords, signing
from services.accounts.api_keys import ApiKey
from services.accounts.domain.account import Account, Grant
from services.accounts.domain.roles import ADMIN
from services.accounts.domain.secrets import check_new_password, normal_login, normal_password
from services.accounts.domain.wielding import check_new_account
from services.accounts.ending import end_tokens
from services.accounts.handlers.accounts import Opening, open_first_administrator
from services.accounts.handlers.places import check_places
from services.accounts.storage import Store
from services.accounts.storage_attempts import Attempts
from services.accounts.storage_keys import Keys
from services.accounts.storage_places import Places
from services.chassis.clock_watch import ClockWatch
from services.chassis.context import Context
from services.chassis.ids import new_id
from services.chassis.unit import Unit
from services.contracts.areas import root_of

OPERATOR = "operator"
"""Who acts in the audit trail when it is the command line."""


class AdministratorExists(Exception):
    """There is an active administrator already, who can open further accounts."""


def create_first_admin(context: Context, login: str, password: str, area_path: str, *, forced: bool = False) -> Account:
    """Open the first administrator's account, for `area_path` and everything beneath.

    He may come before his county's places are loaded. Raises AdministratorExists unless forced, and Refused for a
    login, password or area path that will not do.
    """
    login, password = normal_login(login), normal_password(password)
    check_new_password(password, login)
    password_hash = passwords.hashed(password)
    opening = Opening(new_id(), new_id(), "person", area_path, (Grant(ADMIN, area_path),))

    def work(unit: Unit) -> Account:
        store = Store(unit, context.sealer)
        if store.has_active_administrator() and not forced:
            raise AdministratorExists
        change = open_first_administrator(opening, unit.now)
        if area_path != root_of(area_path):
            check_places(Places(unit), change.account)
        store.add(change.account, login, password_hash)
        store.record(OPERATOR, change.action, change.account.account_id, change.detail)
        unit.emit(*change.events)
        return change.account

    return context.units.run(work)


def is_known(context: Context, area_path: str) -> bool:
    """Whether accounts has heard of a place there."""
    return not Places(context.units.read()).unknown([area_path])


def reset_password(context: Context, login: str, password: str) -> None:
    """Give an account a new password, and forget the failed attempts for which its owner would have to wait.

    Whoever is signed in with it is signed out.

    Raises Refused, LookupError.
    """
    login, password = normal_login(login), normal_password(password)
    check_new_password(password, login)
    password_hash = passwords.hashed(password)

    def work(unit: Unit) -> None:
        store = Store(unit, context.sealer)
        stored = store.find_by_login(login)
        if stored is None:
            raise LookupError("there is no account with this login")
        check_new_account(stored.account.kind, password)
        store.set_password(stored.account.account_id, password_hash)
        Attempts(unit, context.sealer).forget(login)
        store.record(OPERATOR, "password-reset", stored.account.account_id, {})
        end_tokens(unit, store, stored.account)

    context.units.run(work)


def ensure_signing_key(context: Context) -> None:
    """Make the first signing key; part of `doorstep prepare`."""

    def work(unit: Unit) -> None:
        store = Store(unit, context.sealer)
        if not store.signing_keys():
            store.add_signing_key(signing.new_key(unit.system_now))

    context.units.run(work)


def rotate_signing_key(context: Context) -> str:
    """Make a new key, which signs as soon as every service can know it; drop those that are outlived, unless the clock
    by which they are has leapt.

    Returns the new key's id.
    """
    may_drop = ClockWatch(context.db).trusted()

    def work(unit: Unit) -> str:
        store = Store(unit, context.sealer)
        for old in signing.outlived(store.signing_keys(), unit.system_now) if may_drop else ():
            store.drop_signing_key(old)
        key = signing.new_key(unit.system_now + signing.PUBLISHED_BEFORE_USE)
        store.add_signing_key(key)
        store.record(OPERATOR, "signing-key-rotated", None, {"kid": key.kid})
        return key.kid

    return context.units.run(work)


def suspended_keys(context: Context) -> list[tuple[ApiKey, Account]]:
    """The keys that are neither revoked nor over and open nothing until another administrator adopts them."""
    unit = context.units.read()
    return list(Keys(unit).suspended(unit.system_now))


def own_keys(context: Context) -> Callable[[], Mapping[str, Any]]:
    """A source of the public keys for the token verifier of accounts itself."""

    def source() -> Mapping[str, Any]:
        unit = context.units.read()
        return signing.jwks(Store(unit, context.sealer).signing_keys(), unit.system_now)

    return source
