"""What the routes of accounts share."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from services.accounts.domain.account import Account, Grant
from services.accounts.domain.roles import ADMIN
from services.accounts.domain.secrets import masked
from services.accounts.domain.wielding import wielded, within
from services.chassis import auth
from services.chassis.auth import NotAllowed, NotFound, Principal
from services.chassis.context import Context
from services.chassis.http import AtOnce, Limit
from services.chassis.seal import Sealer
from services.chassis.unit import Unit

if TYPE_CHECKING:
    from services.accounts.storage import Store, Stored
    from services.accounts.storage_attempts import Attempts
    from services.accounts.storage_keys import Keys
    from services.accounts.storage_places import Places
    from services.accounts.storage_trail import Trail

SIGN_IN_LIMIT = Limit("sign-in", 300, timedelta(minutes=5))
"""By address: a whole community office may sit behind one. Guessing is slowed down by `domain/patience.py`."""
REGISTRATION_LIMIT = Limit("registration", 30, timedelta(hours=1))
CONTACT_LIMITS = (
    Limit("contact-hour", 20, timedelta(hours=1), lambda call: call.principal.person_id),
    Limit("contact-day", 60, timedelta(days=1), lambda call: call.principal.person_id),
    Limit("contact-address", 600, timedelta(hours=1)),
)
"""Each change is an event that is kept, and asks notifications to send mail elsewhere. *(ours)*"""
TAKEN_LIMIT = Limit(
    "login-taken", 120, timedelta(hours=1), lambda call: call.principal.person_id, amount=lambda call: 0
)
"""Logins that an administrator finds in use, which are spent as they are found: nobody shall try out telephones, and
any number of accounts may be opened. *(ours)*"""
PASSWORD_LIMIT = Limit("password", 20, timedelta(hours=1), lambda call: call.principal.person_id)
HASHING = AtOnce("passwords", most=32, by_address=16)
"""Hashing waits for a thread: a burst of it leaves most workers to whoever has a token already. *(ours)*"""


class Base:
    chassis: Context
    store: "Callable[[Unit, Sealer], Store]"
    stored_keys: "Callable[[Unit], Keys]"
    places: "Callable[[Unit], Places]"
    trail: "Callable[[Unit, Sealer], Trail]"
    attempts: "Callable[[Unit, Sealer], Attempts]"

    def kept(self, unit: Unit) -> "Store":
        """The store, bound to a unit of work."""
        return self.store(unit, self.chassis.sealer)

    def administrator(self, unit: Unit, principal: Principal) -> Principal:
        """The caller with the roles that he has now: here a token that outlives its roles gives nothing away.

        Who was disabled a minute ago could else open himself another account. A service has no more than its key
        gives it now, which may be less than its account has, and nothing once the key is revoked or suspended. Raises
        NotAllowed.
        """
        stored = self.kept(unit).find_by_person(principal.person_id)
        if stored is None:  # of another issuer: its tokens are all that is known
            return principal
        known = stored.account
        held = known.grants if known.state == "active" else ()
        if known.kind == "service":
            held = within(self._of_key(unit, known, principal.api_key), grants_of(principal))
        now = replace(principal, grants=tuple(auth.Grant(grant.role, grant.area_path) for grant in held))
        if not now.has_role(ADMIN):
            raise NotAllowed
        return now

    def caller(self, unit: Unit, principal: Principal) -> Account | None:
        """The caller's account, a person's or a program's; None when the token is another issuer's."""
        stored = self.kept(unit).find_by_person(principal.person_id)
        return stored.account if stored else None

    def _of_key(self, unit: Unit, account: Account, key_id: str | None) -> tuple[Grant, ...]:
        """What a program's key gives it now."""
        keys = self.stored_keys(unit)
        key = keys.find(key_id) if key_id else None
        if key is None or key.account_id != account.account_id or not key.is_live(unit.system_now):
            return ()
        return wielded(account, keys.issuer(key)) or ()

    def administered(self, unit: Unit, principal: Principal, account_id: str) -> "Stored":
        """An account that the caller administers. Raises NotFound: what is elsewhere does not show."""
        stored = self.kept(unit).find(account_id)
        if stored is None or not self.administrator(unit, principal).may(stored.account.area_path, ADMIN):
            raise NotFound
        return stored

    def own(self, unit: Unit, principal: Principal) -> "Stored":
        """The caller's own account. Raises NotFound when the token is another issuer's, NotAllowed when disabled."""
        stored = self.kept(unit).find_by_person(principal.person_id)
        if stored is None:
            raise NotFound
        if stored.account.state != "active":
            raise NotAllowed
        return stored


def grants_of(principal: Principal) -> tuple[Grant, ...]:
    return tuple(Grant(grant.role, grant.area_path) for grant in principal.grants)


def read_grants(items: Sequence[dict[str, str]]) -> tuple[Grant, ...]:
    return tuple(Grant(item["role"], item["area_path"]) for item in items)


def shown(account: Account, login: str, own: bool = False) -> dict[str, Any]:
    """An account as it is answered; the whole login only to its owner."""
    return {
        "account_id": account.account_id,
        "person_id": account.person_id,
        "kind": account.kind,
        "login": login if own else masked(login),
        "state": account.state,
        "area_path": account.area_path,
        "grants": [{"role": grant.role, "area_path": grant.area_path} for grant in account.grants],
        "revision": account.revision,
        "opened_at": account.opened_at,
    }
