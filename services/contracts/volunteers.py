"""What volunteers publishes: members, claims and points."""

from typing import Any

from marshmallow import fields, validate

from services.contracts.types import EventData, EventType

MEMBER_STATES = ("registered", "approved", "suspended")
SUSPENSION_REASONS = ("asked_by_person", "conduct", "safety", "long_inactive", "other")
"""Why a member is suspended; who decides chooses one."""


class Member(EventData):
    """A volunteer, without name or telephone."""

    member_id = fields.String(required=True)
    person_id = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(MEMBER_STATES))
    area_path = fields.String(required=True)
    skills = fields.List(fields.String(), required=True)


class MemberEvent(EventData):
    member = fields.Nested(Member, required=True)


class MemberApproved(MemberEvent):
    after_suspension = fields.Boolean(
        load_default=False, metadata={"description": "whether he was suspended before, and helps again"}
    )


class SuspensionTold(EventData):
    """Why is nobody's business but his and that of those who administer the area; partners read public events."""

    person_id = fields.String(required=True)
    sealed = fields.String(
        required=True, metadata={"description": 'a Fernet token over {"reason_code"}, one of SUSPENSION_REASONS'}
    )


class Claim(EventData):
    """A member took an offered ticket. Exactly one claim of an offer is won."""

    claim_id = fields.String(required=True)
    offer_id = fields.String(required=True)
    ticket_id = fields.String(required=True)
    round = fields.Integer(required=True)
    member_id = fields.String(required=True)
    person_id = fields.String(required=True)


class ClaimReleased(Claim):
    reason = fields.String(required=True, metadata={"description": "a code: declined, withdrawn, taken_back"})


class Points(EventData):
    """A posting in a person's points account."""

    posting_id = fields.String(required=True)
    person_id = fields.String(required=True)
    rule = fields.String(required=True)
    points = fields.Integer(required=True, metadata={"description": "whole points, always positive"})
    ticket_id = fields.String(allow_none=True, load_default=None)
    round = fields.Integer(allow_none=True, load_default=None)
    balance = fields.Integer(required=True, metadata={"description": "of the account after the posting"})


class PointsReversed(Points):
    reverses = fields.String(required=True, metadata={"description": "posting_id of the award"})


_PERSON = "01920c5e-0000-7000-8000-0000000000ee"
_V = ("volunteers",)


def _member(state: str, **more: Any) -> Any:
    return lambda: {
        "member": {
            "member_id": "01920c5e-0000-7000-8000-0000000000ef",
            "person_id": _PERSON,
            "state": state,
            "area_path": "/hequ/xikou/binhe/",
            "skills": ["electric"],
        },
        **more,
    }


def _claim(**more: Any) -> Any:
    return lambda: {
        "claim_id": "01920c5e-0000-7000-8000-0000000000dd",
        "offer_id": "01920c5e-0000-7000-8000-0000000000cc",
        "ticket_id": "01920c5e-0000-7000-8000-000000000001",
        "round": 1,
        "member_id": "01920c5e-0000-7000-8000-0000000000ef",
        "person_id": _PERSON,
        **more,
    }


def _points(**more: Any) -> Any:
    return lambda: {
        "posting_id": "01920c5e-0000-7000-8000-0000000000f0",
        "person_id": _PERSON,
        "rule": "request-solved/1",
        "points": 10,
        "ticket_id": "01920c5e-0000-7000-8000-000000000001",
        "round": 1,
        "balance": 10,
        **more,
    }


EVENTS = (
    EventType("member.registered", _V, "A person asked to be a member.", MemberEvent, _member("registered")),
    EventType("member.approved", _V, "The community approved a member, also again after a suspension.",
              MemberApproved, _member("approved", after_suspension=False), version="1.1"),
    EventType("member.suspended", _V, "The community suspended a member; what he has in hand is revoked.",
              MemberEvent, _member("suspended")),
    EventType("member.suspension_told", _V, "Why a member is suspended, sealed; on the private exchange only.",
              SuspensionTold, lambda: {"person_id": _PERSON, "sealed": "gAAAAA-example"}, private=True),
    EventType("claim.won", _V, "A member's claim won the offer.", Claim, _claim()),
    EventType("claim.withdrawn", _V, "Its member asks to give a claim back; tickets answers.", Claim, _claim()),
    EventType("claim.revoked", _V, "Its member is suspended: tickets takes the ticket from him, unless it is solved.",
              Claim, _claim()),
    EventType("claim.released", _V, "A claim has ended without the ticket being solved by it.", ClaimReleased,
              _claim(reason="declined")),
    EventType("points.awarded", _V, "Points were paid for a verified deed.", Points, _points()),
    EventType("points.reversed", _V, "A payment was taken back.", PointsReversed,
              _points(balance=0, reverses="01920c5e-0000-7000-8000-0000000000f0")),
)  # fmt: skip
