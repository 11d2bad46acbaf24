"""Did every threshold that was reached fire exactly once, and is it dated right?

What should have fired is computed twice: by the clock fold, anew, over the history without what the clocks wrote into
it; and, for urgent tickets, whose clocks run day and night, by plain arithmetic that knows nothing of the program.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from services.tickets.domain import steps
from services.tickets.domain.calendars import Calendar, StationHours, Wall, WorkingDays
from services.tickets.domain.clocks import Clock, fold
from services.tickets.domain.hours import from_plain
from services.tickets.domain.policy import Policy
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Ticket
from services.tickets.policies import shipped_policies
from services.tickets.storage.documents import ticket_entity
from services.tickets.workdays import published_years
from tests.faults.evidence import Document, Evidence, Finding, Findings

Key = tuple[str, int, int]
"""(clock, round, threshold): 50, 80, 100 for the breach, 0 for a promise that was kept."""
PlainClock = tuple[str, datetime, timedelta, Document | None]
"""Name, start, target and the step that ends it."""
BREACH, KEPT = 100, 0
_ARRIVAL = timedelta(minutes=10)
_SOLUTION = {"ordinary": timedelta(minutes=30), "complex": timedelta(hours=4)}
_LEVEL = {"community": timedelta(minutes=30), "street": timedelta(hours=4), "district": timedelta(days=1)}
"""1341 (report 002) and the ladder, as domain.md has them."""
_OVER = frozenset({"rejected", "cancelled", "closed", "merged"})
_LADDER = ("grid", "community", "street", "district")


def every_threshold_fired_once_and_is_dated_right(evidence: Evidence) -> Findings:
    zone, policies = evidence.contexts["tickets"].settings.timezone, shipped_policies()
    for ticket_id, row in evidence.tickets.items():
        ticket = ticket_entity(row)
        expected = expected_marks(ticket, policies[ticket.policy], zone, evidence.now)
        yield from _compare(ticket_id, expected, _marks(row), "the fold")


def simple_thresholds_are_right_by_plain_arithmetic(evidence: Evidence) -> Findings:
    """Urgent tickets in their first round: arrival, solution and levels, on the wall clock."""
    for ticket_id, row in evidence.tickets.items():
        if row["kind"] != "request" or not row["urgent"] or row["recorded_at"] != row["occurred_at"]:
            continue
        reopened = next((step["at"] for step in row["history"] if step["round"] == 2), None)
        first = [step for step in row["history"] if step["round"] == 1]
        expected, judged = _plain(first, reopened or steps.whole_second(evidence.now))
        told = {key: dates for key, dates in _marks(row).items() if key[1] == 1 and key[0] in judged}
        yield from _compare(ticket_id, expected, told, "plain arithmetic")


def the_ladder_was_climbed_step_by_step(evidence: Evidence) -> Findings:
    """Each lift begins where the ticket was and ends one level above; one breach lifts once."""
    for ticket_id, row in evidence.tickets.items():
        level, breaches, lifts = row["history"][0]["detail"].get("level", "grid"), 0, 0
        for step in row["history"]:
            if step["kind"] == "reopened":
                level = "grid"
            if step["kind"] in ("lifted", "lowered"):
                detail, way = step["detail"], 1 if step["kind"] == "lifted" else -1
                to = _LADDER[_LADDER.index(level) + way]
                if (detail["from_level"], detail["to_level"]) != (level, to):
                    wrong = f"{detail['from_level']} to {detail['to_level']}"
                    yield Finding(f"{step['kind']} from {wrong} while at {level}", (ticket_id,))
                level = detail["to_level"]
                lifts += detail["cause"] == "breach"
            breaches += step["kind"] == "breached"
        if lifts > breaches:
            yield Finding(f"lifted {lifts} times by {breaches} breaches", (ticket_id,))
        if level != row["level"]:
            yield Finding(f"stands at {row['level']}, its history ends at {level}", (ticket_id,))


def every_mark_was_told_once(evidence: Evidence) -> Findings:
    """Each threshold that fired is one event, with the same date."""
    for ticket_id, row in evidence.tickets.items():
        events = Counter(
            (e["data"]["clock"], e["data"]["round"], e["data"]["threshold"], e["data"]["at"])
            for e in evidence.events_of_ticket.get(ticket_id, ())
            if e["type"].startswith("ticket.clock_")
        )
        marks = Counter(
            (d["clock"], d["round"], d["threshold"], d["reached_at"].isoformat())
            for d in (step["detail"] for step in row["history"] if step["kind"] in steps.MARKS - {steps.PASSED})
        )
        if events != marks:
            yield Finding(f"fired {sorted(marks - events)} untold, told {sorted(events - marks)} unfired", (ticket_id,))


def expected_marks(ticket: Ticket, policy: Policy, zone: ZoneInfo, now: datetime) -> dict[Key, datetime]:
    """What must have fired by `now`: at each step of the history, what was due before it, by the promises of then."""
    history = [step for step in ticket.history if step.kind not in steps.MARKS]
    causes = iter(_causes([{"kind": s.kind, "detail": s.detail} for s in ticket.history]))
    found: dict[Key, datetime] = {}
    for count in range(1, len(history) + 1):
        following = history[count] if count < len(history) else None
        until = following.at if following else steps.whole_second(now)
        lifted = following is not None and following.kind == steps.LIFTED and following.detail["cause"] == "breach"
        warned_until = min(until, next(causes).get("reached_at", until)) if lifted else until
        for clock in fold(history[:count], policy, partial(_calendar, zone), until):
            for threshold, at in _due(clock, policy.warn_at, warned_until):
                found.setdefault((clock.name, clock.round, threshold), at)
    return found


def _calendar(zone: ZoneInfo, name: str, round_start: Step) -> Calendar:
    """The wall clock, the station's hours as the step that began the round pinned them, or the official calendar."""
    if name == "working_days":
        return WorkingDays(published_years(), zone)
    assert name in ("wall", "station"), name
    hours = round_start.detail.get("hours")
    return StationHours(from_plain(hours), zone) if name == "station" and hours is not None else Wall()


def _causes(history: Sequence[Document]) -> Iterator[Document]:
    """The breach behind each lift that a breach caused. What would have warned after it is not reached any more where
    the lift ends the clock, however late the lift is."""
    breach: Document = {}
    for step in history:
        if step["kind"] == steps.BREACHED:
            breach = step["detail"]
        if step["kind"] == steps.LIFTED and step["detail"]["cause"] == "breach":
            yield breach


def _due(clock: Clock, warn_at: Sequence[int], warned_until: datetime) -> Iterator[tuple[int, datetime]]:
    if clock.breached_at is not None:
        yield BREACH, clock.breached_at
    if clock.state == "met" and clock.for_good and clock.finished_at is not None:
        yield KEPT, clock.finished_at
    for per_cent in warn_at if clock.is_open else ():
        at = clock.promise.part(clock.timeline, per_cent)
        if at is not None and at <= warned_until:
            yield per_cent, at


def _marks(row: Document) -> Mapping[Key, Sequence[datetime]]:
    """What fired, with the dates that were written."""
    found: defaultdict[Key, list[datetime]] = defaultdict(list)
    for step in row["history"]:
        if step["kind"] in steps.MARKS:
            detail = step["detail"]
            found[detail["clock"], detail["round"], detail["threshold"]].append(detail["reached_at"])
    return found


def _compare(
    ticket_id: str, expected: Mapping[Key, datetime], fired: Mapping[Key, Sequence[datetime]], by: str
) -> Findings:
    for key in sorted({*expected, *fired}):
        name = f"{key[0]} {key[2]} % of round {key[1]}"
        dates = fired.get(key, ())
        if key not in expected:
            yield Finding(f"{name} fired, not so by {by}", (ticket_id,))
        elif not dates:
            yield Finding(f"{name} was due at {expected[key]:%d %H:%M:%S} by {by} and did not fire", (ticket_id,))
        elif len(dates) > 1:
            yield Finding(f"{name} fired {len(dates)} times", (ticket_id,))
        elif dates[0] != expected[key]:
            yield Finding(f"{name} is dated {dates[0]:%d %H:%M:%S}, {expected[key]:%d %H:%M:%S} by {by}", (ticket_id,))


def _plain(history: Sequence[Document], now: datetime) -> tuple[dict[Key, datetime], set[str]]:
    """Arrival, the solution where the severity was set once, and the first stay at each level of a first round; and
    the names of the clocks that are judged."""
    of_round = [step for step in history if step["kind"] not in steps.MARKS]
    filed = of_round[0]["at"]
    clocks = [("arrival", filed, _ARRIVAL, _first(of_round, {"arrived"} | _OVER))]
    if target := _only_target(of_round):
        after = of_round[[step["kind"] for step in of_round].index("arrived") :]
        clocks.append(("solution", filed, target, _first(after, {"resolved"} | _OVER)))
    clocks += _levels(of_round, {id(lift): cause for lift, cause in _lifts(history)})
    expected = {key: at for clock in clocks for key, at in _plain_clock(*clock, now)}
    return expected, {name for name, *_ in clocks}


def _levels(of_round: Sequence[Document], causes: Mapping[int, str]) -> Iterator[PlainClock]:
    """The first stay at each level, unless another clock's breach ended it: then it is the fold's to judge."""
    seen = set()
    for number, step in enumerate(of_round):
        level = step["detail"].get("to_level") if step["kind"] in ("lifted", "lowered") else None
        if level not in _LEVEL or level in seen:
            continue
        seen.add(level)
        end = next((later for later in of_round[number + 1 :] if _ends_level(later)), None)
        if end is None or causes.get(id(end), level) == level:
            yield level, step["at"], _LEVEL[level], end


def _ends_level(step: Document) -> bool:
    """An answer of the level itself, or one above; from beneath it is solved, and nothing else."""
    own = not step["detail"].get("beneath")
    return step["kind"] in {"resolved", "lifted", "lowered"} | _OVER or (own and step["kind"] in ("arrived", "planned"))


def _lifts(history: Sequence[Document]) -> Iterator[tuple[Document, str]]:
    """Each lift that a breach caused, with the name of the clock that was breached."""
    lifts = (s for s in history if s["kind"] == "lifted" and s["detail"]["cause"] == "breach")
    yield from ((lift, cause.get("clock", "")) for lift, cause in zip(lifts, _causes(history), strict=True))


def _plain_clock(
    name: str, start: datetime, target: timedelta, end: Document | None, now: datetime
) -> Iterator[tuple[Key, datetime]]:
    """Half, four fifths and the whole of the time, as far as they came before the end; kept when it ended in time.

    A warning that falls on the very second of the end has fired: what was due is settled before each deed.
    """
    over, due = end["at"] if end else now, start + target
    for per_cent in (50, 80):
        at = start + target * per_cent // 100
        if at <= over:
            yield (name, 1, per_cent), at
    if due < over:
        yield (name, 1, BREACH), due
    elif (
        end is not None
        and end["kind"] in ("arrived", "planned", "resolved")
        and not (name in _LEVEL and end["detail"].get("beneath"))
    ):
        yield (name, 1, KEPT), over


def _only_target(of_round: Sequence[Document]) -> timedelta | None:
    """The time for the solution, where only one was ever promised."""
    severities = [s["detail"]["severity"] for s in of_round if s["kind"] in ("arrived", "reclassified")]
    return _SOLUTION.get(severities[0]) if len(set(severities)) == 1 else None


def _first(of_round: Sequence[Document], kinds: set[str] | frozenset[str]) -> Document | None:
    return next((step for step in of_round if step["kind"] in kinds), None)
