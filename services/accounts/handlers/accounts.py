"""Opening and changing accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.accounts.domain.account import (
    Account,
    Grant,
    Kind,
    Refused,
    State,
    changed,
    check_area_path,
    check_may_administer,
    checked_grants,
    resident_grant,
    touched_areas,
)
from services.contracts.types import NewEvent


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an account: its new state, what is told of it, and under which name it enters the audit trail."""

    account: Account
    action: str
    events: tuple[NewEvent, ...]
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Opening:
    """An account to be opened, with identities that were minted for it."""

    account_id: str
    person_id: str
    kind: Kind
    area_path: str
    grants: tuple[Grant, ...]


def open_account(opening: Opening, administrator: Sequence[Grant], now: datetime) -> Change:
    """Open an account within the administrator's area. Raises Refused."""
    grants = checked_grants(opening.grants)
    check_area_path(opening.area_path)
    check_may_administer(administrator, [opening.area_path, *(grant.area_path for grant in grants)])
    return _opened(opening, grants, "account-opened", now)


def register(opening: Opening, now: datetime) -> Change:
    """A resident registers himself: the role resident, nothing else. Raises Refused."""
    return _opened(opening, (resident_grant(opening.area_path),), "resident-registered", now)


def open_first_administrator(opening: Opening, now: datetime) -> Change:
    """The account from which all others come. Raises Refused for a malformed area path."""
    check_area_path(opening.area_path)
    return _opened(opening, checked_grants(opening.grants), "first-administrator-opened", now)


def change_account(
    account: Account,
    administrator: Sequence[Grant],
    administrator_id: str,
    grants: Sequence[Grant] | None,
    state: State | None,
) -> Change | None:
    """Other grants or another state; None when nothing is different. Raises Refused.

    Nobody changes his own account: so the last administrator cannot lock himself out, nor anyone raise himself.
    """
    if account.person_id == administrator_id:
        raise Refused("own-account")
    check_may_administer(administrator, touched_areas(account, grants, state))
    new = changed(account, grants, state)
    return None if new is account else _changed(account, new)


def _changed(account: Account, new: Account) -> Change:
    disabled = new.state == "disabled" and account.state != "disabled"
    detail = {"before": _grants(account), "after": _grants(new), "state": new.state}
    event = _event("account.disabled" if disabled else "account.changed", new)
    return Change(new, "account-disabled" if disabled else "account-changed", (event,), detail)


def restored_account(account: Account, grants: Sequence[Grant], state: State | None) -> Change | None:
    """An account of a back-up to which it is done again what was done to it since; None when nothing is different."""
    new = changed(account, grants, state)
    return None if new is account else _changed(account, new)


def contact_event(person_id: str, sequence: int, area_path: str, sealed: str) -> NewEvent:
    """How the person can be reached, sealed; published on the private exchange only."""
    return NewEvent("recipient.upserted", person_id, sequence, area_path, {"person_id": person_id, "sealed": sealed})


def changed_event(account: Account) -> NewEvent:
    """What tells of other roles or areas, or that tokens ended."""
    return _event("account.changed", account)


def _opened(opening: Opening, grants: tuple[Grant, ...], action: str, now: datetime) -> Change:
    account = Account(
        opening.account_id, opening.person_id, opening.kind, "active", opening.area_path, grants, revision=1,
        opened_at=now,
    )  # fmt: skip
    return Change(account, action, (_event("account.opened", account),), {"after": _grants(account)})


def _event(event_type: str, account: Account) -> NewEvent:
    state = {
        "account_id": account.account_id,
        "person_id": account.person_id,
        "kind": account.kind,
        "state": account.state,
        "grants": _grants(account),
        "tokens_from": account.tokens_from,
    }
    return NewEvent(event_type, account.account_id, account.revision, account.area_path, {"account": state})


def _grants(account: Account) -> list[dict[str, str]]:
    return [{"role": grant.role, "area_path": grant.area_path} for grant in account.grants]
