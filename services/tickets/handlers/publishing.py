"""Steps as published events: which type, and the ticket's state without anything personal."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from services.contracts.types import NewEvent
from services.tickets.domain import steps
from services.tickets.domain.clocks import Clock
from services.tickets.domain.handled import handled_by
from services.tickets.domain.settle import Rules, is_late
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import UNPUBLISHED, Course, Ticket

Detail = Callable[[Step, Ticket], dict[str, Any]]


def events_of(course: Course, rules: Rules) -> list[NewEvent]:
    """One event per step that is told, in order, each with the state after it."""
    befores = [course.began, *(ticket for _, ticket in course.taken)]
    return [
        _event(step, before, ticket, rules.clocks(ticket, course.now))
        for before, (step, ticket) in zip(befores, course.taken, strict=False)
        if step.kind not in UNPUBLISHED
    ]


def _event(step: Step, before: Ticket, ticket: Ticket, clocks: tuple[Clock, ...]) -> NewEvent:
    name, detail = _TYPES[step.kind]
    data = {"ticket": ticket_state(ticket, clocks), "by": step.by, **_losers(before, ticket), **detail(step, ticket)}
    moment = step.detail["reached_at"] if step.kind in steps.MARKS else step.at
    return NewEvent(name, ticket.id, ticket.sequence, ticket.area_path, data, moment)


def _losers(before: Ticket, ticket: Ticket) -> dict[str, Any]:
    """Who had it in hand or answered for it before the step and does no more, so that they can be told."""
    lost = {"former_assignee_id": (before.assignee_id, ticket.assignee_id),
            "former_owner_id": (before.owner_id, ticket.owner_id)}  # fmt: skip
    named = {name: had if had != has else None for name, (had, has) in lost.items()}
    taken_back = before.claim_id if before.round == ticket.round and before.claim_id != ticket.claim_id else None
    changed = {"owner_changed": before.owner_id != ticket.owner_id,
               "assignee_changed": before.assignee_id != ticket.assignee_id}  # fmt: skip
    return {**named, **changed, "former_claim_id": taken_back}


def ticket_state(ticket: Ticket, clocks: tuple[Clock, ...]) -> dict[str, Any]:
    """`TicketState` of the contracts, JSON-ready."""
    return {
        "ticket_id": ticket.id, "number": ticket.number, "kind": ticket.kind, "channel": ticket.channel,
        "category": ticket.category, "state": ticket.state, "round": ticket.round, "urgent": ticket.urgent,
        "severity": ticket.severity, "level": ticket.level, "area_path": ticket.area_path,
        "grid_id": ticket.placing.grid_id, "compound_id": ticket.placing.compound_id,
        "building_id": ticket.placing.building_id,
        "station_id": ticket.placing.station_id, "reporter_id": _reporter(ticket), "owner_id": ticket.owner_id,
        "assignee_id": ticket.assignee_id, "assignee_kind": ticket.assignee_kind,
        "service": ticket.service, "promised_for": _text(ticket.promised_for),
        "items": [{"code": code, "done_at": _text(done_at)} for code, done_at in ticket.items.items()],
        "waiting_for": ticket.waiting_for, "outcome": ticket.outcome, "transfers": ticket.transfers,
        "verified_at": _text(ticket.verified_at), "merged_into": ticket.merged_into,
        "parent_id": ticket.parent_id,
        "also_reported_by": list(ticket.also_reported_by), "reporter_ids": list(ticket.reported_by),
        "handler_ids": list(handled_by(ticket)),
        "occurred_at": _text(ticket.occurred_at), "recorded_at": _text(ticket.recorded_at),
        "arrived_at": _text(ticket.arrived_at), "planned_for": _text(ticket.planned_for),
        "resolved_at": _text(ticket.resolved_at), "confirmed_at": _text(ticket.confirmed_at),
        "closed_at": _text(ticket.closed_at), "rating": ticket.rating, "policy": ticket.policy,
        "handling_mode": ticket.handling_mode, "told_each_step": ticket.told_each_step,
        "origin": ticket.origin,
        "external_refs": [{"system": ref.system, "id": ref.id} for ref in ticket.external_refs],
        "external_due_at": _text(ticket.external_due_at), "late": is_late(ticket),
        "clocks": [_clock(clock) for clock in clocks],
    }  # fmt: skip


def _reporter(ticket: Ticket) -> str | None:
    """Who is told as its reporter: nobody, once he took it back and it goes on for others."""
    return None if ticket.reporter_id in ticket.withdrawn_by else ticket.reporter_id


def _clock(clock: Clock) -> dict[str, Any]:
    return {
        "name": clock.name, "round": clock.round, "state": clock.state, "started_at": _text(clock.started_at),
        "due_at": _text(clock.due_at), "finished_at": _text(clock.finished_at),
    }  # fmt: skip


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None


def _nothing(step: Step, ticket: Ticket) -> dict[str, Any]:
    return {}


def _of(*names: str) -> Detail:
    return lambda step, ticket: {name: step.detail.get(name) for name in names}


def _with_round(*names: str) -> Detail:
    return lambda step, ticket: {"round": step.round, **{name: step.detail.get(name) for name in names}}


def _merged(step: Step, ticket: Ticket) -> dict[str, Any]:
    said = step.detail
    return {
        "into_id": said["into_id"],
        "into_number": said["into_number"],
        "into_due_at": _text(said.get("into_due_at")),
    }


def _with_place(detail: Detail) -> Detail:
    """Also whether who took the step stood beneath the ticket's level."""
    return lambda step, ticket: {**detail(step, ticket), "beneath": bool(step.detail.get(steps.BENEATH))}


def _declined(step: Step, ticket: Ticket) -> dict[str, Any]:
    detail = step.detail
    return {"claim_id": detail["claim_id"], "offer_id": detail["offer_id"], "reason": detail["reason_code"]}


def _withdrawal_declined(step: Step, ticket: Ticket) -> dict[str, Any]:
    return {"claim_id": step.detail["claim_id"], "reason": step.detail["reason_code"]}


def _confirmed(step: Step, ticket: Ticket) -> dict[str, Any]:
    told = _with_round("solver_id", "solver_kind", "rating", "way", "word_of", "said_at")(step, ticket)
    return {**told, "solver_claim_id": ticket.claim_id}


def _mark(step: Step, ticket: Ticket) -> dict[str, Any]:
    detail = step.detail
    return {
        "clock": detail["clock"], "round": detail["round"], "due_at": _text(detail["due_at"]),
        "at": _text(detail["reached_at"]), "threshold": detail["threshold"], "replayed_late": detail["replayed_late"],
    }  # fmt: skip


_TYPES: Mapping[str, tuple[str, Detail]] = {
    steps.FILED: ("ticket.filed", _nothing),
    steps.ACCEPTED: ("ticket.accepted", _nothing),
    steps.ASSIGNED: ("ticket.assigned", _with_place(_of("assignee_id", "assignee_kind", "claim_id"))),
    steps.VERIFIED: ("ticket.verified", _nothing),
    steps.ITEM_DONE: ("ticket.item_done", _of("item")),
    steps.SESSION_HELD: ("ticket.session_held", _nothing),
    steps.MERGED: ("ticket.merged", _merged),
    steps.REPORT_WITHDRAWN: ("ticket.report_withdrawn", _of("person_id", "way")),
    steps.HANDED_BACK: ("ticket.handed_back", _of("reason_code", "answerable_id")),
    steps.DUPLICATE_ADDED: ("ticket.duplicate_added", _of("duplicate_id", "duplicate_number")),
    steps.PAUSED: ("ticket.paused", _of("reason_code")),
    steps.RESUMED: ("ticket.resumed", _of("cause")),
    steps.TRANSFERRED: ("ticket.transferred", _of("from_grid", "to_grid", "from_path")),
    steps.RELOCATED: ("ticket.relocated", _of("from_path")),
    steps.OFFERED: ("ticket.offered", _of("offer_id", "skills", "reason_code", "answerable_id")),
    steps.CLAIM_DECLINED: ("ticket.claim_declined", _declined),
    steps.WITHDRAWAL_DECLINED: ("ticket.withdrawal_declined", _withdrawal_declined),
    steps.ARRIVED: ("ticket.arrived", _nothing),
    steps.RECLASSIFIED: ("ticket.reclassified", _of("previous", "severity")),
    steps.PLANNED: ("ticket.planned", _nothing),
    steps.PLAN_MOVED: ("ticket.plan_moved", _nothing),
    steps.RESOLVED: ("ticket.resolved", _with_place(_with_round("solver_id", "solver_kind"))),
    steps.CONFIRMED: ("ticket.confirmed", _confirmed),
    steps.REOPENED: ("ticket.reopened", _of("previous_round", "solver_id", "way", "word_of", "said_at")),
    steps.SLIP_PRINTED: ("ticket.slip_printed", _nothing),
    steps.CLOSED: ("ticket.closed", _of("outcome")),
    steps.REJECTED: ("ticket.rejected", _nothing),
    steps.CANCELLED: ("ticket.cancelled", _of("way", "word_of")),
    steps.LIFTED: ("ticket.escalated", _of("from_level", "to_level", "cause")),
    steps.LOWERED: ("ticket.de_escalated", _of("from_level", "to_level")),
    steps.WARNED: ("ticket.clock_warned", _mark),
    steps.BREACHED: ("ticket.clock_breached", _mark),
    steps.MET: ("ticket.clock_met", _mark),
    steps.ATTACHED: ("ticket.attached", _of("attachment_id", "way")),
}
