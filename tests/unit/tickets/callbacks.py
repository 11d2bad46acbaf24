"""A matter that somebody has a part in, is rated badly, and is followed up by a callback."""

from collections.abc import Callable

from services.tickets.domain import actions
from services.tickets.domain.policy import LEVELS
from services.tickets.domain.settle import lift
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import ACCOUNT, ASSIGNEE, REPORTER, STAFF, SYSTEM, Actor
from services.tickets.handlers.callbacks import call_back_when_bad
from services.tickets.handlers.filing import Filer, file_ticket
from services.tickets.handlers.life import do
from services.tickets.handlers.placing import placing
from tests.unit.tickets.shelf import Shelf, county, house
from tests.unit.tickets.stories import WORKER, at

ROLES = sorted(STAFF)
Course = Callable[["Matter", str], None]


def of(role: str, person: str = "rated") -> Actor:
    return Actor(person, frozenset({role}))


class Matter:
    """A wish, lifted to a level, through the real handlers."""

    def __init__(self, level: str, kind: str = "wish") -> None:
        self.shelf: Shelf = county()
        self.house = house()
        where = placing(self.shelf, "grid-001", None, None)
        self.id = file_ticket(self.shelf, self.house, Filer("resident", False), where, {"kind": kind}, at("09:00"))\
            .ticket.id  # fmt: skip
        for _ in range(LEVELS.index(level)):
            rules = self.house.rules(self.shelf, self.ticket.policy)
            self.do(lambda course, who, rules=rules: lift(course, rules, "breach"), by=Actor(None, SYSTEM))

    @property
    def ticket(self) -> Ticket:
        return self.shelf.tickets[self.id]

    def do(self, deed: Callable[..., None], *details: object, by: Actor) -> None:
        do(self.shelf, self.house, self.ticket, at("09:01"), lambda course, rules: deed(course, by, *details))

    def has_it(self, role: str, person: str = "rated") -> None:
        self.do(actions.assign, person, by=Actor(person, frozenset({role})))

    def solved_by(self, role: str, person: str = "rated") -> None:
        if self.ticket.kind == "request":
            self.do(actions.arrive, "ordinary", by=Actor(person, frozenset({role}) | ASSIGNEE))
        self.do(actions.resolve, None, by=Actor(person, frozenset({role}) | ASSIGNEE))

    def callback(self, rating: int = 1) -> Ticket:
        reporter = self.ticket.reporter_id
        self.do(actions.confirm, rating, by=Actor(reporter, REPORTER, reporter, ACCOUNT))
        found = call_back_when_bad(self.shelf, self.house, self.ticket, at("09:02"), reporter)
        assert found is not None
        return found


def solves(matter: Matter, role: str) -> None:
    """Takes it, given to him by somebody who serves at the grid and knew not of which office he is."""
    matter.do(actions.accept, by=of("grid_worker", "taker"))
    matter.do(actions.assign, "rated", by=of("district", "sender"))
    matter.solved_by(role)


def takes_it_in(matter: Matter, role: str) -> None:
    matter.do(actions.accept, by=of(role))
    matter.has_it("grid_worker", WORKER)
    matter.solved_by("grid_worker", WORKER)


def takes_it_in_hand_and_passes_it_on(matter: Matter, role: str) -> None:
    matter.do(actions.accept, by=of("grid_worker", "taker"))
    matter.has_it(role)
    matter.do(actions.assign, WORKER, by=Actor("rated", frozenset({role}) | ASSIGNEE))
    matter.solved_by("grid_worker", WORKER)


WAYS: dict[str, Course] = {one.__name__: one for one in (solves, takes_it_in, takes_it_in_hand_and_passes_it_on)}
