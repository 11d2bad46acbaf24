"""Whether a token still stands: it ends when what it was given for ends, in every service that hears of accounts.

A service keeps of each account what the latest event says of it, in whatever order and however often its events come.
Who is not known here yet is admitted: his token is all that is known of him. So is, for the moment that an event takes,
whose account has just changed.
"""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from pymongo import ASCENDING
from pymongo.database import Database

from services.chassis.auth import Principal
from services.chassis.http import problems
from services.chassis.http.call import BEARER
from services.chassis.http.problems import Problem
from services.chassis.unit import Unit
from services.contracts.types import Event

Document = dict[str, Any]
Standing = Mapping[str, Any]
"""Of one account: `state`, and `tokens_from`, the lowest revision whose tokens are good (absent or 0: all are)."""
STANDINGS = "standings"
FIELDS = {"state": 1, "tokens_from": 1}


def keep_standing(unit: Unit, event: Event, collection: str = STANDINGS, **more: Any) -> None:
    """Keep what an event of accounts says of an account, and what the service makes of it, unless a later one is known
    already."""
    account, rows = event.data["account"], unit.db[collection]
    this = {"_id": account["account_id"]}
    known = rows.find_one(this, {"sequence": 1}, session=unit.session)
    if known is None or known["sequence"] < event.sequence:
        row = {"person_id": account["person_id"], "state": account["state"], "sequence": event.sequence,
               "tokens_from": account["tokens_from"], **more}  # fmt: skip
        rows.replace_one(this, row, upsert=True, session=unit.session)


def is_disabled(standings: Collection[Standing]) -> bool:
    """Whether somebody has accounts and none that may sign in; not who is unknown here."""
    return bool(standings) and all(one["state"] != "active" for one in standings)


def judge(standings: Collection[Standing], caller: Principal) -> None:
    """Refuse a token that stands no more, by the accounts of its person.

    Raises Problem: account-disabled; signed-out, when all of them have ended the tokens of its revision. The token of
    an issuer that does not say a revision ends with its account alone.
    """
    if is_disabled(standings):
        raise Problem(problems.ACCOUNT_DISABLED)
    revision = caller.revision
    if revision is not None and standings and all(one.get("tokens_from", 0) > revision for one in standings):
        raise Problem(problems.SIGNED_OUT, headers={"WWW-Authenticate": f'{BEARER}, error="invalid_token"'})


def admits_by(collection: str = STANDINGS) -> Callable[[Unit, Principal], None]:
    """The judgement, by the accounts in this collection, as a `Service` asks for it."""

    def admits(unit: Unit, caller: Principal) -> None:
        found = unit.db[collection].find({"person_id": caller.person_id}, FIELDS, session=unit.session)
        judge(list(found), caller)

    return admits


def standing_index(db: Database[Document]) -> None:
    """By which an account is found for its person; a migration of each service that keeps standings."""
    db[STANDINGS].create_index([("person_id", ASCENDING)], name="person")
