"""What `doorstep prepare` does for tickets besides its schema, and telling of all places again."""

from collections.abc import Sequence
from functools import partial

from services.chassis.context import Context
from services.chassis.unit import Unit
from services.tickets.files.places import BATCH
from services.tickets.handlers.place_changes import tell_again
from services.tickets.house import check_policies
from services.tickets.storage import Tickets
from services.tickets.storage.directory import COLLECTION

_TOLD = {"_id": "told of all places"}
"""Where this stands, accounts and volunteers listened when each place was told of."""


def prepare(context: Context) -> None:
    """Raises PolicyRefused for a broken policy. Once, since an earlier version told accounts and volunteers nothing of
    places that do not move, all that are there are told of again."""
    check_policies(context)
    if context.db[COLLECTION].find_one(_TOLD) is None:
        tell_all_again(context)
        context.db[COLLECTION].replace_one(_TOLD, _TOLD, upsert=True)


def tell_all_again(context: Context) -> int:
    """Tell of every place as it is, batch by batch; how many there are. Interrupted, it is run again from the start."""
    ids, told = sorted(Tickets(context.units.read()).places_with_sequence()), 0
    for start in range(0, len(ids), BATCH):
        told += context.units.run(partial(_tell_again, ids[start : start + BATCH]))
    return told


def _tell_again(batch: Sequence[str], unit: Unit) -> int:
    return tell_again(Tickets(unit), batch)
