"""Making up for what outside consumers have missed. What took effect at them nobody here knows, so that everything that
was published for them in that time is sent once more: they know it by its id.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import click

from services.chassis import outbox
from services.chassis.context import Context
from services.chassis.repair import Loss
from services.chassis.replay import repeat_to_exchange
from services.cli.outside.installed import Register
from services.cli.outside.keeping import keep_all
from services.cli.outside.rights import Outsider
from services.cli.outside.settings import management_of
from services.contracts.registry import EVENT_TYPES, PUBLISHERS

Document = dict[str, Any]


def types_from(outsider: Outsider, publisher: str) -> list[str]:
    """What it may get of this publisher."""
    return [name for name in outsider.types if publisher in EVENT_TYPES[name].publishers]


def beneath(outsider: Outsider) -> Document:
    """The condition that its area sets."""
    return {"area_path": {"$regex": f"^{re.escape(outsider.area)}"}} if outsider.area is not None else {}


def repair_outsiders(contexts: Mapping[str, Context], loss: Loss, *, dry_run: bool) -> int:
    """Give everybody back what the broker has lost, then send to each what it may have missed. Returns how many events
    that was; in a dry run, would be. Raises ManagementError, OSError."""
    context = contexts["tickets"]
    registered = list(Register(context).all())
    if registered and not dry_run:
        for name, why in keep_all(context, lambda: management_of(context), thorough=False).failed.items():
            click.echo(f"outside consumer {name} could not be given its place: {why}", err=True)
    return sum(_repair(contexts, outsider, added_at, loss, dry_run=dry_run) for outsider, _, added_at in registered)


def _repair(
    contexts: Mapping[str, Context], outsider: Outsider, added_at: datetime, loss: Loss, *, dry_run: bool
) -> int:
    found = 0
    for log, query in _published(contexts, outsider, added_at, loss):
        count = log.db[outbox.COLLECTION].count_documents(query)
        found += count
        if dry_run or not count:
            continue
        label = f"{log.settings.service} → {outsider.name}"
        with click.progressbar(length=count, label=label) as bar:
            repeat_to_exchange(log, query, outsider.gate, bar.update, outsider.buffer, loss.told_since)
    click.echo(f"{outsider.name}: {found} published for it{'' if dry_run else ', sent once more'}")
    return found


def _published(
    contexts: Mapping[str, Context], outsider: Outsider, added_at: datetime, loss: Loss
) -> Iterator[tuple[Context, Document]]:
    since = max(loss.since, added_at)
    for publisher in PUBLISHERS:
        if types := types_from(outsider, publisher):
            when = {"published_at": {"$gte": since, "$lt": loss.until}, "type": {"$in": types}}
            yield contexts[publisher], {**when, **beneath(outsider)}
