"""Which tickets have all tokens of a text: found out in the index `by_token` alone, no ticket is read for it.

Two arrays cannot share an index, nor can two values of one array be asked of an index at once: the identities of the
tickets with the rarest token are held against those with the next, round after round, newest first.
"""

import time
from collections.abc import Iterator, Sequence
from itertools import islice
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
HELD, MOST_HELD = 1_000, 16_000
"""Identities that are held against the other tokens in the first round and at most; each round takes twice as many, so
that a page of words that often stand together needs one round, and words that hardly ever do need few (ours)."""


class Tokens:
    """The index, as far as one search may be kept waiting for it."""

    INDEX = "by_token"

    def __init__(self, tickets: Collection[Document], session: ClientSession | None, patience_ms: int) -> None:
        self._tickets, self._in = tickets, session
        self._ends = time.monotonic() + patience_ms / 1000

    def rarest_first(self, text: str) -> list[str]:
        """The tokens of a text, the one that the fewest of the newest summaries have before the others."""
        return sorted(sought(text), key=self._reach)

    def rounds(self, first: Document, others: Sequence[str]) -> Iterator[list[str]]:
        """Identities, newest first, of what matches `first` (it names a token) and has all `others`.

        Raises ExecutionTimeout once that has taken longer than it may.
        """
        names, size = self.names(first).sort("_id", DESCENDING), HELD
        while found := [row["_id"] for row in islice(names, size)]:
            for token in others:
                if found:
                    found = [row["_id"] for row in self.names({"tokens": token, "_id": {"$in": found}})]
            yield sorted(found, reverse=True)
            size = min(2 * size, MOST_HELD)

    def names(self, condition: Document) -> Cursor[Document]:
        """The identities of tickets with a token."""
        found = self._tickets.find(condition, {"_id": 1}, session=self._in, batch_size=HELD)
        return found.hint(self.INDEX).max_time_ms(self.left_ms())

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
