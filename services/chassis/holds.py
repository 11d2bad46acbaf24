"""Many units at once rely on a thing staying as it is, and whoever changes it conflicts with each of them."""

import random
from collections.abc import Iterable
from typing import Any

from pymongo import UpdateOne

from services.chassis.ids import new_id
from services.chassis.unit import Unit

Document = dict[str, Any]
COLLECTION = "place_holds"
_ROWS = 16
"""Of two units that hold the same thing one in so many conflicts with the other. *(ours)*"""


def hold(unit: Unit, ids: Iterable[str]) -> None:
    """Keep these as they were read until the unit ends: whoever changes one meanwhile, or has just done so, conflicts
    with this unit, and one of the two runs again. Others who hold seldom do."""
    _write(unit, [f"{id}/{random.randrange(_ROWS)}" for id in ids])  # noqa: S311


def change(unit: Unit, id: str) -> None:
    """Conflict with all who hold it."""
    _write(unit, [f"{id}/{number}" for number in range(_ROWS)])


def _write(unit: Unit, rows: Iterable[str]) -> None:
    mark = {"$set": {"by": new_id()}}
    writes = [UpdateOne({"_id": row}, mark, upsert=True) for row in rows]
    unit.db[COLLECTION].bulk_write(writes, ordered=False, session=unit.session)
