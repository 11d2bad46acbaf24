"""Rate limits that hold across replicas: a counter per window in the service's database, by digest, not by address."""

import ipaddress
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from pymongo import UpdateOne
from pymongo.database import Database
from pymongo.errors import BulkWriteError

from services.chassis.clock import system_now
from services.chassis.config import Network
from services.chassis.gather import Gatherer
from services.chassis.http import telemetry
from services.chassis.http.call import Call
from services.chassis.http.problems import Problem
from services.chassis.http.routes import Limit
from services.chassis.ids import new_id
from services.chassis.seal import Sealer

Document = dict[str, Any]
COLLECTION = "limits"
_TOGETHER = 100
_DUPLICATE = 11000
Counted = tuple[str, datetime, int]
"""Name of a counter, when its window ends, and what is added."""


class Limits:
    """Counts calls in fixed windows of real time."""

    def __init__(self, db: Database[Document], sealer: Sealer, service: str = "") -> None:
        self._service = service
        self._rows = db[COLLECTION]
        self._sealer = sealer
        self._me = new_id()
        self._mine = {f"seen.{self._me}": 1}
        # One batch at a time, so that what is seen under our name is what we have just written.
        self._gatherer = Gatherer[Counted, int](self._increment, _TOGETHER)

    def count_all(self, limits: Iterable[Limit], call: Call, amount: int | None = None) -> None:
        """Count a call against each of its limits; with `amount` so much more against those that measure amounts."""
        for limit in limits:
            if amount is None or (amount and limit.amount is not None):
                self.count(limit, call, amount)

    def count(self, limit: Limit, call: Call, amount: int | None = None) -> None:
        """Count one call, or an amount. Raises Problem 429 beyond the limit, with Retry-After."""
        key = limit.key(call) if limit.key else call.client
        if key is None:
            return
        if amount is None:
            amount = limit.amount(call) if limit.amount else 1
        now = system_now()
        start, end = window(limit, now)
        name = self._sealer.lookup("limit", f"{limit.name}\0{key}\0{int(start.timestamp())}")
        most = limit.most
        if self._gatherer.do((name, end, amount)) > most:
            telemetry.limited(self._service, limit.name)
            wait = max(1, int((end - now).total_seconds() + 0.999))
            raise Problem(limit.problem, {"Retry-After": str(wait)}, retry_after_seconds=wait, most=most)

    def _increment(self, calls: Sequence[Counted]) -> list[int]:
        """Count these calls, in one request for all and one to see; for each, what its window has come to with it."""
        ours: Counter[str] = Counter()
        for name, _, amount in calls:
            ours[name] += amount
        ends = {name: end for name, end, _ in calls}
        self._write([self._change(name, times, ends[name]) for name, times in ours.items()])
        seen = {row["_id"]: row["seen"][self._me] for row in self._rows.find({"_id": {"$in": list(ours)}}, self._mine)}
        numbers = []
        for name, _, amount in calls:
            ours[name] -= amount
            numbers.append(seen.get(name, 0) - ours[name])
        return numbers

    def _change(self, name: str, times: int, end: datetime) -> UpdateOne:
        """Add, and note how far that went: another replica may add more before we read."""
        total = {"$add": [{"$ifNull": ["$count", 0]}, times]}
        steps: list[Document] = [
            {"$set": {"count": total, "expires_at": end}},
            {"$set": {f"seen.{self._me}": "$count"}},
        ]
        return UpdateOne({"_id": name}, steps, upsert=True)

    def _write(self, changes: Sequence[UpdateOne]) -> None:
        try:
            self._rows.bulk_write(changes, ordered=False)
        except BulkWriteError as error:
            faults = error.details["writeErrors"]
            # A database that shuts down may complain of the write concern alone.
            if not faults or any(fault["code"] != _DUPLICATE for fault in faults):
                raise
            # Two replicas began a window at once; the rows are there now.
            self._rows.bulk_write([changes[fault["index"]] for fault in faults], ordered=False)


def window(limit: Limit, now: datetime) -> tuple[datetime, datetime]:
    """Start and end of the window in which `now` lies; windows begin at multiples of their length since 1970."""
    seconds = int(limit.per.total_seconds())
    start = now - timedelta(seconds=now.timestamp() % seconds)
    start = start.replace(microsecond=0)
    return start, start + timedelta(seconds=seconds)


def create_indexes(db: Database[Document]) -> None:
    db[COLLECTION].create_index("expires_at", name="over", expireAfterSeconds=60)


def client_address(peer: str, forwarded_for: str | None, proxies: Sequence[Network]) -> str:
    """The address of the client: the last one in X-Forwarded-For that is not a proxy of ours.

    What a stranger writes into that header counts for nothing: it is read only as far as our own proxies wrote it.
    Of an IPv6 address the network counts (/64), since a household has all addresses of one.
    """
    address = peer
    hops = [hop.strip() for hop in (forwarded_for or "").split(",") if hop.strip()]
    while hops and _is_proxy(address, proxies):
        candidate = hops.pop()
        if _parsed(candidate) is None:
            break
        address = candidate
    return _counted(address)


def _counted(address: str) -> str:
    parsed = _parsed(address)
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed) if parsed else address


def _is_proxy(address: str, proxies: Sequence[Network]) -> bool:
    parsed = _parsed(address)
    return parsed is not None and any(parsed in network for network in proxies)


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
