"""Members: who may help, and who says so."""

import pytest

from services.volunteers.domain.contact import Contact
from services.volunteers.domain.members import Member, MemberState, Slot, require_active
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
    suspended = members.suspend(world, members.approve(world, registered(world), by="wang"), by="wang")
    with refusal("member-not-active"):
        require_active(suspended)
    assert require_active(members.approve(world, suspended, by="wang")).state is MemberState.APPROVED


def test_only_an_approved_member_is_suspended() -> None:
    world = World()
    with refusal("member-state"):
        members.suspend(world, registered(world), by="wang")


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
