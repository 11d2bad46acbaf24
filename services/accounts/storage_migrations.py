"""The schema of accounts, step by step."""

from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.accounts.domain.patience import FORGOTTEN_AFTER
from services.chassis.clock import system_now
from services.chassis.ids import new_id
from services.chassis.migrations import Migration

Document = dict[str, Any]


def _first_indexes(db: Database[Document]) -> None:
    db["accounts"].create_index("login_lookup", name="login", unique=True)
    db["accounts"].create_index("person_id", name="person", unique=True)
    db["accounts"].create_index([("area_path", ASCENDING), ("_id", ASCENDING)], name="area")
    db["accounts"].create_index([("grants.role", ASCENDING), ("state", ASCENDING)], name="role")
    db["api_keys"].create_index("account_id", name="account")
    db["audit"].create_index([("account_id", ASCENDING), ("_id", ASCENDING)], name="account")
    db["sign_in_attempts"].create_index("at", name="forgotten", expireAfterSeconds=int(FORGOTTEN_AFTER.total_seconds()))


def _keys_have_issuers(db: Database[Document]) -> None:
    """The audit trail says who issued each key. Persons have no keys and services no passwords any more."""
    db["api_keys"].create_index("issued_by", name="issuer")
    for row in db["audit"].find({"action": "key-issued"}):
        key = {"_id": row["detail"]["key_id"], "issued_by": {"$exists": False}}
        db["api_keys"].update_one(key, {"$set": {"issued_by": row["actor"]}})
    db["accounts"].update_many({"kind": "service"}, {"$set": {"password_hash": None}})
    people = [row["_id"] for row in db["accounts"].find({"kind": "person"}, {"_id": 1})]
    for row in db["api_keys"].find({"account_id": {"$in": people}, "revoked_at": None}):
        now = system_now()
        db["audit"].insert_one({"_id": new_id(), "at": now, "actor": "upgrade", "action": "key-revoked",
                                "account_id": row["account_id"], "detail": {"key_id": row["_id"]}})  # fmt: skip
        db["api_keys"].update_one({"_id": row["_id"]}, {"$set": {"revoked_at": now}})


MIGRATIONS = (
    Migration(1, "accounts, keys, audit trail", _first_indexes),
    Migration(2, "who answers for a key", _keys_have_issuers),
)
