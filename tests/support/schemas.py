"""Databases that tests have left, to be used again: making collections and indexes is most of what preparing costs."""

from collections import defaultdict, deque
from functools import cache
from typing import Any

from pymongo import MongoClient

_Client = MongoClient[dict[str, Any]]
_Catalogue = dict[str, tuple[Any, ...]]
_LEFT_AT_LEAST = 2
_DOCUMENTS_AT_MOST = 20_000
"""Of more, dropping is quicker than emptying."""


class Schemas:
    """Databases with all that one way of preparing makes, to be emptied and prepared in the same way again; all others
    are dropped."""

    def __init__(self) -> None:
        self._made: dict[str, _Catalogue] = {}
        self._left = defaultdict[str, deque[str]](deque)

    def learn(self, client: _Client, prefix: str, way: str) -> None:
        """What the first one that was prepared in this way has is what all of them have."""
        if way not in self._made:
            self._made[way] = _catalogue(client, prefix)

    def take(self, client: _Client, way: str) -> str | None:
        """A prefix whose databases were prepared so, without a document; None while there are too few. The one that
        was left longest ago: what the database still did for a killed process is over."""
        if len(self._left[way]) < _LEFT_AT_LEAST:
            return None
        prefix = self._left[way].popleft()
        for database in _databases(client, prefix):
            for collection in client[database].list_collection_names():
                client[database][collection].delete_many({})
        return prefix

    def give_back(self, client: _Client, prefix: str, way: str | None) -> None:
        there = _catalogue(client, prefix)
        made = self._made.get(way) if way else None
        if way and made and _may_be_used_again(client, prefix, made, there):
            for name in there.keys() - made.keys():
                database, _, collection = name.partition(".")
                client[f"{prefix}{database}"].drop_collection(collection)
            self._left[way].append(prefix)
            return
        for database in _databases(client, prefix):
            client.drop_database(database)


def _may_be_used_again(client: _Client, prefix: str, made: _Catalogue, there: _Catalogue) -> bool:
    profiled = any(".system." in name for name in there)
    documents = sum(client[database].command("dbStats")["objects"] for database in _databases(client, prefix))
    return not profiled and documents <= _DOCUMENTS_AT_MOST and made.items() <= there.items()


@cache
def schemas_of(mongo_url: str) -> Schemas:
    return Schemas()


def _databases(client: _Client, prefix: str) -> list[str]:
    return [name for name in client.list_database_names() if name.startswith(f"{prefix}_")]


def _catalogue(client: _Client, prefix: str) -> _Catalogue:
    """Each collection of the databases, with its options and indexes."""
    query: list[dict[str, Any]] = [{"$listCatalog": {}}, {"$match": {"db": {"$regex": f"^{prefix}_"}}}]
    return {
        row["ns"].removeprefix(prefix): (
            row["type"], row["md"]["options"] | {"uuid": None},
            sorted((str(index["spec"]), index["ready"]) for index in row["md"]["indexes"]),
        )
        for row in client.admin.aggregate(query)
    }  # fmt: skip
