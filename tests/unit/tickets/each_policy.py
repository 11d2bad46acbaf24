"""Every policy that is shipped, also in a pack, and one way to take each step that may keep a promise of it."""

from collections.abc import Callable, Mapping

from services.tickets.domain import actions, kinds, planning
from services.tickets.domain.calendars import Wall
from services.tickets.domain.policy import Policy
from services.tickets.domain.settle import Rules
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import Actor
from services.tickets.policies import PACKS, load_policies, packs, shipped_policies
from tests.unit.tickets.stories import OWNERS, at

POLICIES = {**shipped_policies(), **{f"{pack}: {pin}": policy for pack in packs()
                                     for pin, policy in load_policies(PACKS / pack).items()}}  # fmt: skip
HIM = "who-does-the-work"
Deed = Callable[[Course, Actor], None]


def rules(policy: Policy) -> Rules:
    """Day and night count."""
    return Rules(policy, lambda name, start: Wall(), lambda level, path, rated=(): OWNERS[level])


def _resolve(course: Course, actor: Actor) -> None:
    outcomes = course.life.outcomes
    actions.resolve(course, actor, None, outcomes[-1] if outcomes else None)


def _tick(course: Course, actor: Actor) -> None:
    kinds.tick(course, actor, next(code for code, done_at in course.ticket.items.items() if done_at is None))


DEEDS: Mapping[str, Deed] = {
    "verified": kinds.verify,
    "accepted": actions.accept,
    "assigned": lambda c, a: actions.assign(c, a, HIM),
    "offered": lambda c, a: actions.offer(c, a, "offer-1", ()),
    "arrived": lambda c, a: actions.arrive(c, a, "major" if c.life.severities else None),
    "planned": lambda c, a: planning.plan(c, a, at("03-20 09:00"), None),
    "item_done": _tick,
    "session_held": lambda c, a: kinds.hold_session(c, a, None),
    "resolved": _resolve,
}
"""By the kind of the step that it writes."""
