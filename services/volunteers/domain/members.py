"""Members (志愿者): a person asks to be one, the community or the station head agrees (双报到)."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.volunteers.domain.refusals import Refused

SUSPENSION_REASONS = ("asked_by_person", "conduct", "safety", "long_inactive", "other")
"""Why a member is suspended; who decides chooses one *(ours)*."""


class MemberState(StrEnum):
    REGISTERED = "registered"
    APPROVED = "approved"
    SUSPENDED = "suspended"


@dataclass(frozen=True, slots=True)
class Slot:
    """Hours of the week in which a member has time: ISO weekday (1 is Monday), minutes from midnight."""

    weekday: int
    from_minute: int
    to_minute: int


@dataclass(frozen=True, slots=True)
class Member:
    """A volunteer. `sealed_contact` is a sealed token, never the name or the number itself."""

    member_id: str
    person_id: str
    area_path: str
    skills: tuple[str, ...]
    availability: tuple[Slot, ...]
    state: MemberState
    registered_at: datetime
    consented_at: datetime
    sealed_contact: str | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    reason_code: str | None = None
    """Why he is suspended, one of `SUSPENSION_REASONS`; None for who is not."""
    sequence: int = 1
    """Counts the changes of the record; its ETag."""
    published: int = 1
    """Sequence of the last event about this member."""


def register(
    member_id: str,
    person_id: str,
    area_path: str,
    skills: Iterable[str],
    availability: Iterable[Slot],
    sealed_contact: str | None,
    now: datetime,
) -> Member:
    """A person who asks to be a member, with consent given now."""
    return Member(
        member_id=member_id,
        person_id=person_id,
        area_path=area_path,
        skills=tuple(sorted(set(skills))),
        availability=tuple(availability),
        state=MemberState.REGISTERED,
        registered_at=now,
        consented_at=now,
        sealed_contact=sealed_contact,
    )


def approve(member: Member, by: str, now: datetime) -> Member:
    """Let a registered member help, or a suspended one help again. Nobody approves himself. Raises Refused."""
    if by == member.person_id:
        raise Refused("own-approval")
    if member.state is MemberState.APPROVED:
        raise Refused("member-state", state=member.state.value, step="approve")
    return _decided(member, MemberState.APPROVED, by, now, None)


def suspend(member: Member, by: str, reason_code: str, now: datetime) -> Member:
    """Stop an approved member from claiming, and say why. Raises Refused."""
    if member.state is not MemberState.APPROVED:
        raise Refused("member-state", state=member.state.value, step="suspend")
    return _decided(member, MemberState.SUSPENDED, by, now, reason_code)


def _decided(member: Member, state: MemberState, by: str, now: datetime, reason_code: str | None) -> Member:
    return replace(
        member, state=state, decided_by=by, decided_at=now, reason_code=reason_code, sequence=member.sequence + 1,
        published=member.published + 1,
    )  # fmt: skip


def require_active(member: Member | None) -> Member:
    """The member, if he may take tickets now. Raises Refused."""
    if member is None:
        raise Refused("not-a-member")
    if member.state is not MemberState.APPROVED:
        raise Refused("member-not-active", state=member.state.value)
    return member
