"""Promised times (时限): a pure fold over a ticket's history, in whole seconds.

A clock counts from one step, exists from another, and ends with the first of some. While it exists it makes a promise;
a change of severity or a moved plan makes another. A promise is broken iff its due time lies before the end of its
validity: equal is met. A broken promise stays broken, whatever is promised afterwards: earlier time is kept honest.

A clock may come a second time, under a name of its own: a level that gets the ticket back (`community-2`, with the time
that it has left), a matter that is grave again after its plan was dropped (`plan-2`, `planned_date-2`). What was judged
before is left as it was. What was merely taken up and given back runs on (`taking_up.py`).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from services.tickets.domain import steps
from services.tickets.domain.calendars import Calendar, CalendarUnknown, Wall
from services.tickets.domain.policy import ClockRule, Counting, Life, Policy
from services.tickets.domain.steps import Step
from services.tickets.domain.taking_up import Ending, by_level, ending
from services.tickets.domain.timelines import Promise, Timeline
from services.tickets.domain.waiting import of_level, pauses

Calendars = Callable[[str, Step], Calendar]
"""The calendar of a name, as it was pinned by the step that began the round."""


@dataclass(frozen=True, slots=True)
class Clock:
    """One promised time, as it stands. States: running, paused, met, breached, waived; unknown: finished in a year
    whose calendar is not loaded, so that nobody can say yet whether it was kept."""

    base: str
    """The name without the number of the stay: that of the policy's clock or of the level."""
    stay: int
    round: int
    state: str
    timeline: Timeline
    promise: Promise
    opened_at: datetime
    due_at: datetime | None
    finished_at: datetime | None
    """When the promised thing was done, or the clock was waived."""
    breached_at: datetime | None
    """The due time of the first promise that was broken."""
    level: str | None = None
    """The level of the ladder whose own clock this is."""
    used_before: int = 0
    """Of a level's clock: the seconds that the level had used in this round before this stay."""
    for_good: bool = False
    """Whether it has ended and cannot run on any more: what was merely taken up may be given back."""
    solved_beneath: bool = False
    """Of a level's clock: it ended because the matter was solved from beneath that level, which had not answered."""
    unknown_year: int | None = None
    """The year whose calendar must be loaded before it can be said when this is due, or whether it was kept."""

    @property
    def name(self) -> str:
        return self.base if self.stay == 1 else f"{self.base}-{self.stay}"

    @property
    def is_open(self) -> bool:
        return self.finished_at is None

    @property
    def used(self) -> int:
        """Of a level's clock that has ended: the seconds that the level has used in this round."""
        try:
            return self.used_before + (self.timeline.counted(self.finished_at) if self.finished_at else 0)
        except CalendarUnknown:  # then nobody can say either when the next stay is due
            return self.used_before

    @property
    def started_at(self) -> datetime:
        return self.timeline.anchor


def fold(history: Sequence[Step], policy: Policy, calendars: Calendars, now: datetime) -> tuple[Clock, ...]:
    """All clocks of all rounds as of `now`, in the order in which they opened."""
    calendars = _once_a_round(calendars)
    clocks: list[Clock] = []
    for of_round in _rounds(history):
        for rule in policy.clocks:
            one_by_one = _each_clock if rule.each else _rule_clocks
            clocks.extend(one_by_one(rule, of_round, calendars, now))
        clocks.extend(_level_clocks(policy, of_round, calendars, now))
    return tuple(sorted(clocks, key=lambda clock: (clock.round, clock.opened_at)))


def _once_a_round(calendars: Calendars) -> Calendars:
    """All clocks of a round share its calendars, which are read from what the round pinned."""
    known: dict[tuple[str, int], Calendar] = {}

    def of(name: str, start: Step) -> Calendar:
        key = name, start.round
        if key not in known:
            known[key] = calendars(name, start)
        return known[key]

    return of


def _rounds(history: Sequence[Step]) -> Iterator[list[Step]]:
    """The steps of each round, without what the clocks wrote themselves."""
    current: list[Step] = []
    for step in history:
        if step.kind in steps.ROUND_STARTS:
            if current:
                yield current
            current = []
        if step.kind not in steps.MARKS:
            current.append(step)
    if current:
        yield current


def _rule_clocks(rule: ClockRule, of_round: Sequence[Step], calendars: Calendars, now: datetime) -> Iterator[Clock]:
    """The clock of one rule, once for each stay in which it promised something; the first counts as the rule says."""
    starts = _starts(rule, rule.counts_from)
    anchor = next((step for step in of_round if step.kind in starts), None)
    if anchor is None:
        return
    for stay, (end, promises) in enumerate(_promised(rule, of_round), start=1):
        begun = anchor.at if stay == 1 else promises[0].since
        timeline = _timeline(rule.counting, of_round, begun, calendars, end)
        promises = _shortened(rule.name, promises, timeline, of_round, end)
        if rule.has_date:
            # A date is a date: our waiting does not move it.
            timeline = replace(timeline, pauses=())
        yield _clock(rule.name, stay, of_round[0].round, timeline, promises, end, now)


def _promised(rule: ClockRule, of_round: Sequence[Step]) -> Iterator[tuple[Ending, list[Promise]]]:
    """Each stay in which the rule promised something before that was done."""
    for within in _stays(rule, of_round):
        end = ending(within, lambda step: step.kind in rule.ends_with, steps.ROUND_ENDS)
        promises = list(_promises(rule, within[: end.at], of_round[0]))
        if promises and not any(pause.start < promises[0].since for pause in end.given_back):
            yield end, promises


def _each_clock(rule: ClockRule, of_round: Sequence[Step], calendars: Calendars, now: datetime) -> Iterator[Clock]:
    """A clock for every step that the rule counts from, until the next of what ends it; none while one of before may
    still be kept, or taking it up again would renew the promise."""
    severity, starts, settled = None, _starts(rule, rule.counts_from), 0
    last: Clock | None = None
    for index, step in enumerate(of_round):
        severity = step.detail.get("severity", severity)
        seconds = rule.target(severity)
        if step.kind not in starts or seconds is None:
            continue
        if last is not None and index < settled and (last.breached_at is None or last.breached_at >= step.at):
            continue
        end = ending(of_round[index + 1 :], lambda step: step.kind in rule.ends_with, steps.ROUND_ENDS)
        settled = index + 1 + end.settled
        timeline, stay = _timeline(rule.counting, of_round, step.at, calendars, end), last.stay + 1 if last else 1
        promises = _shortened(rule.name, [Promise(step.at, seconds=seconds)], timeline, of_round, end)
        last = _clock(rule.name, stay, step.round, timeline, promises, end, now)
        yield last


def _stays(rule: ClockRule, of_round: Sequence[Step]) -> Iterator[Sequence[Step]]:
    """The round, for a clock about the plan cut behind each step that dropped one: what comes then is promised anew."""
    begin = 0
    if rule.until_plan or steps.PLANNED in rule.ends_with:
        for index, step in enumerate(of_round, start=1):
            if _drops_plan(step):
                yield of_round[begin:index]
                # That step says how grave the matter is now.
                begin = index - 1
    yield of_round[begin:]


def _promises(rule: ClockRule, within: Sequence[Step], round_start: Step) -> Iterator[Promise]:
    """What the clock promised in one stay, one after the other; nothing before the step from which it exists."""
    severity, last = None, Promise(round_start.at)
    # A plan that was dropped had been made on site: a later stay exists from its beginning.
    exists, starts = any(map(_drops_plan, within[:1])), _starts(rule, rule.exists_from)
    for step in within:
        exists = exists or step.kind in starts
        severity = step.detail.get("severity", severity)
        if not exists:
            continue
        promise = _promise(rule, step, severity, last, round_start)
        if (promise.seconds, promise.until) != (last.seconds, last.until):
            yield promise
            last = promise


def _promise(rule: ClockRule, step: Step, severity: str | None, last: Promise, round_start: Step) -> Promise:
    """What `rule` promises after `step`. An appointment stands on what began the round; so does a partner's own date,
    and a merged ticket may bring an earlier one."""
    if rule.until_external:
        dates = (last.until, step.detail.get("external_due_at"))
        return Promise(step.at, until=min((date for date in dates if date is not None), default=None))
    if rule.until_promised:
        return Promise(step.at, until=round_start.detail.get("promised_for"))
    if rule.until_plan:
        return Promise(step.at, until=_date(step, last))
    return Promise(step.at, seconds=rule.target(severity))


def _date(step: Step, last: Promise) -> datetime | None:
    """The planned date after `step`; a matter that is no longer grave has no plan any more."""
    if _drops_plan(step):
        return None
    found: datetime | None = step.detail.get("planned_for", last.until)
    return found


def _drops_plan(step: Step) -> bool:
    return step.kind == steps.RECLASSIFIED and bool(step.detail.get("plan_dropped"))


def _level_clocks(
    policy: Policy, of_round: Sequence[Step], calendars: Calendars, now: datetime
) -> Iterator[Clock]:  # fmt: skip
    """The clocks of the ladder: each starts when its level gets the ticket.

    A level has its time once a round: of a later stay what the earlier ones have left, or handing it down and lifting
    it again would put every promise off. It is kept by deeds of that level or one above; solved from beneath, or
    planned far ahead, it is over and not kept. It runs though somebody beneath lets the ticket wait: who lets a matter
    wait whose promise is broken does not stop the level that is told of it.
    """
    before: dict[str, Clock] = {}
    for index, step in enumerate(of_round):
        rung = policy.rungs.get(step.detail.get("to_level", "")) if step.kind in steps.MOVES else None
        if rung is None:
            continue
        last = before.get(rung.level)
        stay, used = (last.stay + 1, last.used) if last else (1, 0)
        end = ending(of_round[index + 1 :], by_level(policy), steps.ROUND_ENDS | steps.MOVES | {steps.RESOLVED})
        if end.step is not None and _is_far(end.step, policy.life):
            end = replace(end, kept=False)
        timeline = of_level(rung.level, _timeline(rung.counting, of_round, step.at, calendars, end))
        promises = [Promise(step.at, seconds=max(rung.seconds - used, 0))]
        promises = _shortened(rung.level, promises, timeline, of_round, end)
        clock = _clock(rung.level, stay, step.round, timeline, promises, end, now, rung.level)
        used += _seconds(promises[0]) - _seconds(promises[-1])
        before[rung.level] = replace(clock, used_before=used)
        yield before[rung.level]


def _is_far(step: Step, life: Life) -> bool:
    return step.kind == steps.PLANNED and life.plans_far(step.detail["planned_for"], step.at)


def _shortened(
    name: str, promises: Sequence[Promise], timeline: Timeline, of_round: Sequence[Step], end: Ending
) -> list[Promise]:
    """The promises of a clock as merges have shortened them (`time_left.py`), in the order in which they were made."""
    found = list(promises)
    for step in of_round:
        left = step.detail[steps.LEFT].get(name) if steps.LEFT in step.detail else None
        made = [promise for promise in found if promise.since <= step.at]
        if left is None or not made or (end.step is not None and step.at >= end.step.at):
            continue
        too_much = _seconds(made[-1]) - timeline.counted(step.at) - left
        if made[-1].seconds is not None and too_much > 0:
            later = [made[-1], *found[len(made) :]]
            cut = [replace(one, seconds=max(_seconds(one) - too_much, 0)) if one.seconds else one for one in later]
            found = [*made, replace(cut[0], since=step.at), *cut[1:]]
    return found


def _seconds(promise: Promise) -> int:
    return promise.seconds or 0


def _clock(
    base: str, stay: int, number: int, timeline: Timeline, promises: Sequence[Promise], end: Ending,
    now: datetime, level: str | None = None,
) -> Clock:  # fmt: skip
    stops = [promise.since for promise in promises[1:]] + [end.step.at if end.step else now]
    dues = [promise.due(timeline) for promise in promises]
    broken = (due for due, stop in zip(dues, stops, strict=True) if due is not None and due < stop)
    breached_at = next(broken, None)
    state, finished_at = _state(promises[-1], end, breached_at, timeline)
    promised = zip(reversed(promises), reversed(dues), strict=True)
    shown, due_at = next((promise, due) for promise, due in promised if not promise.withdrawn)
    unknown = shown.unknown(timeline) if due_at is None else None
    if unknown is not None and state == "met" and finished_at is not None and finished_at > unknown.since:
        state = "unknown"
    return Clock(
        base, stay, number, state, timeline, shown, promises[0].since, due_at, finished_at, breached_at, level,
        for_good=end.for_good, solved_beneath=bool(end.step and end.step.kind == steps.RESOLVED and not end.kept),
        unknown_year=unknown.year if unknown is not None and state in ("running", "paused", "unknown") else None,
    )  # fmt: skip


def _state(last: Promise, end: Ending, breached_at: datetime | None, timeline: Timeline) -> tuple[str, datetime | None]:
    if last.withdrawn:
        return "breached" if breached_at else "waived", last.since
    if end.step is not None:
        return "breached" if breached_at else "met" if end.kept else "waived", end.step.at
    if breached_at:
        return "breached", None
    return "paused" if any(pause.end is None for pause in timeline.pauses) else "running", None


def _timeline(
    counting: Counting, of_round: Sequence[Step], anchor: datetime, calendars: Calendars, end: Ending
) -> Timeline:  # fmt: skip
    """Time stands still while the ticket waits, and while the promise was kept already."""
    start = of_round[0]
    urgent = bool(start.detail.get("urgent"))
    name = counting.of(urgent)
    opening = calendars("station", start) if counting.from_opening and not urgent else None
    opening = None if isinstance(opening, Wall) else opening
    stands_still = sorted((*pauses(of_round), *end.given_back), key=lambda pause: pause.start)
    return Timeline(anchor, name, calendars(name, start), tuple(stands_still), opening)


def _starts(rule: ClockRule, kinds: frozenset[str]) -> frozenset[str]:
    """A new round counts as filed once more. What was verified is so in every round: nobody verifies it again, and what
    counts from that counts from the reopening."""
    only_verified = rule.ends_with <= {steps.VERIFIED}
    again = steps.VERIFIED in kinds or (steps.FILED in kinds and not only_verified)
    return kinds | {steps.REOPENED} if again else kinds
