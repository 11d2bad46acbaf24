"""Accounts in MongoDB. Logins and contact data are sealed; a login is found again by its keyed digest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection

from services.accounts.domain.account import Account, Grant, Refused
from services.accounts.signing import SigningKey
from services.chassis import mongo
from services.chassis.ids import new_id
from services.chassis.journal import note
from services.chassis.seal import Sealer
from services.chassis.unit import Unit

Document = dict[str, Any]
JOURNALED = frozenset({
    "account-opened", "resident-registered", "first-administrator-opened", "account-changed", "account-disabled",
    "key-issued", "key-revoked", "password-changed", "password-reset", "password-invalidated", "signing-key-rotated",
})  # fmt: skip
"""Actions of the audit trail that a restore must not undo: they are noted in the journal as well."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An account with what never leaves this service."""

    account: Account
    login: str
    password_hash: str | None
    contact_revision: int


class Store:
    """What the use cases read and write, within one unit of work."""

    def __init__(self, unit: Unit, sealer: Sealer) -> None:
        self._unit = unit
        self._session = unit.session
        self._sealer = sealer
        self._accounts: Collection[Document] = unit.db["accounts"]

    def add(self, account: Account, login: str, password_hash: str | None) -> None:
        """Keep a new account. Raises Refused when its login is in use."""
        lookup = self._sealer.lookup("login", login)
        if self._accounts.find_one({"login_lookup": lookup}, {"_id": 1}, session=self._session):
            raise Refused("login-taken")
        row = {**account_row(account), "login_lookup": lookup, "login": self._sealer.seal(login),
               "password_hash": password_hash, "contact": None, "contact_revision": 0}  # fmt: skip
        self._accounts.insert_one(row, session=self._session)

    def find(self, account_id: str) -> Stored | None:
        return self._one({"_id": account_id})

    def find_by_login(self, login: str) -> Stored | None:
        return self._one({"login_lookup": self._sealer.lookup("login", login)})

    def find_by_person(self, person_id: str) -> Stored | None:
        return self._one({"person_id": person_id})

    def page(
        self, areas: Sequence[str], area_path: str | None, state: str | None, after: str | None, limit: int
    ) -> list[Stored]:
        """Accounts of the given areas and beneath, oldest first."""
        wanted: Document = {"$and": [{"$or": [beneath(area) for area in areas]}]}
        if area_path is not None:
            wanted["$and"].append(beneath(area_path))
        if state is not None:
            wanted["state"] = state
        if after is not None:
            wanted["_id"] = {"$gt": after}
        rows = self._accounts.find(wanted, session=self._session).sort("_id", ASCENDING).limit(limit)
        return [self._stored(row) for row in rows]

    def has_active_administrator(self) -> bool:
        wanted = {"state": "active", "grants.role": "admin"}
        return self._accounts.find_one(wanted, {"_id": 1}, session=self._session) is not None

    def update(self, account: Account) -> None:
        self._accounts.update_one({"_id": account.account_id}, {"$set": account_row(account)}, session=self._session)

    def hold(self, *account_ids: str) -> None:
        """Keep these accounts as they were read until the unit ends: whoever changes one meanwhile, or has just done
        so, conflicts with this unit, and one of the two runs again."""
        self._accounts.update_many({"_id": {"$in": account_ids}}, {"$set": {"held": new_id()}}, session=self._session)

    def set_password(self, account_id: str, password_hash: str | None) -> None:
        """None: no password opens it."""
        self._set(account_id, {"password_hash": password_hash})

    def set_contact(self, account_id: str, contact: Mapping[str, Any]) -> tuple[int, str]:
        """Keep how the person can be reached. Returns the contact's revision, and it as sealed for the exchange."""
        stored = self.find(account_id)
        if stored is None:
            raise LookupError("an account is kept before its contact")
        revision = stored.contact_revision + 1
        self._set(account_id, {"contact": self._sealer.seal(dict(contact)), "contact_revision": revision})
        return revision, self._sealer.exchange.seal(dict(contact))

    def record(self, actor: str, action: str, account_id: str | None, detail: Mapping[str, Any]) -> None:
        """One line of the audit trail."""
        row = {"_id": new_id(), "at": self._unit.system_now, "actor": actor, "action": action,
               "account_id": account_id, "detail": dict(detail)}  # fmt: skip
        self._unit.db["audit"].insert_one(row, session=self._session)
        if action in JOURNALED:
            note(self._unit, action, account_id=account_id, **detail)

    # Signing keys ----------------------------------------------------------------------------------------------

    def signing_keys(self) -> list[SigningKey]:
        rows, keys = self._unit.db["signing_keys"].find(session=self._session), self._sealer.signing
        return [SigningKey(row["_id"], keys.unseal_bytes(row["private_key"]), row["signs_from"]) for row in rows]

    def add_signing_key(self, key: SigningKey) -> None:
        sealed = self._sealer.signing.seal_bytes(key.private_key)
        row = {"_id": key.kid, "private_key": sealed, "signs_from": key.signs_from}
        self._unit.db["signing_keys"].insert_one(row, session=self._session)

    def drop_signing_key(self, key: SigningKey) -> None:
        self._unit.db["signing_keys"].delete_one({"_id": key.kid}, session=self._session)

    def _one(self, wanted: Document) -> Stored | None:
        row = self._accounts.find_one(wanted, session=self._session)
        return self._stored(row) if row else None

    def _set(self, account_id: str, values: Document) -> None:
        self._accounts.update_one({"_id": account_id}, {"$set": values}, session=self._session)

    def _stored(self, row: Document) -> Stored:
        login: str = self._sealer.unseal(row["login"])
        return Stored(account_entity(row), login, row["password_hash"], row["contact_revision"])


def beneath(area_path: str) -> Document:
    """Everything with the prefix, as a range that the index serves: "0" follows "/" in ASCII."""
    return {"area_path": mongo.beneath(area_path)}


def account_row(account: Account) -> Document:
    return {
        "_id": account.account_id,
        "person_id": account.person_id,
        "kind": account.kind,
        "state": account.state,
        "area_path": account.area_path,
        "grants": [{"role": grant.role, "area_path": grant.area_path} for grant in account.grants],
        "revision": account.revision,
        "opened_at": account.opened_at,
        "tokens_from": account.tokens_from,
    }


def account_entity(row: Document) -> Account:
    grants = tuple(Grant(grant["role"], grant["area_path"]) for grant in row["grants"])
    return Account(row["_id"], row["person_id"], row["kind"], row["state"], row["area_path"], grants, row["revision"],
                   row["opened_at"], row.get("tokens_from", 0))  # fmt: skip
