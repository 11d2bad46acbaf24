"""Firing: what the clocks wrote into the history, each threshold once, and the ladder that a breach climbs.

Everybody who touches a ticket settles it first. What is due is found by folding the history, what has been fired stands
in the history, so that neither a second replica nor a crash can fire anything twice.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from services.tickets.domain import steps
from services.tickets.domain.clocks import Calendars, Clock, fold
from services.tickets.domain.policy import LEVELS, Policy
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Course, Ticket
from services.tickets.domain.timelines import Pause
from services.tickets.domain.waiting import pauses

Key = tuple[str, int, int]
"""Clock, round and threshold: what fires once."""
SECOND = timedelta(seconds=1)
LOOKS_AGAIN = timedelta(days=1)
"""How often a ticket is looked at whose due time lies in a year whose calendar is not loaded yet."""
BREACH, KEPT = 100, 0
_FOLDS_KEPT = 4


class OwnerOf(Protocol):
    """person_id of who answers at a level for the area path of a grid; None: the post is vacant."""

    def __call__(self, level: str, area_path: str, rated: Collection[str] = (), /) -> str | None:
        """`rated`: whose work a callback looks into, none of whom answers for it."""


class DutyOf(Protocol):
    """What the step that names the owner keeps: who was skipped, that nobody was there."""

    def __call__(self, level: str, area_path: str, rated: Collection[str] = (), /) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What a ticket is judged by: its pinned policy, its calendars, and who answers at which level."""

    policy: Policy
    calendars: Calendars
    owner_of: OwnerOf
    duty_of: DutyOf = lambda level, area_path, rated=(): {}
    _folded: list[tuple[tuple[Step, ...], datetime, tuple[Clock, ...]]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )
    """The last folds: firing and publishing ask for the same ones again and again."""

    def clocks(self, ticket: Ticket, now: datetime) -> tuple[Clock, ...]:
        """The ticket's clocks at `now`. What they wrote into the history themselves does not change them."""
        told = tuple(step for step in ticket.history if step.kind not in steps.MARKS)
        for history, at, clocks in self._folded:
            if at == now and history == told:
                return clocks
        clocks = fold(told, self.policy, self.calendars, now)
        self._folded[:] = [*self._folded[-_FOLDS_KEPT + 1 :], (told, now, clocks)]
        return clocks


@dataclass(frozen=True, slots=True)
class Firing:
    """A threshold that was reached `at`: 50, 80, 100 for the breach, 0 for a promise that was kept."""

    clock: Clock
    threshold: int
    at: datetime

    @property
    def key(self) -> Key:
        return self.clock.name, self.clock.round, self.threshold


def settle(course: Course, rules: Rules) -> None:
    """Fire everything that was due before `course.now`, the earliest first, and close what nobody answered to."""
    _resume_when_over(course, rules.policy)
    while pending := _pending(course.ticket, rules, course.now):
        _fire(course, rules, pending[0])
    _close_when_silent(course, rules.policy)


def next_moment(ticket: Ticket, rules: Rules, now: datetime) -> datetime | None:
    """When there is something to settle next; None while nothing can become due."""
    already = fired(ticket)
    moments = [
        max(at + (SECOND if threshold == BREACH else timedelta()), now)
        for clock in rules.clocks(ticket, now)
        for threshold, at in _thresholds(clock, rules.policy, already)
    ]
    silence, waits = _silence_ends(ticket, rules.policy), _waits_until(ticket, rules.policy)
    if silence is not None:
        moments.append(silence + SECOND)
    if waits is not None:
        moments.append(max(waits, now))
    if any(clock.unknown_year is not None for clock in rules.clocks(ticket, now)):
        moments.append(now + LOOKS_AGAIN)
    return min(moments, default=None)


def fired(ticket: Ticket) -> set[Key]:
    """(clock, round, threshold) of everything that has been fired."""
    return {
        (step.detail["clock"], step.detail["round"], step.detail["threshold"])
        for step in ticket.history
        if step.kind in steps.MARKS
    }


def is_late(ticket: Ticket) -> bool:
    """Whether a clock of this round was breached."""
    return any(step.kind == steps.BREACHED and step.round == ticket.round for step in ticket.history)


def next_due(clocks: tuple[Clock, ...], ticket: Ticket) -> datetime | None:
    """The earliest due time of what is still promised in this round; for work lists."""
    due = [c.due_at for c in clocks if c.is_open and c.round == ticket.round and c.due_at is not None]
    return min(due, default=None)


def _pending(ticket: Ticket, rules: Rules, now: datetime) -> list[Firing]:
    already = fired(ticket)
    found: list[Firing] = []
    for clock in rules.clocks(ticket, now):
        if clock.breached_at is not None:
            found.append(Firing(clock, BREACH, clock.breached_at))
        if clock.state == "met" and clock.for_good and clock.finished_at is not None:
            found.append(Firing(clock, KEPT, clock.finished_at))
        warnings = _thresholds(clock, rules.policy, already)
        found += [Firing(clock, t, at) for t, at in warnings if t != BREACH and at <= now]
    return sorted((f for f in found if f.key not in already), key=lambda f: (f.at, f.threshold))


def _thresholds(clock: Clock, policy: Policy, already: set[Key]) -> list[tuple[int, datetime]]:
    """The thresholds that an open clock has reached or will reach, but for those that have fired."""
    if not clock.is_open:
        return []
    left = [t for t in (*policy.warn_at, BREACH) if (clock.name, clock.round, t) not in already]
    reached = [(t, clock.due_at if t == BREACH else clock.promise.part(clock.timeline, t)) for t in left]
    return [(t, at) for t, at in reached if at is not None and not (t == BREACH and clock.breached_at)]


def _fire(course: Course, rules: Rules, firing: Firing) -> None:
    ticket = course.ticket
    after_the_fact = firing.threshold != KEPT and _had_passed(ticket, firing.at)
    detail = {
        "clock": firing.clock.name, "round": firing.clock.round, "threshold": firing.threshold, "reached_at": firing.at,
        "due_at": firing.at if firing.threshold == BREACH else firing.clock.due_at, "replayed_late": after_the_fact,
    }  # fmt: skip
    if firing.threshold == KEPT:
        course.take(steps.MET, detail=detail)
    elif firing.threshold != BREACH:
        course.take(steps.PASSED if after_the_fact else steps.WARNED, detail=detail)
    else:
        course.take(steps.BREACHED, detail=detail)
        if not after_the_fact and _lifts(course.ticket, firing, rules, course.now):
            lift(course, rules, cause="breach")


def _had_passed(ticket: Ticket, at: datetime) -> bool:
    """Whether it was over when the ticket was entered: late, or handed to us after the partner's own date."""
    return at <= ticket.recorded_at if ticket.is_late_entry else at < ticket.recorded_at


def _lifts(ticket: Ticket, firing: Firing, rules: Rules, now: datetime) -> bool:
    """A breach lifts the ticket unless the level that has it still had time of its own then, or has let it go.

    "Then" and not now: what is fired late must end as it would have on time, or the level's own warnings were lost.
    """
    if not ticket.is_open or firing.clock.round != ticket.round or rules.policy.next_level(ticket.level) is None:
        return False
    return not any(
        clock.level == ticket.level and clock.round == ticket.round and clock.is_open
        and (clock.breached_at is None or clock.breached_at > firing.at)
        for clock in rules.clocks(ticket, now)
    )  # fmt: skip


def lift(
    course: Course, rules: Rules, cause: str, by: str | None = None, detail: dict[str, object] | None = None
) -> None:
    """Give the ticket to the level above; that level's clock starts now, so catching up cannot race up the ladder."""
    level = rules.policy.next_level(course.ticket.level)
    if level is None:
        raise ValueError("already at the top")
    move(course, rules, steps.LIFTED, level, cause, by, detail or {})


def move(
    course: Course, rules: Rules, kind: str, level: str, cause: str, by: str | None, detail: dict[str, object]
) -> None:
    about = {**detail, "from_level": course.ticket.level, "to_level": level, "cause": cause}
    about |= rules.duty_of(level, course.ticket.area_path, course.ticket.rated)
    owner = rules.owner_of(level, course.ticket.area_path, course.ticket.rated)
    course.take(kind, by, about, level=level, owner_id=owner)


def has_used_up(ticket: Ticket, rules: Rules, level: str, now: datetime) -> bool:
    """Whether a level had the ticket in this round as long as it may."""
    stays = [clock for clock in rules.clocks(ticket, now) if clock.level == level and clock.round == ticket.round]
    return bool(stays) and stays[-1].used >= rules.policy.rungs[level].seconds


def comes_back(ticket: Ticket, rules: Rules, level: str, now: datetime) -> bool:
    """Whether something would lift it from a level again: the level's own time, or a promise not yet broken."""
    if level in rules.policy.rungs:
        return True
    promises = (clock for clock in rules.clocks(ticket, now) if clock.level is None and clock.round == ticket.round)
    return any(clock.is_open and clock.breached_at is None for clock in promises)


def level_below(policy: Policy, level: str) -> str | None:
    """The next level beneath on this policy's ladder; the grid is its foot."""
    below = [name for name in LEVELS[: LEVELS.index(level)] if name in policy.rungs or name == LEVELS[0]]
    return below[-1] if below else None


def _waits_until(ticket: Ticket, policy: Policy) -> datetime | None:
    """When the ticket has waited for its reason as long as it may in this round, all its pauses for it together."""
    longest = policy.pauses.get(ticket.waiting_for or "")
    if longest is None:
        return None
    *before, present = _pauses_for(ticket, ticket.waiting_for)
    over = present.start + timedelta(seconds=longest) - _together(before)
    return max(over, ticket.history[-1].at)  # of a pause that was begun before the pauses were added up


def waited(ticket: Ticket, reason: str) -> timedelta:
    """How long the pauses for a reason have lasted in this round, but for one that has not ended."""
    return _together(_pauses_for(ticket, reason))


def _pauses_for(ticket: Ticket, reason: str | None) -> list[Pause]:
    of_round = [step for step in ticket.history if step.round == ticket.round]
    return [pause for pause in pauses(of_round) if pause.reason == reason]


def _together(ended: Iterable[Pause]) -> timedelta:
    return sum((pause.end - pause.start for pause in ended if pause.end is not None), timedelta())


def _resume_when_over(course: Course, policy: Policy) -> None:
    """A pause that lasted its time is over: a promise cannot be put off for ever."""
    over = _waits_until(course.ticket, policy)
    if over is not None and over <= course.now:
        course.take(steps.RESUMED, detail={"cause": "over"}, at=over, waiting_for=None)


def _silence_ends(ticket: Ticket, policy: Policy) -> datetime | None:
    """Until when the reporter may still answer; an answer that was given can be taken back as long."""
    window = {"resolved": policy.silence_seconds, "confirmed": policy.reopen_seconds}.get(ticket.state)
    answered = ticket.confirmed_at or ticket.resolved_at
    return answered + timedelta(seconds=window) if window is not None and answered is not None else None


def _close_when_silent(course: Course, policy: Policy) -> None:
    """Silence closes a ticket and counts as not answered, never as satisfied."""
    ends = _silence_ends(course.ticket, policy)
    if ends is None or course.now <= ends:
        return
    outcome = "confirmed" if course.ticket.state == "confirmed" else "unanswered"
    course.take(steps.CLOSED, detail={"outcome": outcome}, at=ends, state="closed", closed_at=ends)
