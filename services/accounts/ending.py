"""Tokens end when what they were given for ends: a password, a key, what an issuer could give."""

from itertools import groupby
from operator import attrgetter

from services.accounts.domain.account import Account, signed_out
from services.accounts.domain.wielding import wielded, wields_less
from services.accounts.handlers.accounts import changed_event
from services.accounts.storage import Store
from services.accounts.storage_keys import Keys
from services.chassis.unit import Unit


def end_tokens(unit: Unit, store: Store, account: Account) -> Account:
    """End all tokens that the account got before, and tell of it. Returns the account at its next revision."""
    after = signed_out(account)
    store.update(after)
    unit.emit(changed_event(after))
    return after


def end_narrowed_keys(unit: Unit, store: Store, keys: Keys, before: Account, after: Account) -> None:
    """The keys for which a person answers and that have less since his account changed: a line for each in the trail of
    its account, whose tokens end.

    The accounts are held: none of them is given a role meanwhile that the key had by the issuer of before.
    """
    answered_for = sorted(keys.issued_by(after.person_id, unit.system_now), key=attrgetter("account_id"))
    store.hold(*{key.account_id for key in answered_for})
    for account_id, its_keys in groupby(answered_for, key=attrgetter("account_id")):
        of = store.find(account_id)
        if of is None:
            continue
        now = wielded(of.account, after)
        if wields_less(wielded(of.account, before), now):
            for key in its_keys:
                action = "key-suspended" if now is None else "key-narrowed"
                store.record("accounts", action, account_id, {"key_id": key.key_id, "issuer": after.person_id})
            end_tokens(unit, store, of.account)
