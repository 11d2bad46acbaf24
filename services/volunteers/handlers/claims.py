"""Claims: a member takes an offer, or asks to give it back; who is suspended has all his taken from him."""

from services.volunteers.domain import claims
from services.volunteers.domain.claims import MOST_IN_A_DAY, Before, Claim
from services.volunteers.domain.members import require_active
from services.volunteers.domain.refusals import Refused
from services.volunteers.handlers.events import claim_released, claim_revoked, claim_withdrawn, claim_won
from services.volunteers.handlers.ports import OfferStore


def claim_offer(store: OfferStore, offer_id: str, person_id: str, most: int = MOST_IN_A_DAY) -> Claim:
    """The person's claim wins the offer, or Refused is raised: of all who try, exactly one gets it.

    `most`: so many may one member make in a day.
    """
    member = require_active(store.member_of(person_id))
    offer = store.offer(offer_id)
    if offer is None:
        raise Refused("not-found")
    in_the_day = store.claimed_since(person_id, store.now - claims.DAY)
    before = Before(store.gave_back(person_id), len(store.claims_in_hand(person_id)), in_the_day)
    taken, claim = claims.win(offer, member, store.new_id(), store.now, before, most)
    store.hold_member(member)
    store.save_offer(taken)
    store.save_claim(claim)
    store.emit(claim_won(claim))
    return claim


def withdraw_claim(store: OfferStore, claim_id: str, person_id: str) -> Claim:
    """Ask tickets to take the claim back, which answers by what becomes of the ticket. Raises Refused."""
    claim = store.claim(claim_id)
    if claim is None:
        raise Refused("not-found")
    asked = claims.withdraw(claim, person_id)
    store.save_claim(asked)
    store.emit(claim_withdrawn(asked))
    return asked


def revoke_claims(store: OfferStore, person_id: str) -> None:
    """Ask tickets to take from him what he has in hand, each once, however often he is suspended meanwhile."""
    for claim in store.claims_in_hand(person_id):
        if not claim.revoked:
            revoked = claims.revoke(claim)
            store.save_claim(revoked)
            store.emit(claim_revoked(revoked))


def release(store: OfferStore, released: Claim) -> None:
    """Keep a claim that was just released, tell of it and free its offer."""
    store.save_claim(released)
    store.emit(claim_released(released))
    offer = store.offer(released.offer_id)
    if offer is not None:
        store.save_offer(offer.held_by(None).settled(store.history(offer.ticket_id)))
