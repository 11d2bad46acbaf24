"""Queries that find no index and read a whole collection: quick in a test, ruinous with a million rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from pymongo.database import Database

Document = dict[str, Any]
SMALL = ("relay_partitions", "signing_keys", "places", "totals")
"""They grow with the county, not with what happens in it."""
_PROFILE = "system.profile"
_SCAN = {"planSummary": {"$regex": "COLLSCAN"}, "op": {"$in": ["query", "update", "remove"]}}
"""Not counts, which only the tests make, nor change streams, which read the log of the database from its end."""


def watch(databases: Mapping[str, Database[Document]]) -> None:
    """Have the database write down every scan from now until it ends."""
    for db in databases.values():
        db.command("profile", 1, filter=_SCAN)


def seen(databases: Mapping[str, Database[Document]]) -> Sequence[str]:
    """`service.collection: what was looked for`, each once; not where all was asked for."""
    return sorted({
        f"{service}.{row['ns'].partition('.')[2]}: {sorted(_looked_for(row['command']))}"
        for service, db in databases.items()
        for row in db[_PROFILE].find()
        if row["ns"].partition(".")[2] not in (*SMALL, _PROFILE) and _looked_for(row["command"])
    })  # fmt: skip


def _looked_for(command: Document) -> Document:
    found: Document = command.get("filter") or command.get("q") or {}
    return found
