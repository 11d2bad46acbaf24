"""What tickets says of a ticket opens and closes its offers, and answers the claims."""

from typing import Any

from services.contracts.types import Event
from services.volunteers.domain import claims
from services.volunteers.domain.offers import OFFERED, RELOCATED, History, Offer, Step, settle
from services.volunteers.handlers.barred import barred_from
from services.volunteers.handlers.claims import release
from services.volunteers.handlers.ports import OfferStore


def on_offered(store: OfferStore, event: Event) -> None:
    """ticket.offered: the ticket stands open, unless a later step is known already."""
    offer_id = event.data["offer_id"]
    if store.offer(offer_id) is None:
        store.save_offer(_offer(event))
    _step(store, event, Step(event.sequence, OFFERED, offer_id))


def on_assigned(store: OfferStore, event: Event) -> None:
    """ticket.assigned: to the claim that won, or to somebody else; the offer is closed either way."""
    _step(store, event, Step(event.sequence, "assigned"))
    claim = store.claim(event.data["claim_id"]) if event.data["claim_id"] else None
    if claim is None:
        return
    confirmed = claims.confirm(claim, store.now)
    if confirmed != claim:
        store.save_claim(confirmed)


def on_claim_declined(store: OfferStore, event: Event) -> None:
    """ticket.claim_declined: the claim is released and its offer closed.

    While the ticket stands open under another offer, that one is untouched. And when its member had asked to give it
    back, or was suspended, his offer stands for others.
    """
    claim = store.claim(event.data["claim_id"])
    if event.data["ticket"]["state"] != OFFERED:
        _step(store, event, Step(event.sequence, "declined"))
    elif claim is None or not claims.leaves_its_offer(claim):
        _step(store, event, Step(event.sequence, "declined", event.data["offer_id"]))
    if claim is None:
        return
    released = claims.decline(claim, store.now)
    if released != claim:
        release(store, released)


def on_withdrawal_declined(store: OfferStore, event: Event) -> None:
    """ticket.withdrawal_declined: he was under way with it, or it was over: the claim stands as it was."""
    claim = store.claim(event.data["claim_id"])
    if claim is not None and (kept := claims.keep(claim, store.now)) != claim:
        store.save_claim(kept)


def on_duplicate_added(store: OfferStore, event: Event) -> None:
    """ticket.duplicate_added: more people reported it, somebody merged it. It is no longer offered to them."""
    history = store.history(event.data["ticket"]["ticket_id"])
    longer = history.with_reporters(barred_from(event.data["ticket"]))
    if longer != history:
        store.save_history(longer)
    _settle(store, longer)


def on_handed_back(store: OfferStore, event: Event) -> None:
    """ticket.handed_back: if a volunteer had it in hand, who is disabled or suspended, his claim ends; nothing else
    changes."""
    _end_claim(store, event)


def on_relocated(store: OfferStore, event: Event) -> None:
    """ticket.relocated: its place lies elsewhere in the tree; who sees its offers changes, nothing else."""
    _step(store, event, Step(event.sequence, RELOCATED, area_path=event.data["ticket"]["area_path"]))


def on_moved_on(store: OfferStore, event: Event) -> None:
    """Any other step that takes a ticket out of the members' reach: resolved, confirmed, reopened, closed and so on."""
    _step(store, event, Step(event.sequence, event.type.removeprefix("ticket.")))


def _step(store: OfferStore, event: Event, step: Step) -> None:
    """Add the step to the ticket's history and let its offers follow."""
    ticket_id = event.data["ticket"]["ticket_id"]
    history = store.history(ticket_id)
    longer = history.with_step(step).with_reporters(barred_from(event.data["ticket"]))
    if longer != history:
        store.save_history(longer)
    _settle(store, longer)
    _end_claim(store, event)


def _end_claim(store: OfferStore, event: Event) -> None:
    """What was taken out of a volunteer's hands is not his any more, also where this is heard before he got it."""
    former = event.data.get("former_claim_id")
    claim = store.claim(former) if former else None
    if claim is not None and (ended := claims.take_back(claim, store.now)) != claim:
        release(store, ended)


def _settle(store: OfferStore, history: History) -> None:
    offers = store.offers_of(history.ticket_id)
    for offer in settle(offers, history):
        store.save_offer(offer)
    for offer in offers:
        held = store.claim(offer.claim_id) if offer.claim_id and history.is_over(offer.offer_id) else None
        if held is not None and not held.over:
            store.save_claim(claims.finish(held))


def _offer(event: Event) -> Offer:
    ticket: dict[str, Any] = event.data["ticket"]
    return Offer(
        offer_id=event.data["offer_id"],
        ticket_id=ticket["ticket_id"],
        round=ticket["round"],
        number=ticket["number"],
        kind=ticket["kind"],
        category=ticket["category"],
        urgent=ticket["urgent"],
        area_path=ticket["area_path"],
        skills=tuple(event.data["skills"]),
        reporter_id=ticket["reporter_id"],
        offered_at=event.occurred_at,
    )
