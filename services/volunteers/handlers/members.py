"""Members: register, approve, suspend."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.volunteers.domain import members
from services.volunteers.domain.acts import decided_act
from services.volunteers.domain.members import Member, MemberState, Slot
from services.volunteers.domain.refusals import Refused
from services.volunteers.handlers.claims import revoke_claims
from services.volunteers.handlers.events import (
    member_approved,
    member_registered,
    member_suspended,
    recipient_upserted,
    suspension_told,
)
from services.volunteers.handlers.ports import MemberStore, SuspendingStore


@dataclass(frozen=True, slots=True)
class Sealed:
    """How a person can be reached, sealed twice: as this service keeps it, and as it is told to notifications."""

    kept: str
    told: str


def register(
    store: MemberStore,
    person_id: str,
    area_path: str,
    skills: Iterable[str],
    availability: Iterable[Slot],
    contact: Sealed | None,
) -> Member:
    """A person asks to be a member; once. `contact` is None when he gave none. Raises Refused."""
    if store.member_of(person_id) is not None:
        raise Refused("member-exists")
    kept = contact.kept if contact else None
    member = members.register(store.new_id(), person_id, area_path, skills, availability, kept, store.now)
    store.save_member(member)
    store.emit(member_registered(member))
    if contact is not None:
        store.emit(recipient_upserted(member, contact.told))
    return member


def approve(store: MemberStore, member: Member, by: str) -> Member:
    """Raises Refused for one's own membership and for a member who is approved already."""
    approved = members.approve(member, by, store.now)
    store.save_member(approved)
    store.record(by, decided_act(approved, member))
    store.emit(member_approved(approved, after_suspension=member.state is MemberState.SUSPENDED))
    return approved


def suspend(store: SuspendingStore, member: Member, by: str, reason_code: str, sealed: str) -> Member:
    """What he has in hand by claims is taken from him: a claim at the same time writes his row too, and so comes
    before, and is seen here, or after, and is refused.

    `sealed`: the reason once more, for notifications, which tells him. Raises Refused unless he is approved.
    """
    suspended = members.suspend(member, by, reason_code, store.now)
    store.save_member(suspended)
    store.record(by, decided_act(suspended, member))
    store.emit(member_suspended(suspended))
    store.emit(suspension_told(store.new_id(), suspended, sealed))
    revoke_claims(store, member.person_id)
    return suspended
