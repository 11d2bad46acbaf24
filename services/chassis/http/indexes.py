"""The collections that HTTP keeps in a service's database: remembered answers and rate limits."""

from typing import Any

from pymongo.database import Database

from services.chassis.http import idempotency, limits


def create_indexes(db: Database[dict[str, Any]]) -> None:
    """For a service's first migration; may run again."""
    idempotency.create_indexes(db)
    limits.create_indexes(db)
