"""How long rows are kept: those that a sweep removes by their age, once the system clock may be believed.

Not by TTL indexes: the database would remove by its own clock, within a minute after a boot with a wrong one, what
nobody can bring back. TTL is left to rows that guard for a while and do no harm when they go too soon.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pymongo.collection import Collection

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """Rows of a collection go so long after the time in a field, which has an index by age."""

    collection: str
    field: str
    length: timedelta


def index_by_age(collection: Collection[Document], field: str, name: str = "retention") -> None:
    """Have the sweep find old rows by an index; one that removes by itself is replaced."""
    for index in collection.list_indexes():
        if list(index["key"]) == [field] and "expireAfterSeconds" in index:
            collection.drop_index(index["name"])
    collection.create_index(field, name=name)
