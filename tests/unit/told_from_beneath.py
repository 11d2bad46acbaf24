"""Who should have heard that somebody beneath the level that has a ticket took it in hand, or solved it."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from services.contracts.types import NewEvent
from services.notifications.domain.notice import Channel
from services.notifications.domain.routing import told

TOLD = ("ticket.assigned", "ticket.resolved")


def beneath_untold(events: Sequence[NewEvent], workers: Collection[str]) -> Iterator[tuple[str, str | None]]:
    """Steps of `workers`, who serve at the grid alone, of which the owner at a level above was not told once; or of
    others, of which he was told as if they had been theirs."""
    for event in events:
        if event.type not in TOLD:
            continue
        state = event.data["ticket"]
        beneath = state["level"] != "grid" and event.data["by"] in workers
        owner = state["owner_id"]
        hear = [one for one in told(event.type, event.data) if Channel.INBOX in one.channels]
        as_owner = Counter(one.person_id for one in hear if one.template == f"{event.type}.owner")
        in_all = Counter(one.person_id for one in hear)
        alike = event.data["beneath"] == beneath and set(as_owner) <= ({owner} if beneath else set())
        if not alike or (beneath and owner is not None and in_all[owner] != 1):
            yield event.type, owner
