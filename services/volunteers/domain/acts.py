"""Acts of those who decide on members as the trail keeps them: ids, areas and codes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.volunteers.domain.members import Member, MemberState

ACTIONS = ("member-approved", "member-suspended")


@dataclass(frozen=True, slots=True)
class Act:
    """What was done to which member, over which areas."""

    action: str
    subject: str
    areas: tuple[str, ...]
    detail: Mapping[str, Any] = field(default_factory=dict)


def decided_act(member: Member, before: Member) -> Act:
    """A member who was approved or suspended; with the state that it ended, and why that was so or is so now."""
    action = "member-approved" if member.state is MemberState.APPROVED else "member-suspended"
    detail = {
        "person_id": member.person_id, "state": {"before": before.state.value, "after": member.state.value},
        "reason_code": member.reason_code or before.reason_code,
    }  # fmt: skip
    return Act(action, member.member_id, (member.area_path,), detail)
