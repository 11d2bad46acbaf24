"""How long rows are kept: a TTL index whose length may be changed later."""

from typing import Any

from pymongo.collection import Collection

Document = dict[str, Any]


def expire_after(collection: Collection[Document], field: str, seconds: int) -> None:
    """Have rows removed `seconds` after the time in `field`, also when another length was set before."""
    for index in collection.list_indexes():
        if list(index["key"]) == [field] and index.get("expireAfterSeconds") != seconds:
            collection.database.command(
                "collMod", collection.name, index={"name": index["name"], "expireAfterSeconds": seconds}
            )
            return
    collection.create_index(field, name="retention", expireAfterSeconds=seconds)
