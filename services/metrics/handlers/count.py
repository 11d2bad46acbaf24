"""An event arrives: add it to what its batch has gathered."""

from collections import Counter

from services.contracts.types import Event
from services.metrics.domain.counting import counts_of
from services.metrics.domain.totals import Key


def count_event(gathered: Counter[Key], event: Event) -> None:
    """Add what the event moves. A replayed event counts like any other: the inbox knows whether it counted before."""
    gathered.update(counts_of(event.type, event.source, event.area_path, event.data))
