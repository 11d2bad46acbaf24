"""Places that a service has heard of, without the others: as if tickets had told of them long ago."""

from collections.abc import Iterator
from typing import Any

from pymongo import UpdateOne
from pymongo.database import Database

from services.contracts.areas import place_id_of
from services.tickets.domain.places import AREA_LEVELS, Place
from services.tickets.storage.documents import place_document


def define_places(db: Database[dict[str, Any]], *area_paths: str) -> None:
    """Have accounts or volunteers, whose database this is, know these places and what they lie in."""
    paths = {path for area_path in area_paths for path in _with_above(area_path)}
    rows = [{"_id": place_id_of(path), "area_path": path, "sequence": 1, "is_there": True} for path in paths]
    db["places"].bulk_write([UpdateOne({"_id": row["_id"]}, {"$setOnInsert": row}, upsert=True) for row in rows])


def put_area(db: Database[dict[str, Any]], area_path: str) -> None:
    """Have tickets, whose database this is, know a county, street, community or grid, and tell nobody."""
    level = AREA_LEVELS[area_path.strip("/").count("/")]
    place = Place(place_id_of(area_path), level, area_path, area_path)
    db["places"].replace_one({"_id": place.id}, {**place_document(place), "sequence": 1}, upsert=True)


def _with_above(area_path: str) -> Iterator[str]:
    """`/a/b/` gives `/a/` and `/a/b/`."""
    steps = area_path.strip("/").split("/")
    for depth in range(len(steps)):
        yield f"/{'/'.join(steps[: depth + 1])}/"
