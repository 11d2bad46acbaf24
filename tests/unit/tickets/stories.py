"""Telling the life of a ticket in a line or two: times are Shanghai's, on Monday 2026-03-02 unless said otherwise."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.tickets.domain import actions
from services.tickets.domain.calendars import Calendar, StationHours, Wall, WorkingDays
from services.tickets.domain.clocks import Clock
from services.tickets.domain.hours import Exceptional, Hours, parse_day
from services.tickets.domain.policy import Policy
from services.tickets.domain.settle import OwnerOf, Rules, settle
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Course, Placing, Ticket
from services.tickets.domain.transitions import STAFF, Actor
from services.tickets.policies import shipped_policies
from services.tickets.workdays import published_years

SHANGHAI = ZoneInfo("Asia/Shanghai")
REQUEST: Policy = shipped_policies()["request-1341/2"]
OFFICE = Hours((*[parse_day(["08:30-12:00", "14:30-18:00"])] * 5, (), ()))
"""Workdays in the morning and in the afternoon, closed at the weekend."""
ROUND_THE_CLOCK = Hours(tuple(parse_day(["00:00-24:00"]) for _ in range(7)))
WORKER, RESIDENT = "person-worker", "person-resident"
PLACING = Placing("grid-001", "/hequ/qingxi/qingyuan/grid-001/", "compound-001", "station-001", "/hequ/qingxi/s/")
EVERYBODY = Actor(WORKER, STAFF | {"assignee"})
REPORTER = Actor(RESIDENT, frozenset({"reporter"}))
OWNERS = {level: f"owner-{level}" for level in ("grid", "community", "street", "district")}


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    """ "09:10", "09:10:30", "03-07 09:10" or "2026-12-31 23:59" in UTC."""
    day, _, time = text.rpartition(" ")
    day = {0: "2026-03-02", 5: f"2026-{day}"}.get(len(day), day)
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=zone).astimezone(UTC)


def hours_except(day: str, *openings: str, reason: str = "") -> Hours:
    return replace(OFFICE, exceptions={date.fromisoformat(day): Exceptional(parse_day(list(openings)), reason)})


def rules(
    hours: Hours | None = None, policy: Policy = REQUEST, years: Mapping[int, frozenset[date]] | None = None,
    owner_of: OwnerOf = lambda level, path, rated=(): OWNERS[level], zone: ZoneInfo = SHANGHAI,
) -> Rules:  # fmt: skip
    def calendar(name: str, start: Step) -> Calendar:
        if name == "working_days":
            return WorkingDays(years or {}, zone)
        return StationHours(hours, zone) if name == "station" and hours is not None else Wall()

    return Rules(policy, calendar, owner_of)


class Story:
    """A ticket and what happens to it; every deed settles first and afterwards, as the handlers do."""

    def __init__(
        self, filed: str, judged: Rules | None = None, *, urgent: bool = False, recorded: str | None = None,
        partners_date: str | None = None, service: str | None = None, promised_for: str | None = None,
    ) -> None:  # fmt: skip
        self.rules = judged or rules()
        recorded_at, policy = at(recorded or filed), self.rules.policy
        ticket = Ticket(
            id="t", number="260302-000-0000", kind=policy.kind, policy=policy.pin, channel="desk", category=None,
            placing=PLACING, urgent=urgent, occurred_at=at(filed), recorded_at=recorded_at, reporter_id=RESIDENT,
            external_due_at=at(partners_date) if partners_date else None, service=service,
            items=dict.fromkeys(policy.services[service].items) if service else {},
            promised_for=at(promised_for) if promised_for else None,
        )  # fmt: skip
        reason = "the network was down" if recorded else None
        self.course = actions.file(ticket, self.rules, EVERYBODY, recorded_at, None, reason)
        self.steps: list[tuple[Step, Ticket]] = []
        self._finish()

    def do(self, when: str, deed: Callable[..., None], *details: Any, by: Actor = EVERYBODY) -> "Story":
        self.course = Course(self.ticket, at(when), self.rules.policy.life)
        settle(self.course, self.rules)
        deed(self.course, by, *details)
        return self._finish()

    def wait(self, until: str) -> "Story":
        self.course = Course(self.ticket, at(until), self.rules.policy.life)
        return self._finish()

    def on_site(self, when: str, severity: str) -> "Story":
        self.do(when, actions.accept).do(when, actions.assign, WORKER)
        return self.do(when, actions.arrive, severity)

    def pause(self, when: str, reason: str = "resident-away") -> "Story":
        """The step itself, whatever the policy says of pauses."""
        return self.do(when, lambda course, actor: course.take("paused", None, {"reason_code": reason}))

    def resume(self, when: str) -> "Story":
        return self.do(when, lambda course, actor: course.take("resumed"))

    @property
    def ticket(self) -> Ticket:
        return self.course.ticket

    def clock(self, name: str, now: str, number: int = 1) -> Clock:
        clocks = self.rules.clocks(self.ticket, at(now))
        return next(clock for clock in clocks if (clock.name, clock.round) == (name, number))

    def has_clock(self, name: str, now: str) -> bool:
        return any(clock.name == name for clock in self.rules.clocks(self.ticket, at(now)))

    def marks(self, *kinds: str) -> list[tuple[str, int, datetime]]:
        """(clock, threshold, reached at) of what was fired, in order."""
        wanted = kinds or ("warned", "breached", "met")
        return [
            (step.detail["clock"], step.detail["threshold"], step.detail["reached_at"])
            for step, _ in self.steps
            if step.kind in wanted
        ]

    def lifts(self) -> list[tuple[str, datetime]]:
        return [(step.detail["to_level"], step.at) for step, _ in self.steps if step.kind == "lifted"]

    def _finish(self) -> "Story":
        settle(self.course, self.rules)
        self.steps += self.course.taken
        return self


def story(kind: str, filed: str = "09:00", **about: Any) -> Story:
    pins = {policy.kind: policy for policy in shipped_policies().values()}
    return Story(filed, rules(OFFICE, pins[kind], published_years()), **about)
