"""A story of each kind besides requests, and of what a ticket may meet on its way. Written like `tales`."""

from collections.abc import Callable, Mapping

from services.cli.demo.stage import Tale
from services.cli.demo.telling import Telling, minutes

Teller = Callable[[Telling], Tale]


def order(t: Telling) -> Tale:
    """A resident orders a service, the community dispatches it, a member takes it (点单、派单、接单), cannot come after
    all, and another does."""
    t.file_kind("order", service="small_repairs")
    yield t.when_open(0.2)
    t.accept()
    t.offer()
    t.race()
    t.give_back()
    t.race()
    yield minutes(t.between(20, 60))
    t.resolve()
    yield minutes(t.between(10, 40))
    t.confirm(t.between(3, 5))


def wish(t: Telling) -> Tale:
    """A small wish (微心愿) is taken up and fulfilled."""
    t.file_kind("wish")
    yield from _taken_up(t)
    t.resolve()
    yield minutes(t.between(10, 40))
    t.confirm(5)


def errand(t: Telling) -> Tale:
    """An errand (帮办代办), paper by paper; for one of them it has to wait."""
    t.file_kind("errand", service="senior_card")
    yield from _taken_up(t)
    t.tick("id_card")
    t.pause("papers_missing")
    yield minutes(t.between(30, 60))
    t.resume()
    t.tick("household_register")
    t.resolve()


def hazard(t: Telling) -> Tale:
    """A danger seen on the way (随手拍): somebody else verifies it, then it goes as a request."""
    t.file_hazard()
    yield t.when_open(t.between(2, 10))
    t.verify()
    t.assign()
    yield minutes(t.between(2, 6))
    t.arrive("ordinary")
    yield minutes(t.between(4, 14))
    t.resolve()


def dispute(t: Telling) -> Tale:
    """Mediation (调解): the parties meet, and come to terms."""
    t.file_kind("dispute")
    yield from _taken_up(t)
    t.hold_session()
    yield minutes(t.between(20, 60))
    t.resolve(outcome="reached")


def topic(t: Telling) -> Tale:
    """A row of a night talk's list (居民夜谈), solved jointly."""
    t.file_kind_at_desk("topic")
    yield from _taken_up(t)
    t.resolve()


def dated(kind: str) -> Teller:
    """What has a date of its own: joint matters, visits, loans, projects."""

    def tell(t: Telling) -> Tale:
        t.file_kind_at_desk(kind, days=2)
        yield from _taken_up(t)
        t.resolve()

    return tell


def transferred(t: Telling) -> Tale:
    """It came to the wrong grid and is handed on."""
    t.file_kind("request")
    yield t.when_open(t.between(0, 1))
    t.accept()
    t.transfer()


def merged(t: Telling) -> Tale:
    """Two report the same: one goes on, both hear the outcome."""
    same = {"category": "lighting", "description": "三单元楼道灯不亮了，晚上老人上下楼不方便。"}
    t.file_kind("wish", **same)
    first = t.ticket_id
    t.file_kind("wish", **same)
    yield t.when_open(t.between(1, 4))
    t.merge_into(first)


def _taken_up(t: Telling) -> Tale:
    yield t.when_open(t.between(1, 5))
    t.accept()
    t.assign()
    yield minutes(t.between(15, 45))


TALES_OF_KINDS: Mapping[str, Teller] = {
    "order": order,
    "wish": wish,
    "errand": errand,
    "hazard": hazard,
    "dispute": dispute,
    "topic": topic,
    **{kind: dated(kind) for kind in ("joint", "visit", "loan", "project")},
    "transferred": transferred,
    "merged": merged,
}
