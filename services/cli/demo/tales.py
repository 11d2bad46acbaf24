"""How each kind of story goes. A tale acts through the API and yields how long it pauses, in business time."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from services.cli.demo.edge import Caller
from services.cli.demo.stage import Tale
from services.cli.demo.tales_of_kinds import TALES_OF_KINDS
from services.cli.demo.telling import Telling, minutes

Teller = Callable[[Telling], Tale]


def kept(t: Telling) -> Tale:
    """Filed, on site within ten minutes, solved, confirmed and rated."""
    t.file_somehow()
    yield from _come(t, "ordinary")
    yield minutes(t.between(4, 14))
    t.resolve()
    if t.likely(0.75):
        yield minutes(t.between(20, 120))
        t.confirm(t.rating())


def complex_(t: Telling) -> Tale:
    """A complex matter: four hours to solve it."""
    t.file_somehow()
    yield from _come(t, "complex")
    yield minutes(t.between(60, 200))
    t.resolve()
    yield minutes(t.between(20, 90))
    t.confirm(t.rating())


def late(t: Telling) -> Tale:
    """Warned, breached, lifted to the community; then somebody comes after all."""
    t.file_online()
    yield t.when_open(t.between(1, 3))
    t.accept()
    t.assign()
    yield minutes(t.between(14, 24))
    t.arrive("ordinary")
    yield minutes(t.between(3, 20))
    t.resolve()
    yield minutes(t.between(20, 60))
    t.confirm(t.between(1, 4))


def up_to_the_street(t: Telling) -> Tale:
    """Nobody comes, nor does the community act in time: the street office takes it."""
    yield from _climb(t, minutes(48), "street", t.town.cast.streets[t.grid.street])


def up_to_the_district(t: Telling) -> Tale:
    """Nobody acts at any level until it is with the district."""
    yield from _climb(t, minutes(4 * 60 + 50), "district", t.town.cast.district)


def by_hand(t: Telling) -> Tale:
    """The grid head asks for help; the community gives it back down."""
    t.file_online()
    yield from _come(t, "complex")
    t.escalate()
    yield minutes(t.between(5, 12))
    t.de_escalate()
    yield minutes(t.between(10, 30))
    t.resolve()


def planned(t: Telling) -> Tale:
    """A special or major matter: a plan with a date, which the community moves once."""
    t.file_somehow()
    yield from _come(t, "special" if t.likely(0.7) else "major")
    yield minutes(t.between(30, 90))
    t.plan(days=2)
    yield minutes(t.between(30, 120))
    t.move_plan(days=4)
    if t.likely(0.4):
        yield minutes(t.between(30, 120))
        t.resolve()


def reclassified(t: Telling) -> Tale:
    """It turned out to be worse than it looked."""
    t.file_somehow()
    yield from _come(t, "ordinary")
    t.reclassify("complex")
    yield minutes(t.between(40, 150))
    t.resolve()


def volunteer(t: Telling) -> Tale:
    """Offered to volunteers: several reach for it, exactly one gets it, and is paid when the resident confirms."""
    yield from _helped(t)
    yield minutes(t.between(10, 60))
    t.confirm(t.between(3, 5))


def volunteer_reopened(t: Telling) -> Tale:
    """The resident confirmed too early: the points are taken back; staff put it right."""
    yield from _helped(t)
    yield minutes(t.between(10, 30))
    t.confirm(4)
    yield minutes(t.between(10, 40))
    t.reopen()
    yield from _second_round(t)


def volunteer_suspended(t: Telling) -> Tale:
    """The community suspends the volunteer who has it in hand. What he has not begun with goes to the others; where he
    was on site already, its worker ends it."""
    t.file_online()
    yield t.when_open(0.2)
    t.accept()
    t.offer()
    t.claim_by_newcomer()
    if t.likely(0.5):
        t.suspend()
        t.race()
        t.arrive("ordinary")
    else:
        t.arrive("ordinary")
        t.suspend()
        t.assign()
    yield minutes(t.between(5, 15))
    t.resolve()


def reopened(t: Telling) -> Tale:
    """Not content with what was done: a second round of clocks."""
    t.file_online()
    yield from _come(t, "ordinary")
    yield minutes(t.between(4, 12))
    t.resolve()
    yield minutes(t.between(10, 40))
    t.reopen()
    yield from _second_round(t)


def hotline(t: Telling) -> Tale:
    """The city's hotline files it with its own number, and a second time by mistake."""
    t.file_by_hotline()
    if t.likely(0.5):
        yield minutes(1)
        t.file_by_hotline_again()
    yield from _come(t, "ordinary")
    yield minutes(t.between(4, 14))
    t.resolve()


def anonymous(t: Telling) -> Tale:
    """Somebody without an account, who comes back with number and secret."""
    t.file_anonymously()
    yield from _come(t, "ordinary")
    yield minutes(t.between(4, 14))
    t.resolve()
    yield minutes(t.between(20, 90))
    t.follow_up()
    t.confirm(t.rating())


def rejected(t: Telling) -> Tale:
    """Not a matter for the station; the resident is told why."""
    t.file_online()
    yield t.when_open(t.between(2, 6))
    t.reject()


def cancelled(t: Telling) -> Tale:
    """It has settled itself."""
    t.file_online()
    yield minutes(t.between(2, 8))
    t.cancel()


def entered_late(t: Telling) -> Tale:
    """Written down at the desk hours after it happened, with a reason."""
    t.file_after_the_fact(hours=3)
    yield from _come(t, "ordinary")
    yield minutes(t.between(4, 14))
    t.resolve()


def sent_twice(t: Telling) -> Tale:
    """The resident's telephone sends the same request twice; it is filed once."""
    t.file_twice()
    yield from _come(t, "ordinary")
    yield minutes(t.between(4, 14))
    t.resolve()


def _come(t: Telling, severity: str) -> Tale:
    """Taken in and somebody on site, a few minutes after filing or after the station opens."""
    yield t.when_open(t.between(0, 1))
    t.accept()
    t.assign()
    yield minutes(t.between(1, 3))
    t.arrive(severity)


def _helped(t: Telling) -> Tale:
    t.file_online()
    yield t.when_open(0.2)  # a second of real time, in which services tell each other, is five minutes of the day
    t.accept()
    t.offer()
    t.race()
    t.arrive("ordinary")
    yield minutes(t.between(5, 15))
    t.resolve()


def _second_round(t: Telling) -> Tale:
    yield t.when_open(t.between(0, 1))
    t.assign()
    yield minutes(t.between(1, 3))
    t.arrive("ordinary")
    yield minutes(t.between(4, 14))
    t.resolve()
    yield minutes(t.between(10, 30))
    t.confirm(t.between(3, 5))


def _climb(t: Telling, pause: timedelta, level: str, office: Caller) -> Tale:
    t.file_online(urgent=True)
    yield pause
    while t.level() != level:
        yield minutes(3)
    t.hands = office
    t.accept()
    t.assign()
    yield minutes(t.between(10, 25))
    t.arrive("complex")
    yield minutes(t.between(10, 50))
    t.resolve()


TALES: Mapping[str, Teller] = {
    "kept": kept,
    "complex": complex_,
    "late": late,
    "up-to-the-street": up_to_the_street,
    "up-to-the-district": up_to_the_district,
    "by-hand": by_hand,
    "planned": planned,
    "reclassified": reclassified,
    "volunteer": volunteer,
    "volunteer-reopened": volunteer_reopened,
    "volunteer-suspended": volunteer_suspended,
    "reopened": reopened,
    "hotline": hotline,
    "anonymous": anonymous,
    "rejected": rejected,
    "cancelled": cancelled,
    "entered-late": entered_late,
    "sent-twice": sent_twice,
    **TALES_OF_KINDS,
}
