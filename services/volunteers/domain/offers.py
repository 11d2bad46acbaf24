"""Offers: a ticket stands open for members. Whether it still does is a fold over what tickets said, in its order.

Events reach us in any order and more than once. So a ticket's steps are kept by their sequence, and an offer is open
if, and only if, the ticket's last known step offers it: any order of the same events ends the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

OFFERED, RELOCATED = "offered", "relocated"
_OVER = frozenset({"resolved", "confirmed", "reopened", "closed", "rejected", "cancelled", "merged"})
"""Steps after which who had it in hand has nothing to do with it any more."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a ticket that matters to its offers.

    `what` is "offered" or why the ticket is no longer open: assigned, declined, resolved, reopened and so on. A step
    with an `offer_id` concerns that offer; one without takes the ticket out of the members' reach altogether, unless
    it is "relocated": then its place lies at `area_path` now, and nothing else has changed.
    """

    sequence: int
    what: str
    offer_id: str | None = None
    area_path: str | None = None


@dataclass(frozen=True, slots=True)
class History:
    """The known steps of one ticket, in the order in which tickets took them."""

    ticket_id: str
    steps: tuple[Step, ...] = ()
    reporter_ids: tuple[str, ...] = ()
    """All who are known to have reported it, or handled it as staff, in order of their ids. Nobody ever leaves these,
    so that any order of the same events ends the same."""

    def with_step(self, step: Step) -> "History":
        """The history with one step more; a repeated step changes nothing."""
        if any(known.sequence == step.sequence for known in self.steps):
            return self
        return replace(self, steps=tuple(sorted((*self.steps, step), key=lambda known: known.sequence)))

    def with_reporters(self, reporter_ids: Iterable[str]) -> "History":
        """The history with these reporters too; those who are known change nothing."""
        known = tuple(sorted({*self.reporter_ids, *reporter_ids}))
        return self if known == self.reporter_ids else replace(self, reporter_ids=known)

    def ending(self, offer_id: str) -> str | None:
        """Why the offer is closed: the first step after it was last made. None while the ticket offers it."""
        after = (s for s in self._since(offer_id) if s.what != RELOCATED)
        first = next((s for s in after if s.what == OFFERED or s.offer_id in (None, offer_id)), None)
        if first is None:
            return None
        return "superseded" if first.what == OFFERED else first.what

    def moved_to(self, offer_id: str) -> str | None:
        """Where the ticket's place lies, if that changed after the offer was last made."""
        return next((s.area_path for s in reversed(self._since(offer_id)) if s.what == RELOCATED), None)

    def is_over(self, offer_id: str) -> bool:
        """Whether the ticket was solved, or ended, after the offer was last made."""
        return any(step.what in _OVER for step in self._since(offer_id))

    def _since(self, offer_id: str) -> list[Step]:
        made = max((s.sequence for s in self.steps if s.what == OFFERED and s.offer_id == offer_id), default=0)
        return [step for step in self.steps if step.sequence > made]


class OfferState(StrEnum):
    OPEN = "open"
    TAKEN = "taken"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Offer:
    """One offering of a ticket in one round. `claim_id` is the claim that holds it; `reason` says why it is closed."""

    offer_id: str
    ticket_id: str
    round: int
    number: str
    kind: str
    category: str | None
    urgent: bool
    area_path: str
    skills: tuple[str, ...]
    reporter_id: str | None
    offered_at: datetime
    state: OfferState = OfferState.OPEN
    reason: str | None = None
    claim_id: str | None = None
    reporter_ids: tuple[str, ...] = ()
    """All who reported it, also by a ticket that was merged into it, or handled it as staff: none of them claims it."""

    def settled(self, history: History) -> "Offer":
        """The offer as it stands after the ticket's known steps."""
        reason, area = history.ending(self.offer_id), history.moved_to(self.offer_id) or self.area_path
        known = replace(self, area_path=area, reporter_ids=history.reporter_ids)
        if reason is not None:
            return replace(known, state=OfferState.CLOSED, reason=reason)
        state = OfferState.OPEN if self.claim_id is None else OfferState.TAKEN
        return replace(known, state=state, reason=None)

    def held_by(self, claim_id: str | None) -> "Offer":
        """The offer with this claim as its holder, or given back with None."""
        return replace(self, claim_id=claim_id)


def settle(offers: Iterable[Offer], history: History) -> list[Offer]:
    """Those of a ticket's offers that its steps change."""
    pairs = ((offer, offer.settled(history)) for offer in offers)
    return [after for before, after in pairs if after != before]
