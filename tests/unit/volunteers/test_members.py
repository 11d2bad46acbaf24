"""Members: who may help, and who says so."""

from functools import partial

import pytest

from services.contracts import volunteers
from services.volunteers.domain.contact import Contact
from services.volunteers.domain.members import SUSPENSION_REASONS, Member, MemberState, Slot, require_active
from services.volunteers.handlers import members
from tests.unit.volunteers.world import COMMUNITY, World, refusal


def registered(world: World, sealed: members.Sealed | None = None) -> Member:
    return members.register(world, "li", COMMUNITY, ["plumbing", "electric", "electric"], [Slot(6, 480, 720)], sealed)


def test_a_registration_is_published_without_anything_personal() -> None:
    world = World()
    member = registered(world, members.Sealed("gAAAAA-kept", "gAAAAA-told"))
    (event,) = world.told("member.registered")
    assert event.data == {
        "member": {
            "member_id": member.member_id,
            "person_id": "li",
            "state": "registered",
            "area_path": COMMUNITY,
            "skills": ["electric", "plumbing"],
        }
    }


def test_a_contact_goes_out_sealed_and_privately() -> None:
    world = World()
    registered(world, members.Sealed("gAAAAA-kept", "gAAAAA-told"))
    (event,) = world.told("recipient.upserted")
    assert event.data == {"person_id": "li", "sealed": "gAAAAA-told"}


def test_who_gives_no_contact_has_none_published() -> None:
    world = World()
    registered(world)
    assert world.told("recipient.upserted") == []


def test_nobody_registers_twice() -> None:
    world = World()
    registered(world)
    with refusal("member-exists"):
        registered(world)
    assert len(world.members) == 1


def test_the_community_approves() -> None:
    world = World()
    approved = members.approve(world, registered(world), by="wang")
    assert (approved.state, approved.decided_by) == (MemberState.APPROVED, "wang")
    assert world.told("member.approved")[0].sequence == 2
    assert require_active(world.member_of("li")) == approved


def test_nobody_approves_himself() -> None:
    world = World()
    member = registered(world)
    with refusal("own-approval"):
        members.approve(world, member, by="li")
    assert world.members[member.member_id].state is MemberState.REGISTERED


def test_an_approved_member_is_not_approved_again() -> None:
    world = World()
    approved = members.approve(world, registered(world), by="wang")
    with refusal("member-state"):
        members.approve(world, approved, by="wang")


def test_a_suspended_member_may_not_claim_until_approved_again() -> None:
    world = World()
    suspended = members.suspend(world, members.approve(world, registered(world), "wang"), "wang", "conduct", "sealed")
    with refusal("member-not-active"):
        require_active(suspended)
    assert require_active(members.approve(world, suspended, by="wang")).state is MemberState.APPROVED


def test_a_suspension_is_told_with_its_reason_and_who_decided_stays() -> None:
    """Of what was decided before the record of the member itself says nothing any more."""
    world = World()
    member = registered(world)
    stop = partial(members.suspend, reason_code="safety", sealed="a-seal")
    for by, decide in (("wang", members.approve), ("zhao", stop), ("qian", members.approve)):
        member = decide(world, member, by)
    told = [(event.type, event.sequence, event.data.get("sealed"), event.data.get("after_suspension"))
            for event in world.emitted]  # fmt: skip
    assert told == [
        ("member.registered", 1, None, None),
        ("member.approved", 2, None, False),
        ("member.suspended", 3, None, None),
        ("member.suspension_told", 1, "a-seal", None),
        ("member.approved", 4, None, True),
    ]
    kept = [(by, act.action, act.subject, act.areas, act.detail["state"], act.detail["reason_code"])
            for by, act in world.acts]  # fmt: skip
    which = (member.member_id, (COMMUNITY,))
    assert kept == [
        ("wang", "member-approved", *which, {"before": "registered", "after": "approved"}, None),
        ("zhao", "member-suspended", *which, {"before": "approved", "after": "suspended"}, "safety"),
        ("qian", "member-approved", *which, {"before": "suspended", "after": "approved"}, "safety"),
    ]
    assert (member.decided_by, member.reason_code) == ("qian", None)


def test_what_is_refused_leaves_no_act() -> None:
    world = World()
    member = registered(world)
    with refusal("own-approval"):
        members.approve(world, member, by="li")
    with refusal("member-state"):
        members.suspend(world, member, "wang", "other", "sealed")
    assert world.acts == []


def test_the_reasons_are_those_of_the_contract() -> None:
    assert SUSPENSION_REASONS == volunteers.SUSPENSION_REASONS


def test_only_an_approved_member_is_suspended() -> None:
    world = World()
    with refusal("member-state"):
        members.suspend(world, registered(world), "wang", "other", "sealed")


def test_a_stranger_may_not_claim() -> None:
    with refusal("not-a-member"):
        require_active(None)


@pytest.mark.parametrize(
    ("contact", "shown"),
    [
        (Contact("张小红", "13800005678", "xiaohong@example.org"), Contact("张**", "138****5678", "x***@example.org")),
        (Contact("张小红"), Contact("张**")),
        (Contact("张", email="z@example.org"), Contact("*", email="***@example.org")),
        (Contact(telephone="03506665678"), Contact(telephone="*********78")),
        (Contact(), Contact()),
    ],
)
def test_contact_data_are_shown_masked(contact: Contact, shown: Contact) -> None:
    assert contact.masked() == shown
