"""Which tickets have all tokens of a text: found out in indexes alone, no ticket is read for it.

Two arrays cannot share an index, nor can two values of one array be asked of an index at once: the identities of the
tickets with the rarest token are held against those with the next, round after round, newest first. In the same way
they are held against a list, which knows their states and kinds.
"""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pymongo import DESCENDING
from pymongo.client_session import ClientSession
from pymongo.collection import Collection
from pymongo.cursor import Cursor
from pymongo.errors import ExecutionTimeout

from services.tickets.domain.bigrams import sought
from services.tickets.storage.documents import Document

PROBED = 200
"""By so many of the newest tickets with a token is judged how rare it is (ours)."""
MOST_HELD = 8_000
"""Identities that are held against the other tokens at once (ours)."""
AMPLE, BLIND = 1.5, 8
"""A further round takes half as many again as the share of hits so far lets expect to suffice. Where there was no hit,
or where there were enough and more are asked for (they were not in the state that is wanted), it takes this many times
more than the one before (ours)."""


@dataclass(frozen=True, slots=True)
class Held:
    """What tickets must match besides, and the index that knows it."""

    index: str
    condition: Document


class Tokens:
    """The index of tokens, as far as one search may be kept waiting for it."""

    INDEX = "by_token"

    def __init__(self, tickets: Collection[Document], session: ClientSession | None, patience_ms: int) -> None:
        self._tickets, self._in = tickets, session
        self._ends = time.monotonic() + patience_ms / 1000

    def rarest_first(self, text: str) -> list[str]:
        """The tokens of a text, the one that the fewest of the newest summaries have before the others."""
        return sorted(sought(text), key=self._reach)

    def rounds(self, first: Document, against: Sequence[Held], enough: int) -> Iterator[list[str]]:
        """Identities, newest first, of what matches `first` (it names a token) and all `against` which it is held.

        Each round is to bring what is missing to `enough`: a large one would read far in vain where one page of a small
        place is wanted. Raises ExecutionTimeout once that has taken longer than it may.
        """
        size, read, hits = enough, 0, 0
        behind: Document = {}
        while True:
            of_first = self.names({"$and": [first, behind]}).sort("_id", DESCENDING).limit(size)
            names = found = [row["_id"] for row in of_first]
            for other in against:
                if found:
                    found = [row["_id"] for row in self.of_these(found, other)]
            if found:
                yield sorted(found, reverse=True)
            if len(names) < size:
                return
            behind = {"_id": {"$lt": names[-1]}}
            read, hits = read + size, hits + len(found)
            likely = int(AMPLE * (enough - hits) * read / hits) if 0 < hits < enough else BLIND * size
            size = min(max(likely, enough), MOST_HELD)

    def names(self, condition: Document, index: str = INDEX) -> Cursor[Document]:
        """The identities of tickets with a token, or whatever else an index knows."""
        found = self._tickets.find(condition, {"_id": 1}, session=self._in, batch_size=MOST_HELD)
        return found.hint(index).max_time_ms(self.left_ms())

    def of_these(self, names: Sequence[str], other: Held) -> Cursor[Document]:
        """Which of these tickets match that as well, in no order."""
        return self.names({**other.condition, "_id": {"$in": names}}, other.index)

    def left_ms(self) -> int:
        """What is left of the patience. Raises ExecutionTimeout when there is none."""
        left = int((self._ends - time.monotonic()) * 1000)
        if left <= 0:
            raise ExecutionTimeout("the search has taken too long")
        return left

    def _reach(self, token: str) -> str:
        """How far back the newest PROBED tickets with a token go, as an identity: the rarer it is, the farther."""
        last: Any = self.names({"tokens": token}).sort("_id", DESCENDING).skip(PROBED - 1).limit(1)
        return next((str(row["_id"]) for row in last), "")
