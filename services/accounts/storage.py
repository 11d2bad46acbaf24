"""Accounts in MongoDB. Logins and contact data are sealed; a login is found again by its keyed digest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection
from pymongo.database import Database

from services.accounts.api_keys import ApiKey
from services.accounts.domain.account import Account, Grant, Refused
from services.accounts.domain.patience import FORGOTTEN_AFTER, Attempts
from services.accounts.domain.secrets import normal_login
from services.accounts.signing import SigningKey
from services.chassis.ids import new_id
from services.chassis.migrations import Migration
from services.chassis.seal import Sealer
from services.chassis.unit import Unit

Document = dict[str, Any]
MOST_LIVE_KEYS = 20


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
        wanted: Document = {"$and": [{"$or": [_beneath(area) for area in areas]}]}
        if area_path is not None:
            wanted["$and"].append(_beneath(area_path))
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

    def set_password(self, account_id: str, password_hash: str) -> None:
        self._set(account_id, {"password_hash": password_hash})

    def set_contact(self, account_id: str, contact: Mapping[str, Any]) -> tuple[int, str]:
        """Keep how the person can be reached. Returns the contact's revision and its sealed form."""
        stored = self.find(account_id)
        if stored is None:
            raise LookupError("an account is kept before its contact")
        sealed = self._sealer.seal(dict(contact))
        revision = stored.contact_revision + 1
        self._set(account_id, {"contact": sealed, "contact_revision": revision})
        return revision, sealed

    def record(self, actor: str, action: str, account_id: str | None, detail: Mapping[str, Any]) -> None:
        """One line of the audit trail."""
        row = {"_id": new_id(), "at": self._unit.system_now, "actor": actor, "action": action,
               "account_id": account_id, "detail": dict(detail)}  # fmt: skip
        self._unit.db["audit"].insert_one(row, session=self._session)

    # Attempts to sign in ---------------------------------------------------------------------------------------

    def begin_attempt(self, login: str) -> Attempts:
        """The failures of a login, known or not. Locks them until the unit ends: of two attempts one waits."""
        row = self._unit.db["sign_in_attempts"].find_one_and_update(
            {"_id": self._sealer.lookup("attempts", login)},
            {"$set": {"at": self._unit.system_now}},
            upsert=True,
            session=self._session,
        )
        return Attempts(row.get("failures", 0), row.get("not_before")) if row else Attempts()

    def end_attempt(self, login: str, attempts: Attempts) -> None:
        self._unit.db["sign_in_attempts"].update_one(
            {"_id": self._sealer.lookup("attempts", login)},
            {"$set": {"failures": attempts.failures, "not_before": attempts.not_before}},
            session=self._session,
        )

    # API keys --------------------------------------------------------------------------------------------------

    def add_key(self, key: ApiKey, now: datetime) -> None:
        """Keep a new key. Raises Refused when the account has too many that are still good."""
        live = {"account_id": key.account_id, "revoked_at": None, "expires_at": {"$gt": now}}
        if self._unit.db["api_keys"].count_documents(live, session=self._session) >= MOST_LIVE_KEYS:
            raise Refused("too-many-keys", most=MOST_LIVE_KEYS)
        row = {"_id": key.key_id, "account_id": key.account_id, "name": key.name, "digest": key.digest,
               "created_at": key.created_at, "expires_at": key.expires_at, "revoked_at": None}  # fmt: skip
        self._unit.db["api_keys"].insert_one(row, session=self._session)

    def find_key(self, key_id: str) -> ApiKey | None:
        row = self._unit.db["api_keys"].find_one({"_id": key_id}, session=self._session)
        return _api_key(row) if row else None

    def keys_of(self, account_id: str) -> list[ApiKey]:
        rows = self._unit.db["api_keys"].find({"account_id": account_id}, session=self._session)
        return [_api_key(row) for row in rows.sort("created_at", ASCENDING)]

    def revoke_key(self, key: ApiKey, now: datetime) -> ApiKey:
        revoked = replace(key, revoked_at=now)
        self._unit.db["api_keys"].update_one({"_id": key.key_id}, {"$set": {"revoked_at": now}}, session=self._session)
        return revoked

    # Signing keys ----------------------------------------------------------------------------------------------

    def signing_keys(self) -> list[SigningKey]:
        rows = self._unit.db["signing_keys"].find(session=self._session)
        return [
            SigningKey(row["_id"], self._sealer.unseal_bytes(row["private_key"]), row["signs_from"]) for row in rows
        ]

    def add_signing_key(self, key: SigningKey) -> None:
        row = {"_id": key.kid, "private_key": self._sealer.seal_bytes(key.private_key), "signs_from": key.signs_from}
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


def _beneath(area_path: str) -> Document:
    """Everything with the prefix, as a range that the index serves: "0" follows "/" in ASCII."""
    return {"area_path": {"$gte": area_path, "$lt": area_path[:-1] + "0"}}


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
    }


def account_entity(row: Document) -> Account:
    grants = tuple(Grant(grant["role"], grant["area_path"]) for grant in row["grants"])
    return Account(row["_id"], row["person_id"], row["kind"], row["state"], row["area_path"], grants, row["revision"],
                   row["opened_at"])  # fmt: skip


def _api_key(row: Document) -> ApiKey:
    return ApiKey(row["_id"], row["account_id"], row["name"], row["digest"], row["created_at"], row["expires_at"],
                  row["revoked_at"])  # fmt: skip


def _first_indexes(db: Database[Document]) -> None:
    db["accounts"].create_index("login_lookup", name="login", unique=True)
    db["accounts"].create_index("person_id", name="person", unique=True)
    db["accounts"].create_index([("area_path", ASCENDING), ("_id", ASCENDING)], name="area")
    db["accounts"].create_index([("grants.role", ASCENDING), ("state", ASCENDING)], name="role")
    db["api_keys"].create_index("account_id", name="account")
    db["audit"].create_index([("account_id", ASCENDING), ("_id", ASCENDING)], name="account")
    db["sign_in_attempts"].create_index("at", name="forgotten", expireAfterSeconds=int(FORGOTTEN_AFTER.total_seconds()))


def _nothing(_: Database[Document]) -> None:
    """Of a migration that concerns sealed data alone."""


def _logins_in_one_spelling(db: Database[Document], sealer: Sealer) -> None:
    """Find accounts by a mobile number in its one spelling; one whose spelling another account has stays as it is."""
    for row in db["accounts"].find({}, ("login", "login_lookup")):
        try:
            login = normal_login(sealer.unseal(row["login"]))
        except Refused:  # taken by the rules of then, and asked for by them
            continue
        lookup = sealer.lookup("login", login)
        if lookup != row["login_lookup"] and db["accounts"].find_one({"login_lookup": lookup}, {"_id": 1}) is None:
            change = {"login_lookup": lookup, "login": sealer.seal(login)}
            db["accounts"].update_one({"_id": row["_id"]}, {"$set": change})


MIGRATIONS = (
    Migration(1, "accounts, keys, audit trail", _first_indexes),
    Migration(2, "mobile numbers as logins in one spelling", _nothing, _logins_in_one_spelling),
)
