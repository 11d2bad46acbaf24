"""Which of the five ways a matter is handled in (五必办): decided when it is filed, and again when it proves grave.

A decision stands in the history with the version of the rules; nothing makes it again.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from services.tickets.domain.actions import file
from services.tickets.domain.policy import Policy
from services.tickets.domain.refused import Refused
from services.tickets.domain.routing import Choice, Decision, Matter, Opened, Rule, choose
from services.tickets.domain.settle import settle
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import GRID, Course, Ticket
from services.tickets.domain.transitions import SYSTEM, Actor
from services.tickets.handlers.asking import asked
from services.tickets.handlers.life import keep
from services.tickets.handlers.numbering import free_number
from services.tickets.handlers.placing import hours_now, placed_now
from services.tickets.handlers.ports import House, Store

DETAIL = "routing"
"""Under which a step keeps the decision that it brought."""


@dataclass(frozen=True, slots=True)
class Route:
    """How a matter is to be filed: what was said, as the rule would have it said."""

    policy: Policy
    said: Mapping[str, Any]
    level: str = GRID
    choice: Choice | None = None
    """None: the house has no rules."""


def route(store: Store, house: House, policy: Policy, said: Mapping[str, Any], matter: Matter, now: datetime) -> Route:
    """What the rules of the place make of a matter; `policy` is that of the kind which it is filed as."""
    rules = house.rule_set_for(store, matter.area)
    if rules is None:
        return Route(policy, said)

    def impossible(rule: Rule) -> str | None:
        try:
            after, fuller = _turned(store, house, rule, policy, said, matter.area)
            if rule.file_as:
                asked(after, fuller, now)
        except Refused as refused:
            about = refused.params.get("field") or refused.params.get("service")
            return f"{refused.slug}:{about}" if about else refused.slug
        return "no-such-level" if rule.level not in (None, GRID) and rule.level not in after.rungs else None

    choice = choose(rules, matter, impossible)
    after, fuller = _turned(store, house, choice.rule, policy, said, matter.area)
    return Route(after, fuller, choice.rule.level or GRID, choice)


def _turned(
    store: Store, house: House, rule: Rule, policy: Policy, said: Mapping[str, Any], area_path: str
) -> tuple[Policy, Mapping[str, Any]]:
    """Raises Refused("unknown-kind")."""
    fuller = {**said, "urgent": bool(said.get("urgent")) or rule.urgent}
    if rule.file_as is None:
        return policy, fuller
    if rule.file_as.service is not None:
        fuller["service"] = rule.file_as.service
    return house.policy_for(store, rule.file_as.kind, area_path), fuller


def chosen(choice: Choice | None) -> dict[str, Any]:
    """What of the ticket itself a choice settles."""
    return {} if choice is None else {"handling_mode": choice.rule.mode, "told_each_step": choice.rule.told_each_step}


def decide(store: Store, house: House, ticket: Ticket, choice: Choice | None, now: datetime) -> dict[str, Any]:
    """The decision, to be kept with a step; does what the choice wants besides, once for each rule."""
    if choice is None:
        return {}
    rule, opened = choice.rule, None
    if rule.opens is not None and rule.id not in {one.rule for _, one in decisions(ticket) if one.opened}:
        opened = _opened(store, house, ticket, rule.opens, now)
    return {DETAIL: Decision.of(choice, opened).plain()}


def decide_again(store: Store, house: House, course: Course) -> None:
    """Somebody on site said how grave it is: the rules under which it was filed are asked once more.

    A ticket that was filed before there were rules, or by the system, has no decision and gets none.
    """
    before = decisions(course.ticket)
    if not before:
        return
    first, last, ticket = before[0][1], before[-1][1], course.ticket
    matter = replace(first.matter, severity=ticket.severity, level=ticket.level)
    choice = choose(house.rule_set(store, last.rules), matter, lambda rule: first.impossible.get(rule.id))
    if choice.rule.id != last.rule:
        course.add(decide(store, house, ticket, choice, course.now), **chosen(choice))


def decisions(ticket: Ticket) -> list[tuple[Step, Decision]]:
    """Every decision of a ticket with the step that brought it, in order."""
    found = ((step, step.detail.get(DETAIL)) for step in ticket.history)
    return [(step, Decision.from_plain(plain)) for step, plain in found if plain]


def _opened(store: Store, house: House, cause: Ticket, wanted: Opened, now: datetime) -> str | None:
    """The number of a ticket of its own that follows from this one (难点→联动), with its own date; it repeats nobody's
    words. None where its kind is known no more: the matter itself is taken and handled so all the same."""
    try:
        policy = house.policy_for(store, wanted.kind, cause.area_path)
    except Refused:
        return None
    placed = placed_now(store, cause.placing)
    due = now + timedelta(seconds=wanted.within_seconds)
    ticket = Ticket(
        id=house.new_id(), number=free_number(store, house, now), kind=policy.kind, policy=policy.pin,
        channel="system", category=cause.category, placing=placed, urgent=False, occurred_at=now,
        recorded_at=now, parent_id=cause.id, promised_for=due if policy.takes_date else None,
    )  # fmt: skip
    rules = house.rules(store, policy.pin)
    course = file(ticket, rules, Actor(None, SYSTEM), now, hours_now(store, placed), None)
    settle(course, rules)
    keep(store, course, rules, new=True)
    return ticket.number
