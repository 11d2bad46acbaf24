"""Members: register, approve, suspend."""

from collections.abc import Iterable

from services.volunteers.domain import members
from services.volunteers.domain.members import Member, Slot
from services.volunteers.domain.refusals import Refused
from services.volunteers.handlers.events import member_approved, member_registered, recipient_upserted
from services.volunteers.handlers.ports import MemberStore


def register(
    store: MemberStore,
    person_id: str,
    area_path: str,
    skills: Iterable[str],
    availability: Iterable[Slot],
    sealed_contact: str | None,
) -> Member:
    """A person asks to be a member; once. `sealed_contact` is None when he gave none. Raises Refused."""
    if store.member_of(person_id) is not None:
        raise Refused("member-exists")
    member = members.register(store.new_id(), person_id, area_path, skills, availability, sealed_contact, store.now)
    store.save_member(member)
    store.emit(member_registered(member))
    if sealed_contact is not None:
        store.emit(recipient_upserted(member, sealed_contact))
    return member


def approve(store: MemberStore, member: Member, by: str) -> Member:
    """Raises Refused for one's own membership and for a member who is approved already."""
    approved = members.approve(member, by, store.now)
    store.save_member(approved)
    store.emit(member_approved(approved))
    return approved


def suspend(store: MemberStore, member: Member, by: str) -> Member:
    """Raises Refused unless the member is approved. The contract has no event for it: only claims ask."""
    suspended = members.suspend(member, by, store.now)
    store.save_member(suspended)
    return suspended
