"""The events of `contracts/volunteers.py`, built from the domain's own words."""

from typing import Any

from services.contracts.types import NewEvent
from services.volunteers.domain.claims import Claim
from services.volunteers.domain.ledger import Transaction, TransactionKind
from services.volunteers.domain.members import Member


def member_registered(member: Member) -> NewEvent:
    return _member("member.registered", member)


def member_approved(member: Member, *, after_suspension: bool) -> NewEvent:
    return _member("member.approved", member, after_suspension=after_suspension)


def member_suspended(member: Member) -> NewEvent:
    return _member("member.suspended", member)


def suspension_told(told_id: str, member: Member, sealed: str) -> NewEvent:
    """Private: why, sealed, for notifications alone."""
    data = {"person_id": member.person_id, "sealed": sealed}
    return NewEvent("member.suspension_told", told_id, 1, member.area_path, data)


def _member(event_type: str, member: Member, **more: Any) -> NewEvent:
    data = {
        "member_id": member.member_id,
        "person_id": member.person_id,
        "state": member.state.value,
        "area_path": member.area_path,
        "skills": list(member.skills),
    }
    return NewEvent(event_type, member.member_id, member.published, member.area_path, {"member": data, **more})


def recipient_upserted(member: Member, sealed: str) -> NewEvent:
    """Private: how the person can be reached, sealed. A member registers once, so it is the only one we publish."""
    data = {"person_id": member.person_id, "sealed": sealed}
    return NewEvent("recipient.upserted", member.person_id, 1, member.area_path, data)


def claim_won(claim: Claim) -> NewEvent:
    return NewEvent("claim.won", claim.claim_id, 1, claim.area_path, _claim(claim))


def claim_withdrawn(claim: Claim) -> NewEvent:
    return NewEvent("claim.withdrawn", claim.claim_id, 2, claim.area_path, _claim(claim))


def claim_revoked(claim: Claim) -> NewEvent:
    return NewEvent("claim.revoked", claim.claim_id, 2 + claim.asked_back, claim.area_path, _claim(claim))


def claim_released(claim: Claim) -> NewEvent:
    """Of a claim that is revoked its member does not ask any more, so that all have their numbers."""
    data = {**_claim(claim), "reason": claim.reason}
    return NewEvent("claim.released", claim.claim_id, 2 + claim.asked_back + claim.revoked, claim.area_path, data)


def _claim(claim: Claim) -> dict[str, Any]:
    return {
        "claim_id": claim.claim_id,
        "offer_id": claim.offer_id,
        "ticket_id": claim.ticket_id,
        "round": claim.round,
        "member_id": claim.member_id,
        "person_id": claim.person_id,
    }


def points_posted(transaction: Transaction) -> NewEvent:
    """points.awarded or points.reversed; the aggregate is the person's account."""
    data: dict[str, Any] = {
        "posting_id": transaction.posting_id,
        "person_id": transaction.person_id,
        "rule": transaction.rule,
        "points": transaction.points,
        "ticket_id": transaction.ticket_id,
        "round": transaction.round,
        "balance": transaction.balance,
    }
    event_type = "points.awarded"
    if transaction.kind is TransactionKind.REVERSAL:
        event_type, data["reverses"] = "points.reversed", transaction.reverses
    return NewEvent(event_type, transaction.person_id, transaction.sequence, transaction.area_path, data)
