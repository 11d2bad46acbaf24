"""What tickets publishes: places, and every step in the life of a ticket (诉求 and the other kinds)."""

from dataclasses import replace
from typing import Any

from marshmallow import fields, validate

from services.contracts.types import EventData, EventType

STATES = (
    "filed", "accepted", "offered", "assigned", "on_site", "planned", "resolved", "confirmed", "closed", "rejected",
    "cancelled", "merged",
)  # fmt: skip
SEVERITIES = ("ordinary", "complex", "special", "major")
LEVELS = ("grid", "community", "street", "district")
HANDLING_MODES = ("urgent_on_site", "administrative", "discovered", "accepted", "hard")
WAYS = ("account", "secret", "slip", "staff")
"""How a reporter's word came."""
THROUGH_STAFF = frozenset({"slip", "staff"})
"""Those of them that passed through the hands of staff, or may have: they earn nobody points and count apart."""
SAID_AT = ("desk", "telephone")
CLOCK_STATES = ("running", "paused", "met", "breached", "waived", "unknown")


class Place(EventData):
    """An area of the tree, or a station. Names of places are not personal."""

    id = fields.String(required=True)
    level = fields.String(
        required=True, metadata={"description": "county, street, community, grid, compound, building, station"}
    )
    name = fields.String(required=True)
    area_path = fields.String(required=True)


class PlaceDefined(EventData):
    place = fields.Nested(Place, required=True)


class Station(Place):
    """Where it stands and what it is; who has a duty there is not told."""

    state = fields.String(
        load_default="open", metadata={"description": "planned, building, open, closed; only an open one takes tickets"}
    )
    type = fields.String(allow_none=True, load_default=None)
    parent = fields.String(allow_none=True, load_default=None, metadata={"description": "the centre above it"})
    grid = fields.String(allow_none=True, load_default=None)


class StationDefined(EventData):
    place = fields.Nested(Station, required=True)


class PlaceMoved(PlaceDefined):
    """Whatever lay beneath the place lies beneath its new path now; `contracts.areas.moved` says how."""

    from_path = fields.String(required=True)


class Clock(EventData):
    """One promised time of a ticket."""

    name = fields.String(
        required=True,
        metadata={"description": "arrival, solution, plan, planned_date, external or a level; plan-2: once more"},
    )
    round = fields.Integer(required=True)
    state = fields.String(
        required=True, validate=validate.OneOf(CLOCK_STATES),
        metadata={"description": "what was met by being offered or taken up runs again once that is given back"},
    )  # fmt: skip
    started_at = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(allow_none=True, load_default=None)
    finished_at = fields.AwareDateTime(allow_none=True, load_default=None)


class Item(EventData):
    """An item of a checklist."""

    code = fields.String(required=True)
    done_at = fields.AwareDateTime(allow_none=True, load_default=None)


class ExternalRef(EventData):
    system = fields.String(required=True)
    id = fields.String(required=True)


class TicketState(EventData):
    """A ticket's full state without anything personal: persons appear by their `person_id` only."""

    ticket_id = fields.String(required=True)
    number = fields.String(required=True)
    kind = fields.String(required=True)
    channel = fields.String(required=True)
    category = fields.String(allow_none=True, load_default=None)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    round = fields.Integer(required=True, metadata={"description": "1, and one more with each reopening"})
    urgent = fields.Boolean(required=True)
    severity = fields.String(allow_none=True, load_default=None, validate=validate.OneOf(SEVERITIES))
    level = fields.String(required=True, validate=validate.OneOf(LEVELS))
    area_path = fields.String(required=True, metadata={"description": "path of the grid"})
    grid_id = fields.String(required=True)
    compound_id = fields.String(allow_none=True, load_default=None)
    building_id = fields.String(allow_none=True, load_default=None)
    station_id = fields.String(allow_none=True, load_default=None)
    reporter_id = fields.String(allow_none=True, load_default=None)
    owner_id = fields.String(allow_none=True, load_default=None, metadata={"description": "who answers at this level"})
    assignee_id = fields.String(allow_none=True, load_default=None)
    assignee_kind = fields.String(allow_none=True, load_default=None, validate=validate.OneOf(("staff", "member")))
    service = fields.String(
        allow_none=True, load_default=None, metadata={"description": "a code of the policy's catalogue"}
    )
    promised_for = fields.AwareDateTime(
        allow_none=True, load_default=None, metadata={"description": "the appointment, or the matter's own date"}
    )
    items = fields.List(fields.Nested(Item), load_default=list, metadata={"description": "the service's checklist"})
    waiting_for = fields.String(
        allow_none=True, load_default=None, metadata={"description": "why it waits: a reason of the policy; else null"}
    )
    outcome = fields.String(
        allow_none=True, load_default=None, metadata={"description": "of its solution, where the kind tells them apart"}
    )
    transfers = fields.Integer(load_default=0, metadata={"description": "how often it was handed to another place"})
    verified_at = fields.AwareDateTime(allow_none=True, load_default=None)
    parent_id = fields.String(
        allow_none=True, load_default=None, metadata={"description": "the ticket that this one follows from"}
    )
    merged_into = fields.String(
        allow_none=True, load_default=None, metadata={"description": "the ticket that tells of the same and goes on"}
    )
    also_reported_by = fields.List(
        fields.String(), load_default=list, metadata={"description": "reporters of tickets merged into this one"}
    )
    reporter_ids = fields.List(
        fields.String(), load_default=list,
        metadata={"description": "all who ever reported it, also who took it back: none of them earns by it"},
    )  # fmt: skip
    handler_ids = fields.List(
        fields.String(), load_default=list,
        metadata={"description": "all who ever handled it as staff, or what was merged into it: none of them claims it "
                  "or earns by it"},
    )  # fmt: skip
    occurred_at = fields.AwareDateTime(required=True)
    recorded_at = fields.AwareDateTime(required=True)
    arrived_at = fields.AwareDateTime(allow_none=True, load_default=None)
    planned_for = fields.AwareDateTime(allow_none=True, load_default=None)
    resolved_at = fields.AwareDateTime(allow_none=True, load_default=None)
    confirmed_at = fields.AwareDateTime(allow_none=True, load_default=None)
    closed_at = fields.AwareDateTime(allow_none=True, load_default=None)
    rating = fields.Integer(allow_none=True, load_default=None, validate=validate.Range(1, 5))
    policy = fields.String(required=True, metadata={"description": "policy and version pinned at filing"})
    handling_mode = fields.String(
        allow_none=True, load_default=None, validate=validate.OneOf(HANDLING_MODES),
        metadata={"description": "which of the five ways of handling (五必办) the rules chose"},
    )  # fmt: skip
    told_each_step = fields.Boolean(
        load_default=False, metadata={"description": "whether its reporter is to hear of each step"}
    )
    origin = fields.String(allow_none=True, load_default=None)
    external_refs = fields.List(fields.Nested(ExternalRef), load_default=list)
    external_due_at = fields.AwareDateTime(allow_none=True, load_default=None)
    late = fields.Boolean(required=True, metadata={"description": "a clock of this round was breached"})
    clocks = fields.List(fields.Nested(Clock), required=True)


class TicketEvent(EventData):
    """Every event of a ticket carries its state after the step, and who had the ticket before and has it no more."""

    ticket = fields.Nested(TicketState, required=True)
    by = fields.String(
        allow_none=True, load_default=None, metadata={"description": "who took the step; null: the system, or unknown"}
    )
    former_assignee_id = fields.String(
        allow_none=True, load_default=None, metadata={"description": "who had it in hand until this step"}
    )
    former_owner_id = fields.String(
        allow_none=True, load_default=None, metadata={"description": "who answered for it until this step"}
    )
    owner_changed = fields.Boolean(load_default=False)
    assignee_changed = fields.Boolean(
        allow_none=True, load_default=None,
        metadata={"description": "whether somebody else has it in hand than before this step; null: not known"},
    )  # fmt: skip
    former_claim_id = fields.String(
        allow_none=True, load_default=None,
        metadata={"description": "the claim by which a volunteer had it in hand until this step of the same round"},
    )  # fmt: skip


def _way() -> fields.String:
    return fields.String(
        allow_none=True, load_default=None, validate=validate.OneOf(WAYS),
        metadata={"description": "how the reporter's word came: account, secret, slip (a secret that passed through "
                                 "staff, or of somebody without account who left no telephone and no address), "
                                 "staff (written down by them); null: an office's own word, or not known"},
    )  # fmt: skip


def _word_of() -> fields.String:
    return fields.String(
        allow_none=True, load_default=None,
        metadata={"description": "which of its reporters said so, also where staff wrote it down; null: an office's "
                                 "own word, or not known"},
    )  # fmt: skip


def _said_at() -> fields.String:
    return fields.String(
        allow_none=True, load_default=None, validate=validate.OneOf(SAID_AT),
        metadata={"description": "where staff were told so who wrote the word down; else null"},
    )  # fmt: skip


class ReportWithdrawn(TicketEvent):
    person_id = fields.String(required=True, metadata={"description": "who took his report back"})
    way = _way()


def _answerable() -> fields.String:
    return fields.String(
        allow_none=True, load_default=None,
        metadata={"description": "the owner; where there is none, that of the nearest level above which has one"},
    )  # fmt: skip


class TicketHandedBack(TicketEvent):
    reason_code = fields.String(required=True, validate=validate.OneOf(("disabled", "no_role", "suspended")))
    answerable_id = _answerable()


def _beneath() -> fields.Boolean:
    return fields.Boolean(
        load_default=False, metadata={"description": "who took the step stood beneath the level that has the ticket"}
    )


class TicketAssigned(TicketEvent):
    beneath = _beneath()
    assignee_id = fields.String(required=True)
    assignee_kind = fields.String(required=True)
    claim_id = fields.String(allow_none=True, load_default=None)


class TicketOffered(TicketEvent):
    offer_id = fields.String(required=True)
    skills = fields.List(fields.String(), required=True)
    reason_code = fields.String(
        allow_none=True, load_default=None, validate=validate.OneOf(("suspended",)),
        metadata={"description": "why it was taken from the volunteer who had it in hand; null: it was not, or he "
                                 "gave it back himself"},
    )  # fmt: skip
    answerable_id = _answerable()


class ClaimDeclined(TicketEvent):
    claim_id = fields.String(required=True)
    offer_id = fields.String(required=True)
    reason = fields.String(required=True, metadata={"description": "a code, never free text"})


class WithdrawalDeclined(TicketEvent):
    claim_id = fields.String(required=True)
    reason = fields.String(
        required=True,
        validate=validate.OneOf(("under-way", "over")),
        metadata={"description": "under-way: it stays in his hands; over: it is not in his hands any more"},
    )


class TicketReclassified(TicketEvent):
    previous = fields.String(required=True, validate=validate.OneOf(SEVERITIES))
    severity = fields.String(required=True, validate=validate.OneOf(SEVERITIES))


class TicketSolution(TicketEvent):
    round = fields.Integer(required=True)
    solver_id = fields.String(required=True)
    solver_kind = fields.String(required=True)


class TicketResolved(TicketSolution):
    beneath = _beneath()


class TicketConfirmed(TicketSolution):
    rating = fields.Integer(required=True)
    way = _way()
    word_of = _word_of()
    said_at = _said_at()
    solver_claim_id = fields.String(
        allow_none=True, load_default=None,
        metadata={"description": "the claim by which the volunteer who solved it had it; null: staff, or not known"},
    )  # fmt: skip


class TicketCancelled(TicketEvent):
    way = _way()
    word_of = _word_of()


class TicketReopened(TicketEvent):
    way = _way()
    word_of = _word_of()
    said_at = _said_at()
    previous_round = fields.Integer(required=True)
    solver_id = fields.String(allow_none=True, load_default=None)


class TicketItemDone(TicketEvent):
    item = fields.String(required=True)


class TicketMerged(TicketEvent):
    into_id = fields.String(required=True)
    into_number = fields.String(required=True)
    into_due_at = fields.AwareDateTime(
        allow_none=True, load_default=None, metadata={"description": "the next promise of what goes on"}
    )


class DuplicateAdded(TicketEvent):
    duplicate_id = fields.String(required=True)
    duplicate_number = fields.String(required=True)


class TicketPaused(TicketEvent):
    reason_code = fields.String(required=True)


class TicketResumed(TicketEvent):
    cause = fields.String(required=True, validate=validate.OneOf(("manual", "over", "gone")))


class TicketTransferred(TicketEvent):
    """The event's own area is the new place."""

    from_grid = fields.String(required=True)
    to_grid = fields.String(required=True)
    from_path = fields.String(required=True)


class TicketRelocated(TicketEvent):
    """The event's own area is the new path."""

    from_path = fields.String(required=True)


class TicketEscalated(TicketEvent):
    from_level = fields.String(required=True, validate=validate.OneOf(LEVELS))
    to_level = fields.String(required=True, validate=validate.OneOf(LEVELS))
    cause = fields.String(required=True, validate=validate.OneOf(("breach", "manual")))


class TicketDeEscalated(TicketEvent):
    from_level = fields.String(required=True, validate=validate.OneOf(LEVELS))
    to_level = fields.String(required=True, validate=validate.OneOf(LEVELS))


class TicketClosed(TicketEvent):
    outcome = fields.String(required=True, validate=validate.OneOf(("confirmed", "unanswered")))


class TicketAttached(TicketEvent):
    attachment_id = fields.String(required=True)
    way = _way()


class ClockEvent(TicketEvent):
    """A threshold of one clock was reached, or the clock was met. Once per (ticket, clock, round, threshold).

    What is kept by being offered or taken up is told as met once it cannot be given back any more, with `at` from then.
    """

    clock = fields.String(required=True)
    round = fields.Integer(required=True)
    due_at = fields.AwareDateTime(
        required=True, allow_none=True, metadata={"description": "null: it was met while the ticket waited (paused)"}
    )
    at = fields.AwareDateTime(required=True, metadata={"description": "when the threshold was reached"})
    threshold = fields.Integer(required=True, metadata={"description": "per cent; 100 is the breach, 0 for met"})
    replayed_late = fields.Boolean(load_default=False, metadata={"description": "entered after the fact: no alarm"})


def example_ticket() -> dict[str, Any]:
    """A resident's request in Binhe community, assigned and on its way."""
    return {
        "ticket_id": "01920c5e-0000-7000-8000-000000000001",
        "number": "261122-482-1390",
        "kind": "request",
        "channel": "desk",
        "category": "lighting",
        "state": "assigned",
        "round": 1,
        "urgent": False,
        "severity": None,
        "level": "grid",
        "area_path": "/hequ/xikou/binhe/grid-012/",
        "grid_id": "grid-012",
        "compound_id": "compound-021",
        "building_id": None,
        "station_id": "station-012",
        "reporter_id": "01920c5e-0000-7000-8000-0000000000aa",
        "owner_id": "01920c5e-0000-7000-8000-0000000000bb",
        "assignee_id": "01920c5e-0000-7000-8000-0000000000bb",
        "assignee_kind": "staff",
        "service": None,
        "promised_for": None,
        "items": [],
        "waiting_for": None,
        "outcome": None,
        "transfers": 0,
        "verified_at": None,
        "parent_id": None,
        "merged_into": None,
        "also_reported_by": [],
        "reporter_ids": ["01920c5e-0000-7000-8000-0000000000aa"],
        "handler_ids": ["01920c5e-0000-7000-8000-0000000000bb"],
        "occurred_at": "2026-11-22T01:00:00+00:00",
        "recorded_at": "2026-11-22T01:00:00+00:00",
        "arrived_at": None,
        "planned_for": None,
        "resolved_at": None,
        "confirmed_at": None,
        "closed_at": None,
        "rating": None,
        "policy": "request-1341/1",
        "handling_mode": "accepted",
        "told_each_step": False,
        "origin": None,
        "external_refs": [],
        "external_due_at": None,
        "late": False,
        "clocks": [
            {
                "name": "arrival",
                "round": 1,
                "state": "running",
                "started_at": "2026-11-22T01:00:00+00:00",
                "due_at": "2026-11-22T01:10:00+00:00",
                "finished_at": None,
            }
        ],
    }


def _with(**detail: Any) -> Any:
    return lambda: {"ticket": example_ticket(), **detail}


def _place(level: str, name: str, identity: str, area_path: str, **more: Any) -> Any:
    return lambda: {"place": {"id": identity, "level": level, "name": name, "area_path": area_path, **more}}


_REPORTER, _SOLVER = "01920c5e-0000-7000-8000-0000000000aa", "01920c5e-0000-7000-8000-0000000000bb"
_OFFER = "01920c5e-0000-7000-8000-0000000000cc"
_CLAIM = "01920c5e-0000-7000-8000-0000000000dd"
_CLOCK = {"clock": "arrival", "round": 1, "due_at": "2026-11-22T01:10:00+00:00"}
_T = ("tickets",)

_DECLARED = (
    EventType("area.defined", _T, "An area of the tree was defined or changed.", PlaceDefined,
              _place("grid", "滨河第十二网格", "grid-012", "/hequ/xikou/binhe/grid-012/")),
    EventType("station.defined", _T, "A station was defined or changed.", StationDefined,
              _place("station", "隗滨花园驿站", "station-012", "/hequ/xikou/binhe/station-012/", state="open",
                     type="friendly", parent=None, grid="grid-012"), version="1.1"),
    EventType("area.moved", _T, "A grid, compound or station lies elsewhere in the tree now.", PlaceMoved,
              lambda: {**_place("grid", "滨河第十二网格", "grid-012", "/hequ/xikou/binhe/grid-012/")(),
                       "from_path": "/hequ/xikou/dongmen/grid-012/"}),
    EventType("area.removed", _T, "A place is no more; its id is not used for another.", PlaceDefined,
              _place("grid", "滨河第十二网格", "grid-012", "/hequ/xikou/binhe/grid-012/")),
    EventType("ticket.filed", _T, "A ticket was filed; its clocks run.", TicketEvent, _with()),
    EventType("ticket.verified", _T, "Somebody else has seen that it is as reported.", TicketEvent, _with()),
    EventType("ticket.accepted", _T, "The station took the ticket in.", TicketEvent, _with()),
    EventType("ticket.assigned", _T, "Somebody has the ticket in hand.", TicketAssigned,
              _with(assignee_id=_SOLVER, assignee_kind="staff", claim_id=None)),
    EventType("ticket.offered", _T, "The ticket is open for volunteers to claim.", TicketOffered,
              _with(offer_id=_OFFER, skills=["electric"])),
    EventType("ticket.claim_declined", _T, "A claim came when the ticket was no longer open.", ClaimDeclined,
              _with(claim_id=_CLAIM, offer_id=_OFFER, reason="not-open")),
    EventType("ticket.withdrawal_declined", _T, "A volunteer wanted to give his claim back, too late.",
              WithdrawalDeclined, _with(claim_id=_CLAIM, reason="under-way")),
    EventType("ticket.arrived", _T, "The assignee is on site and has set the severity.", TicketEvent, _with()),
    EventType("ticket.reclassified", _T, "The severity changed after arrival.", TicketReclassified,
              _with(previous="ordinary", severity="complex")),
    EventType("ticket.item_done", _T, "An item of the checklist is there.", TicketItemDone, _with(item="id_card")),
    EventType("ticket.session_held", _T, "The parties of a dispute met.", TicketEvent, _with()),
    EventType("ticket.paused", _T, "The ticket waits; its promised times stand still.", TicketPaused,
              _with(reason_code="resident_away")),
    EventType("ticket.resumed", _T, "Its promised times run again.", TicketResumed, _with(cause="manual")),
    EventType("ticket.merged", _T, "The ticket tells of the same as another, which goes on.", TicketMerged,
              _with(into_id=_OFFER, into_number="261122-482-1382", into_due_at="2026-11-22T09:40:00+08:00")),
    EventType("ticket.duplicate_added", _T, "Another ticket was merged into this one; its reporters are kept.",
              DuplicateAdded, _with(duplicate_id=_OFFER, duplicate_number="261122-482-1408")),
    EventType("ticket.handed_back", _T, "Who had it in hand, or answered for it, has it no more.", TicketHandedBack,
              _with(reason_code="disabled", answerable_id=_SOLVER, former_assignee_id=_CLAIM)),
    EventType("ticket.report_withdrawn", _T, "A reporter took his report back; it goes on for the others.",
              ReportWithdrawn, _with(person_id=_REPORTER, way="secret")),
    EventType("ticket.transferred", _T, "The ticket was handed to another place.", TicketTransferred,
              _with(from_grid="grid-011", to_grid="grid-012", from_path="/hequ/xikou/binhe/grid-011/")),
    EventType("ticket.relocated", _T, "The ticket's grid or station lies elsewhere in the tree now.", TicketRelocated,
              _with(from_path="/hequ/xikou/dongmen/grid-012/", owner_changed=True)),
    EventType("ticket.planned", _T, "A plan with a date was filed (special or major).", TicketEvent, _with()),
    EventType("ticket.plan_moved", _T, "The community, or one above, moved the planned date.", TicketEvent, _with()),
    EventType("ticket.resolved", _T, "The assignee says that it is solved.", TicketResolved,
              _with(round=1, solver_id=_SOLVER, solver_kind="staff")),
    EventType("ticket.confirmed", _T, "The resident confirmed and rated.", TicketConfirmed,
              _with(round=1, solver_id=_SOLVER, solver_kind="staff", rating=5, way="account", word_of=_REPORTER)),
    EventType("ticket.reopened", _T, "The resident is not content: a new round of clocks.", TicketReopened,
              _with(previous_round=1, solver_id=_SOLVER, way="account", word_of=_REPORTER)),
    EventType("ticket.slip_printed", _T, "Staff printed a follow-up secret for the reporter.", TicketEvent, _with()),
    EventType("ticket.closed", _T, "The ticket is struck off the list (销号).", TicketClosed,
              _with(outcome="confirmed")),
    EventType("ticket.rejected", _T, "The station does not take the ticket; the reporter is told why.", TicketEvent,
              _with()),
    EventType("ticket.cancelled", _T, "The reporter took the ticket back.", TicketCancelled,
              _with(way="staff", word_of=_REPORTER)),
    EventType("ticket.escalated", _T, "The ticket was lifted to another level.", TicketEscalated,
              _with(from_level="grid", to_level="community", cause="breach")),
    EventType("ticket.de_escalated", _T, "The ticket was handed back down one level.", TicketDeEscalated,
              _with(from_level="community", to_level="grid")),
    EventType("ticket.clock_warned", _T, "50 or 80 per cent of a promised time are gone.", ClockEvent,
              _with(**_CLOCK, at="2026-11-22T01:05:00+00:00", threshold=50)),
    EventType("ticket.clock_breached", _T, "A promised time was not kept.", ClockEvent,
              _with(**_CLOCK, at="2026-11-22T01:10:00+00:00", threshold=100)),
    EventType("ticket.clock_met", _T, "A promised time was kept, and cannot be broken any more.", ClockEvent,
              _with(**_CLOCK, at="2026-11-22T01:08:00+00:00", threshold=0)),
    EventType("ticket.attached", _T, "A photo was added to the ticket; it is fetched over HTTP.", TicketAttached,
              _with(attachment_id="01920c5e-0000-7000-8000-0000000000ee")),
)  # fmt: skip
EVENTS = tuple(replace(t, version="1.9") if t.name.startswith("ticket.") else t for t in _DECLARED)
"""1.1: service, promised_for, items, waiting_for, outcome, transfers, verified_at, parent_id, merged_into and
also_reported_by in a ticket's state, and the state `merged`. 1.2: handling_mode, told_each_step and building_id.
1.3: reporter_ids; who took the step and who lost the ticket by it; `way` of what a reporter says.
1.4: handler_ids; former_claim_id; said_at. 1.5: assignee_changed; solver_claim_id of what was confirmed.
1.6: word_of what a reporter says. 1.7: beneath of what is assigned and resolved.
1.9: the way in which a photo came.
1.8: reason_code `suspended` of what is handed back; it and answerable_id of what is offered; into_due_at of what is
merged."""
