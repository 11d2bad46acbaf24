"""The indexes of lists and searches, and the fields that they hold, for tickets that were filed before them."""

from collections.abc import Callable
from typing import Any

from pymongo import ASCENDING, DESCENDING, UpdateOne
from pymongo.database import Database

from services.chassis.seal import Sealer
from services.tickets.storage.documents import Document, search_fields

COVERED = ("kind", "category", "channel")
"""Narrowing by these is judged by the index alone. They never change: what the clocks change, colour and level, would
have every firing write each entry of a ticket anew."""
INDEXES = ("by_due", "by_age", "by_token", "by_kind", "by_category")
_REPLACED = {"work_list", "by_place", "reporter_id", "assignee_id", "owner_id"}
_BATCH = 1_000
_READ = (
    "area_path", "station_path", "reporter_id", "also_reported_by", "assignee_id", "owner_id", "telephone_digest",
    "round", "summary", "state", "sealed", "history.kind", "history.round",
)  # fmt: skip


def search_schema(db: Database[Document]) -> None:
    """Fill in what lists find a ticket by, where it is missing, and index it. May be run again at any point."""
    _fill(db, {"lists": {"$exists": False}}, lambda row: {"telephone_digest": None})
    create_search_indexes(db)
    for name in _REPLACED & set(db["tickets"].index_information()):
        db["tickets"].drop_index(name)


def create_search_indexes(db: Database[Document]) -> None:
    narrowing = [(name, ASCENDING) for name in COVERED]
    tickets, stretch = db["tickets"], [("lists", ASCENDING), ("state", ASCENDING)]
    tickets.create_index([*stretch, ("due_key", ASCENDING), ("_id", ASCENDING), *narrowing], name="by_due")
    tickets.create_index([*stretch, ("_id", DESCENDING), *narrowing], name="by_age")
    aged_in = [("_id", DESCENDING), ("area_path", ASCENDING), ("station_path", ASCENDING)]
    tickets.create_index([("tokens", ASCENDING), *aged_in], name="by_token")
    tickets.create_index([("kind", ASCENDING), ("category", ASCENDING), *aged_in], name="by_kind")
    tickets.create_index([("category", ASCENDING), *aged_in], name="by_category")


def hands(db: Database[Document]) -> None:
    """List the tickets of before by through whose hands they went, by all who reported them, and no more by who once
    had them in hand. May be run again at any point."""
    of_somebody = {"$or": [{"assignee_id": {"$type": "string"}}, {"also_reported_by.0": {"$exists": True}}]}
    _fill(db, of_somebody, lambda row: {})


def telephones(db: Database[Document], sealer: Sealer) -> None:
    """Find the tickets of before by telephone as well, which is known only from what is sealed."""
    unknown = {"telephone_digest": None, "sealed": {"$type": "string"}}

    def digest(row: Document) -> Document:
        telephone = sealer.unseal(row["sealed"]).get("telephone")
        return {"telephone_digest": sealer.lookup("telephone", telephone) if telephone else None}

    _fill(db, unknown, digest)


def _fill(db: Database[Document], lacking: Document, more: Callable[[Document], Document]) -> None:
    """Each batch is written for good; what has been filled in is not asked for again."""
    last: Any = None
    while batch := list(
        db["tickets"].find({**lacking, **({"_id": {"$gt": last}} if last else {})}, _READ).sort("_id").limit(_BATCH)
    ):
        db["tickets"].bulk_write([UpdateOne({"_id": row["_id"]}, {"$set": _filled(row, more)}) for row in batch])
        last = batch[-1]["_id"]


def _filled(row: Document, more: Callable[[Document], Document]) -> Document:
    added = more(row)
    return added | search_fields({**row, **added}, [(step["kind"], step["round"]) for step in row["history"]])
