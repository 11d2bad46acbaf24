"""Claims (认领): a member takes an offer. Exactly one claim wins; tickets confirms or declines it.

Tickets alone decides who has a ticket, so it also decides whether a claim that its member wants to give back ends, and
what becomes of a ticket whose member is suspended.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from services.volunteers.domain.members import Member
from services.volunteers.domain.offers import Offer, OfferState
from services.volunteers.domain.refusals import Refused


class ClaimState(StrEnum):
    WON = "won"
    """Won here; tickets has not answered yet."""
    CONFIRMED = "confirmed"
    """Tickets assigned the ticket to the member."""
    WITHDRAWING = "withdrawing"
    """The member asked to give it back; tickets has not answered yet."""
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class Claim:
    claim_id: str
    offer_id: str
    ticket_id: str
    round: int
    member_id: str
    person_id: str
    area_path: str
    won_at: datetime
    state: ClaimState = ClaimState.WON
    reason: str | None = None
    answered_at: datetime | None = None
    over: bool = False
    """Whether the ticket was solved, or ended, since it was taken: it is not in hand any more."""
    asked_back: bool = False
    """Whether the member ever asked to give it back."""
    kept: bool = False
    """Whether tickets said that he might not any more."""
    revoked: bool = False
    """Whether tickets was asked to take it from him, since he was suspended."""

    @property
    def in_hand(self) -> bool:
        return self.state is not ClaimState.RELEASED and not self.over


MOST_IN_HAND = 5
"""Claims that a member may have in hand at once *(ours)*: each shows where a resident lives."""
MOST_IN_A_DAY = 20
"""Claims that a member may make in `DAY` *(ours)*, unless the setting says otherwise: what was solved, or given back,
at once has shown a resident all the same."""
DAY = timedelta(days=1)
"""Any 24 hours of business time, not one from midnight to midnight."""
Round = tuple[str, int]
"""A round of a ticket: its id and the number of the round."""
WITHDRAWN, TAKEN_BACK = "withdrawn", "taken_back"


@dataclass(frozen=True, slots=True)
class Before:
    """What a member has claimed so far."""

    gave_back: Collection[Round] = ()
    in_hand: int = 0
    in_the_day: int = 0
    """In the `DAY` before now, whatever became of it."""


def fits(offer: Offer, member: Member) -> bool:
    """Whether the member has the skills, did not report it or what was merged into it, nor handled it as staff."""
    reported = member.person_id in (offer.reporter_id, *offer.reporter_ids)
    return set(offer.skills) <= set(member.skills) and not reported


def reaches(offer: Offer, member: Member) -> bool:
    """Whether the offer lies in the member's area; what lies outside he does not even see."""
    return offer.area_path.startswith(member.area_path)


_NOTHING = Before()


def win(
    offer: Offer, member: Member, claim_id: str, now: datetime, before: Before = _NOTHING, most: int = MOST_IN_A_DAY
) -> tuple[Offer, Claim]:
    """The member takes the offer: the offer as taken and his claim. `most`: so many in a day. Raises Refused.

    What he gave back he does not take again in the same round: claimed and given back every hour, nobody else got it.
    """
    if not reaches(offer, member):
        raise Refused("not-found")
    if offer.claim_id is not None:
        raise Refused("offer-taken")
    if offer.state is not OfferState.OPEN:
        raise Refused("offer-closed", reason=offer.reason)
    if not fits(offer, member):
        raise Refused("offer-does-not-fit")
    if (offer.ticket_id, offer.round) in before.gave_back:
        raise Refused("gave-it-back")
    if before.in_hand >= MOST_IN_HAND:
        raise Refused("too-many-claims", most=MOST_IN_HAND, in_hand=before.in_hand)
    if before.in_the_day >= most:
        raise Refused("too-many-claims-today", most=most)
    claim = Claim(
        claim_id, offer.offer_id, offer.ticket_id, offer.round, member.member_id, member.person_id, offer.area_path, now
    )
    return replace(offer, state=OfferState.TAKEN, claim_id=claim_id), claim


def withdraw(claim: Claim, person_id: str) -> Claim:
    """The member asks to give the claim back, once, and not when the ticket is known to be solved or ended. It is his
    until tickets has answered. Raises Refused."""
    if claim.person_id != person_id:
        raise Refused("not-found")
    if claim.over:
        raise Refused("claim-state", state="over")
    if claim.state in (ClaimState.WITHDRAWING, ClaimState.RELEASED):
        raise Refused("claim-state", state=claim.state.value)
    if claim.revoked:
        raise Refused("claim-state", state="revoked")
    if claim.asked_back:
        raise Refused("claim-under-way")
    return replace(claim, state=ClaimState.WITHDRAWING, asked_back=True)


def revoke(claim: Claim) -> Claim:
    """Its member is suspended: ask tickets to take it from him. It is his until tickets has answered."""
    return replace(claim, revoked=True)


def leaves_its_offer(claim: Claim) -> bool:
    """Whether its offer stands for others where tickets declines it, since it is to be his no more."""
    return claim.state is not ClaimState.WON or claim.revoked


def keep(claim: Claim, now: datetime) -> Claim:
    """Tickets did not let him give it back: he had begun with it, or it was over. Whatever ends it, he did not."""
    kept = replace(claim, kept=True, reason=TAKEN_BACK if claim.reason == WITHDRAWN else claim.reason)
    if claim.state is not ClaimState.WITHDRAWING:
        return kept
    return replace(kept, state=ClaimState.CONFIRMED, answered_at=now)


def confirm(claim: Claim, now: datetime) -> Claim:
    """Tickets assigned the ticket to the claim. A claim that was answered before, or waits to end, stays as it is."""
    if claim.state is not ClaimState.WON:
        return claim
    return replace(claim, state=ClaimState.CONFIRMED, answered_at=now)


def decline(claim: Claim, now: datetime) -> Claim:
    """Tickets did not take the claim. A claim that was answered before stays as it is."""
    if claim.state not in (ClaimState.WON, ClaimState.WITHDRAWING):
        return claim
    return _released(claim, TAKEN_BACK if claim.revoked else "declined", now)


def take_back(claim: Claim, now: datetime) -> Claim:
    """The ticket went into other hands before it was solved. A claim that had ended before stays as it is."""
    return claim if claim.state is ClaimState.RELEASED else _released(claim, TAKEN_BACK, now)


def finish(claim: Claim) -> Claim:
    """The ticket was solved, or ended: the claim stays as it is, and is not in hand any more."""
    return replace(claim, over=True)


def _released(claim: Claim, reason: str, now: datetime) -> Claim:
    """What he asked to give back he gave back, unless tickets says, before or after, that he might not any more."""
    because = WITHDRAWN if claim.asked_back and not claim.kept else reason
    return replace(claim, state=ClaimState.RELEASED, reason=because, answered_at=now)
