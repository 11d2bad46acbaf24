"""The audit trail: what was done to an account, and what happens with it again and again, a row an hour and address."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from pymongo import DESCENDING

from services.accounts.storage import beneath
from services.chassis.ids import new_id
from services.chassis.seal import Sealer
from services.chassis.unit import Unit

Document = dict[str, Any]
TRAIL_KEPT = timedelta(days=200)
"""Longer than half a year, within which somebody asks. Acts of administrators are kept for good. *(ours)*"""
_SHOWN = 12
"""Characters of an address' digest: good for telling addresses apart."""


class Trail:
    """Reads `audit` and writes its rows that count, within one unit of work."""

    def __init__(self, unit: Unit, sealer: Sealer) -> None:
        self._unit, self._sealer = unit, sealer

    def count(self, action: str, client: str, account_id: str, actor: str | None, **detail: str) -> None:
        """Once more, from an address (its digest). `actor`: a person; None for who did not show who he is."""
        now = self._unit.system_now
        hour = now.replace(minute=0, second=0, microsecond=0)
        whose = "\0".join((action, client, account_id, actor or "", *detail.values(), hour.isoformat()))
        row = {"_id": new_id(), "at": now, "hour": hour, "actor": actor or "anyone", "action": action,
               "account_id": account_id, "from": client[:_SHOWN], "detail": detail}  # fmt: skip
        self._add("audit", {"once": self._sealer.lookup("trail", whose)}, row)

    def count_for_nobody(self, action: str, client: str, login: str) -> None:
        """As long as `count` takes, for a login that has no account; gone within half a day."""
        now = self._unit.system_now
        whose = "\0".join((action, client, login))
        self._add("sign_in_attempts", {"_id": self._sealer.lookup("trail", whose)}, {"at": now})

    def _add(self, collection: str, which: Document, row: Document) -> None:
        self._unit.db[collection].update_one(
            which,
            {"$setOnInsert": row, "$inc": {"times": 1}, "$set": {"last": self._unit.system_now}},
            upsert=True,
            session=self._unit.session,
        )

    def page(self, account_id: str, before: str | None, limit: int) -> list[Document]:
        """Rows of an account, newest first."""
        wanted: Document = {"account_id": account_id}
        if before is not None:
            wanted["_id"] = {"$lt": before}
        return list(self._unit.db["audit"].find(wanted).sort("_id", DESCENDING).limit(limit))

    def acts(self, actor: str, areas: Sequence[str], before: str | None, limit: int) -> list[Document]:
        """What somebody did to accounts that belong to these areas now or lie beneath, newest first."""
        wanted: Document = {"actor": actor, "hour": None}
        if before is not None:
            wanted["_id"] = {"$lt": before}
        account = {"from": "accounts", "localField": "account_id", "foreignField": "_id", "as": "account"}
        there = [{f"account.{name}": between for name, between in beneath(area).items()} for area in areas]
        return list(self._unit.db["audit"].aggregate([
            {"$match": wanted}, {"$sort": {"_id": DESCENDING}}, {"$lookup": account}, {"$match": {"$or": there}},
            {"$limit": limit},
        ]))  # fmt: skip
