"""The schema of accounts, step by step."""

from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.accounts.domain.account import Refused
from services.accounts.domain.patience import FORGOTTEN_AFTER
from services.accounts.domain.secrets import normal_login
from services.chassis.clock import system_now
from services.chassis.ids import new_id
from services.chassis.migrations import Migration
from services.chassis.retention import index_by_age
from services.chassis.seal import Sealer

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


def _places_of_signing_in(db: Database[Document]) -> None:
    """Failures are counted by login and address from here on; those by login alone go by themselves."""
    db["sign_in_attempts"].create_index("login", name="login")
    db["sign_in_places"].create_index("login", name="login")
    index_by_age(db["sign_in_places"], "at")


def _trail_by_hour(db: Database[Document]) -> None:
    """Rows of the audit trail that count have `once`, by which they are found, and `hour`, by which they go."""
    counting = {"once": {"$exists": True}}
    db["audit"].create_index("once", name="once", unique=True, partialFilterExpression=counting)
    index_by_age(db["audit"], "hour")


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


def _moves_in_each_trail(db: Database[Document]) -> None:
    """A move with its place had one row for all of its accounts, which was in nobody's trail."""
    for row in db["audit"].find({"account_id": None, "action": "place-moved"}):
        accounts = row["detail"].pop("accounts")
        for number, account_id in enumerate(accounts):
            own = {**row, "_id": f"{row['_id']}-{number}", "account_id": account_id}
            db["audit"].replace_one({"_id": own["_id"]}, own, upsert=True)
        db["audit"].delete_one({"_id": row["_id"]})


def _acts_by_actor(db: Database[Document]) -> None:
    db["audit"].create_index([("actor", ASCENDING), ("_id", ASCENDING)], name="actor")


MIGRATIONS = (
    Migration(1, "accounts, keys, audit trail", _first_indexes),
    Migration(2, "who answers for a key", _keys_have_issuers),
    Migration(3, "mobile numbers as logins in one spelling", _nothing, _logins_in_one_spelling),
    Migration(4, "patience by login and address", _places_of_signing_in),
    Migration(5, "audit trail by hour and address", _trail_by_hour),
    Migration(6, "what moved with its place, in the trail of each account", _moves_in_each_trail),
    Migration(7, "acts by who did them", _acts_by_actor),
)
