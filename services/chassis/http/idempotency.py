"""The same request twice does its work once: the answer is kept, sealed, in the command's own transaction."""

import base64
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from pymongo.database import Database

from services.chassis.http.bodies import canonical
from services.chassis.http.problems import IDEMPOTENCY_KEY_REQUIRED, IDEMPOTENCY_KEY_REUSED, Problem
from services.chassis.retention import index_by_age
from services.chassis.seal import Sealer
from services.chassis.unit import Unit

Document = dict[str, Any]
COLLECTION = "idempotency"
KEPT_SECONDS = 7 * 86_400
_KEY = re.compile(r"[\x21-\x7e]{1,128}\Z")
_SHORTEST_OPEN_KEY = 16
"""Without a token the key alone keeps strangers apart, so it must be hard to guess."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer as bytes, so that a repetition gets exactly the same."""

    status: int
    headers: dict[str, str]
    body: bytes


def key_of(header: str | None, *, signed_in: bool, required: bool) -> str | None:
    """The key of a request, if it has one. Raises Problem 400 when it is unusable, or required and missing."""
    if header is None and not required:
        return None
    key = (header or "").strip().removeprefix('"').removesuffix('"')
    if not _KEY.match(key) or (not signed_in and len(key) < _SHORTEST_OPEN_KEY):
        raise Problem(IDEMPOTENCY_KEY_REQUIRED)
    return key


class Once:
    """The memory of one request: who, which route, which key, and the digest of what was asked.

    The digest has no passwords (`secrets.py`), so that a repetition with another password gets the first answer, and
    the first password stays; `Idempotency-Replayed` says so. That tells nobody anything: with a token the key is
    the caller's own, and a route that is open to anyone and takes a password answers everybody the same (held by
    `test_secrets.py`). Secrets that were made at random are in it: who does not know the secret of a ticket is refused
    its kept answer.
    """

    def __init__(self, sealer: Sealer, caller: str, route: str, key: str, request: Any) -> None:
        self._sealer = sealer
        self.id = sealer.lookup("idempotency", f"{caller}\0{route}\0{key}")
        # Keyed, since a plain hash of a short body could be guessed back.
        self._request = sealer.lookup("idempotency-request", canonical(request).decode())

    def earlier(self, unit: Unit) -> Kept | None:
        """The answer that was given before. Raises Problem 422 when the key came with another request."""
        if COLLECTION not in unit.shared:
            look_up(unit, [self])
        row = unit.shared[COLLECTION].get(self.id)
        if row is None:
            return None
        if row["request"] != self._request:
            raise Problem(IDEMPOTENCY_KEY_REUSED)
        kept = self._sealer.unseal(row["answer"])
        return Kept(kept["status"], kept["headers"], base64.b64decode(kept["body"]))

    def keep(self, unit: Unit, answer: Kept) -> None:
        """Remember the answer if, and only if, the unit commits.

        Of two requests at once one commits; the other's transaction fails, runs again and finds this row.
        """
        body = base64.b64encode(answer.body).decode()
        sealed = self._sealer.seal({"status": answer.status, "headers": answer.headers, "body": body})
        unit.insert(
            COLLECTION, {"_id": self.id, "request": self._request, "answer": sealed, "created_at": unit.system_now}
        )


def look_up(unit: Unit, requests: Iterable[Once]) -> None:
    """Read, in one request, which of these requests were answered before; for all that run in the transaction."""
    ids = [once.id for once in requests]
    rows = unit.db[COLLECTION].find({"_id": {"$in": ids}}, session=unit.session)
    unit.shared[COLLECTION] = {row["_id"]: row for row in rows}


def create_indexes(db: Database[Document]) -> None:
    index_by_age(db[COLLECTION], "created_at", "kept")


def encoded(data: Any) -> bytes:
    """A JSON answer's bytes."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
