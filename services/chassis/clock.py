"""Two clocks. `system_now` serves leases, tokens, retries; `BusinessClock` serves promises, histories, points.

Business time is stored, so that all processes share it. It is real time unless somebody started it otherwise: a
demonstration runs it fast from the past until it meets real time, a replay steps it. It never runs backwards.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

Document = dict[str, Any]
MAX_RATE = 288.0
"""A day in five minutes."""
_REFRESH_SECONDS = 1.0
_ID = "business"


class ClockRefused(Exception):
    """The clock would run backwards, too fast or ahead of real time."""


def system_now() -> datetime:
    """Real time, aware, in whole milliseconds, which is what MongoDB keeps."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


def to_milliseconds(moment: datetime) -> datetime:
    """`moment` in UTC, cut to whole milliseconds."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class BusinessClock:
    """Reads the stored clock; at most a second old while it runs, always fresh while it is stepped."""

    def __init__(self, collection: Collection[Document]) -> None:
        self._collection = collection
        self._stored: Mapping[str, Any] | None = None
        self._read_at: float | None = None
        self._latest: datetime | None = None

    def now(self) -> datetime:
        """Business time, aware, in whole milliseconds; never earlier than what this process saw before."""
        system = system_now()
        stepped = self._stored is not None and self._stored["mode"] == "stepped"
        if self._read_at is None or stepped or time.monotonic() - self._read_at >= _REFRESH_SECONDS:
            self._stored = self._collection.find_one({"_id": _ID})
            self._read_at = time.monotonic()
        moment = reading(self._stored, system)
        self._latest = moment if self._latest is None else max(moment, self._latest)
        return self._latest

    def run(self, start: datetime, rate: float) -> None:
        """Start business time at `start`, `rate` times as fast as real time, until it meets real time."""
        system = system_now()
        start = to_milliseconds(start)
        if not 1 <= rate <= MAX_RATE:
            raise ClockRefused(f"the rate must be between 1 and {MAX_RATE:g}")
        if start > system:
            raise ClockRefused("business time cannot start ahead of real time")
        self._set({"mode": "running", "origin": start, "system_origin": system, "rate": float(rate)}, start)

    def step(self, to: datetime) -> None:
        """Stop business time at `to`; it stays there until the next step."""
        to = to_milliseconds(to)
        self._set({"mode": "stepped", "origin": to}, to)

    def is_stored(self) -> bool:
        """Whether somebody has set it; otherwise business time is real time."""
        return self._collection.find_one({"_id": _ID}) is not None

    def _set(self, values: Document, moment: datetime) -> None:
        """Put `values` in the place of exactly what was read: of two who set it at once, the second looks again."""
        while True:
            current = self._collection.find_one({"_id": _ID})
            if current is not None and reading(current, system_now()) > moment:
                raise ClockRefused("business time never runs backwards; start with fresh databases instead")
            if self._exchange(current, values):
                self._read_at = None
                return

    def _exchange(self, current: Mapping[str, Any] | None, values: Document) -> bool:
        """Whether nobody else has set the clock since `current` was read."""
        if current is not None:
            return self._collection.replace_one(dict(current), values).matched_count == 1
        try:
            self._collection.insert_one({"_id": _ID, **values})
        except DuplicateKeyError:
            return False
        return True


def reading(stored: Mapping[str, Any] | None, system: datetime) -> datetime:
    """Business time that the stored clock shows at `system`."""
    if stored is None:
        return system
    if stored["mode"] == "stepped":
        origin: datetime = stored["origin"]
        return origin
    gone = (system - stored["system_origin"]) * stored["rate"]
    return min(to_milliseconds(stored["origin"] + gone), system)
