"""After a restore: what was revoked, disabled, taken and changed since the back-up holds again; nothing is given anew.

The notes of the journal that the restored database does not know are read in the order in which they were written. A
password is never restored: whoever changed one since then has none until an operator sets a new one. What applies is
settled in the same transaction, so that it is applied once, and may be applied again after an interruption.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from services.accounts import signing
from services.accounts.administration import OPERATOR
from services.accounts.domain.account import Account, Grant, State
from services.accounts.ending import end_narrowed_keys, end_tokens
from services.accounts.handlers.accounts import restored_account
from services.accounts.storage import Store, Stored
from services.accounts.storage_keys import Keys
from services.chassis import journal
from services.chassis.context import Context
from services.chassis.journal import Note
from services.chassis.unit import Unit

_NEW_PASSWORD = ("password-changed", "password-reset", "password-invalidated")
_ENDS_TOKENS = (*_NEW_PASSWORD, "account-disabled", "key-revoked")


@dataclass
class Fate:
    """What became of one account after the back-up."""

    account_id: str
    notes: list[Note] = field(default_factory=list)
    state: str | None = None
    """The last one that was noted."""
    taken: set[tuple[str, str]] = field(default_factory=set)
    """Role and place of roles that were taken and not given back; see `_place`."""
    given: set[Grant] = field(default_factory=set)
    issued: set[str] = field(default_factory=set)
    revoked: set[str] = field(default_factory=set)
    new_password: bool = False

    ends_tokens: bool = False
    """Whether something ended after the back-up that its tokens were given for, be it given back since."""


def fates(notes: Iterable[Note]) -> list[Fate]:
    """What the notes say of each account, in the order in which they are first named."""
    found: dict[str, Fate] = {}
    for note in notes:
        account_id = note.about.get("account_id")
        if account_id is not None:
            _follow(found.setdefault(account_id, Fate(account_id)), note)
    return list(found.values())


def apply(context: Context, notes: Sequence[Note], *, dry_run: bool) -> Iterator[str]:
    """Let all of it hold again; yields a line for each thing that is done, or would be."""
    for fate in fates(notes):
        yield from context.units.run(partial(_apply, context, fate, dry_run))
    others = [note for note in notes if note.about.get("account_id") is None]
    if others:
        yield from context.units.run(partial(_apply_others, context, others, dry_run))


def _follow(fate: Fate, note: Note) -> None:
    fate.notes.append(note)
    fate.new_password |= note.what in _NEW_PASSWORD
    fate.ends_tokens |= note.what in _ENDS_TOKENS
    if note.what == "key-issued":
        fate.issued.add(note.about["key_id"])
    if note.what == "key-revoked":
        fate.revoked.add(note.about["key_id"])
    if "after" in note.about:
        before, after = _grants(note.about.get("before", ())), _grants(note.about["after"])
        fate.ends_tokens |= bool(before - after)
        fate.state = note.about.get("state", fate.state)
        fate.taken = (fate.taken | {_place(g) for g in before - after}) - {_place(g) for g in after}
        fate.given = (fate.given | (after - before)) & after


def _apply(context: Context, fate: Fate, dry_run: bool, unit: Unit) -> list[str]:
    store = Store(unit, context.sealer)
    stored = store.find(fate.account_id)
    lines = [f"account {fate.account_id} was opened after the back-up and is gone"] if stored is None else []
    if stored is not None:
        lines += _account(unit, store, stored, fate, dry_run=dry_run)
        lines += _keys(unit, store, fate, dry_run=dry_run)
    if not dry_run:
        journal.settle(fate.notes, unit)
    return lines


def _account(unit: Unit, store: Store, stored: Stored, fate: Fate, *, dry_run: bool) -> list[str]:
    account, lines = stored.account, []
    left = tuple(grant for grant in account.grants if _place(grant) not in fate.taken)
    disable = fate.state == "disabled" and account.state == "active"
    lines += [f"account {fate.account_id}: {grant.role} of {grant.area_path} is taken"
              for grant in account.grants if grant not in left]  # fmt: skip
    lines += [f"account {fate.account_id}: disabled"] if disable else []
    if not dry_run:
        _end(unit, store, _raised(account, fate), left, "disabled" if disable else None, fate)
    if fate.new_password and stored.password_hash is not None:
        lines.append(f"account {fate.account_id}: its password of before the back-up opens no more; set a new one")
        if not dry_run:
            store.set_password(fate.account_id, None)
            store.record(OPERATOR, "password-invalidated", fate.account_id, {})
    if fate.state == "active" and account.state == "disabled":
        lines.append(f"account {fate.account_id} had been enabled again: do so by hand, if it is right")
    lines += [f"account {fate.account_id} had been given {grant.role} of {grant.area_path}: give it again by hand"
              for grant in sorted(fate.given - set(account.grants))]  # fmt: skip
    return lines


def _raised(account: Account, fate: Fate) -> Account:
    """The account at a revision that none of its tokens exceeds: each note may have raised it once."""
    return replace(account, revision=account.revision + len(fate.notes)) if fate.ends_tokens else account


def _end(
    unit: Unit, store: Store, account: Account, left: Sequence[Grant], state: State | None, fate: Fate
) -> None:  # fmt: skip
    """Take what was taken; what the account got before ends, and what keys had by its roles."""
    change, after = restored_account(account, left, state), account
    if change is not None:
        after = change.account
        store.update(after)
        store.record(OPERATOR, change.action, after.account_id, change.detail)
        unit.emit(*change.events)
        end_narrowed_keys(unit, store, Keys(unit), account, after)
    if fate.ends_tokens and after.tokens_from < after.revision:
        end_tokens(unit, store, after)


def _keys(unit: Unit, store: Store, fate: Fate, *, dry_run: bool) -> list[str]:
    lines = [f"key {key_id} of account {fate.account_id} was issued after the back-up and is gone"
             for key_id in sorted(fate.issued - fate.revoked)]  # fmt: skip
    keys = Keys(unit)
    for key_id in sorted(fate.revoked):
        key = keys.find(key_id)
        if key is None or key.revoked_at is not None:
            continue
        lines.append(f"key {key_id} of account {fate.account_id}: revoked")
        if not dry_run:
            keys.revoke(key, unit.system_now)
            store.record(OPERATOR, "key-revoked", fate.account_id, {"key_id": key_id})
    return lines


def _apply_others(context: Context, notes: Sequence[Note], dry_run: bool, unit: Unit) -> list[str]:
    """A signing key that was rotated may have been stolen: none of before the back-up signs or is believed any more."""
    lines = []
    if any(note.what == "signing-key-rotated" for note in notes):
        lines.append("the signing keys of before the back-up are dropped: everybody signs in again, from a minute on")
        if not dry_run:
            store = Store(unit, context.sealer)
            for old in store.signing_keys():
                store.drop_signing_key(old)
            store.add_signing_key(signing.new_key(unit.system_now))
            store.record(OPERATOR, "signing-key-rotated", None, {})
    if not dry_run:
        journal.settle(notes, unit)
    return lines


def _grants(rows: Iterable[Mapping[str, str]]) -> set[Grant]:
    return {Grant(row["role"], row["area_path"]) for row in rows}


def _place(grant: Grant) -> tuple[str, str]:
    """Role and place, by the place's id: it may have moved between the back-up and the taking."""
    return grant.role, grant.area_path.rstrip("/").rsplit("/", 1)[-1]
