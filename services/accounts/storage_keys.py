"""API keys in MongoDB, and who answers for each."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from pymongo import ASCENDING

from services.accounts.api_keys import ApiKey
from services.accounts.domain.account import Account, Refused
from services.accounts.domain.wielding import wielded
from services.accounts.storage import account_entity
from services.chassis.unit import Unit

Document = dict[str, Any]
MOST_LIVE_KEYS = 20


class Keys:
    """What the use cases of keys read and write, within one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit, self._session = unit, unit.session
        self._rows = unit.db["api_keys"]

    def add(self, key: ApiKey, now: datetime) -> None:
        """Keep a new key. Raises Refused when the account has too many that are still good."""
        live = {"account_id": key.account_id, **_live(now)}
        if self._rows.count_documents(live, session=self._session) >= MOST_LIVE_KEYS:
            raise Refused("too-many-keys", most=MOST_LIVE_KEYS)
        row = {"_id": key.key_id, "account_id": key.account_id, "name": key.name, "digest": key.digest,
               "created_at": key.created_at, "expires_at": key.expires_at, "revoked_at": None,
               "issued_by": key.issued_by}  # fmt: skip
        self._rows.insert_one(row, session=self._session)

    def find(self, key_id: str) -> ApiKey | None:
        row = self._rows.find_one({"_id": key_id}, session=self._session)
        return _api_key(row) if row else None

    def of_account(self, account_id: str) -> list[ApiKey]:
        rows = self._rows.find({"account_id": account_id}, session=self._session)
        return [_api_key(row) for row in rows.sort("created_at", ASCENDING)]

    def issued_by(self, person_id: str, now: datetime) -> list[ApiKey]:
        """Those for which a person answers and that are still good."""
        return [_api_key(row) for row in self._rows.find({"issued_by": person_id, **_live(now)}, session=self._session)]

    def revoke(self, key: ApiKey, now: datetime) -> ApiKey:
        self._rows.update_one({"_id": key.key_id}, {"$set": {"revoked_at": now}}, session=self._session)
        return replace(key, revoked_at=now)

    def adopt(self, key: ApiKey, person_id: str) -> ApiKey:
        self._rows.update_one({"_id": key.key_id}, {"$set": {"issued_by": person_id}}, session=self._session)
        return replace(key, issued_by=person_id)

    def issuer(self, key: ApiKey) -> Account | None:
        """Who answers for a key."""
        return _by(self._people({key.issued_by}), key)

    def suspended(self, now: datetime) -> Iterator[tuple[ApiKey, Account]]:
        """Every key that is neither revoked nor over and yet opens nothing, with its account, which is active."""
        keys = [_api_key(row) for row in self._rows.find(_live(now), session=self._session)]
        wanted = {"_id": {"$in": list({key.account_id for key in keys})}, "state": "active"}
        rows = self._unit.db["accounts"].find(wanted, session=self._session)
        accounts = {row["_id"]: account_entity(row) for row in rows}
        people = self._people({key.issued_by for key in keys})
        for key in keys:
            account = accounts.get(key.account_id)
            if account is not None and wielded(account, _by(people, key)) is None:
                yield key, account

    def _people(self, ids: Iterable[str | None]) -> dict[str, Account]:
        rows = self._unit.db["accounts"].find({"person_id": {"$in": list(ids)}}, session=self._session)
        return {row["person_id"]: account_entity(row) for row in rows}


def _by(people: dict[str, Account], key: ApiKey) -> Account | None:
    return people.get(key.issued_by) if key.issued_by else None


def _live(now: datetime) -> Document:
    return {"revoked_at": None, "expires_at": {"$gt": now}}


def _api_key(row: Document) -> ApiKey:
    return ApiKey(row["_id"], row["account_id"], row["name"], row["digest"], row["created_at"], row["expires_at"],
                  row["revoked_at"], row.get("issued_by"))  # fmt: skip
