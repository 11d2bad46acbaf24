"""What a process lets in: so much of each address, and so much heavy work at once."""

import eventlet
from eventlet.event import Event

from services.chassis.auth import Principal
from services.chassis.http.doors import WINDOW_SECONDS, Addresses, Door, Turns
from services.chassis.http.problems import Problem
from services.chassis.http.routes import AtOnce


class Hand:
    """A watch that stands until it is set."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_an_address_has_so_many_requests_a_minute_and_another_has_its_own() -> None:
    hand = Hand()
    addresses = Addresses(3, hand)
    assert [addresses.count("192.0.2.1") for _ in range(4)] == [None, None, None, WINDOW_SECONDS]
    assert addresses.count("192.0.2.2") is None
    hand.seconds += 50
    assert addresses.count("192.0.2.1") == 10
    hand.seconds += 10
    assert addresses.count("192.0.2.1") is None


def test_without_a_limit_anybody_comes_in() -> None:
    addresses = Addresses(0)
    assert {addresses.count("192.0.2.1") for _ in range(10_000)} == {None}


def test_a_flood_of_addresses_takes_no_more_than_so_much_memory() -> None:
    addresses = Addresses(2, Hand(), most_known=5)
    waits = [addresses.count(f"192.0.2.{number}") for number in range(10)]
    assert waits[:7] == [None] * 7
    assert waits[7] is not None
    assert addresses.count("192.0.2.0") is None
    assert len(addresses._counts) == 6


def entered(door: Door, address: str, inside: list[str], leave: Event) -> eventlet.greenthread.GreenThread:
    def visit() -> bool:
        try:
            with door.passed(address):
                inside.append(address)
                leave.wait()
                return True
        except Problem as problem:
            return problem.slug != "busy" or "Retry-After" not in problem.headers

    return eventlet.spawn(visit)


def test_of_heavy_work_so_much_is_let_in_and_who_waits_too_long_is_told_to_come_again() -> None:
    door, leave = Door("tickets", AtOnce("photos", 3, 2, patience_seconds=0.1)), Event()
    inside: list[str] = []
    visits = [entered(door, address, inside, leave) for address in ("a", "a", "a", "b", "b")]
    refused = [visits[2].wait(), visits[4].wait()]
    assert (inside, refused) == (["a", "a", "b"], [False, False])
    leave.send()
    assert [visits[number].wait() for number in (0, 1, 3)] == [True, True, True]
    assert len(door._by_address) == 0


def test_who_waits_comes_in_when_another_leaves() -> None:
    door, leave = Door("tickets", AtOnce("photos", 1, 1)), Event()
    inside: list[str] = []
    first = entered(door, "a", inside, leave)
    second = entered(door, "b", inside, leave)
    eventlet.sleep(0)
    leave.send()
    assert (first.wait(), second.wait(), inside) == (True, True, ["a", "b"])


def test_of_one_caller_so_much_is_in_work_and_nobody_else_waits_for_it() -> None:
    turns, leave = Turns("tickets", 2, patience_seconds=0.1), Event()
    inside: list[str] = []

    def ask(name: str, caller: Principal | None, address: str) -> str:
        try:
            with turns.passed(caller, address):
                inside.append(name)
                leave.wait()
                return "answered"
        except Problem as problem:
            return problem.slug

    his, hers = Principal("p-1", ()), Principal("p-2", ())
    asked = [
        ("his", his, "192.0.2.1"), ("his", his, "192.0.2.2"), ("his", his, "192.0.2.3"),
        ("hers", hers, "192.0.2.1"), ("a stranger's", None, "192.0.2.1"), ("a stranger's", None, "192.0.2.1"),
        ("a stranger's", None, "192.0.2.1"), ("another's", None, "192.0.2.2"),
    ]  # fmt: skip
    visits = [eventlet.spawn(ask, *one) for one in asked]
    refused = [visits[2].wait(), visits[6].wait()]
    assert (refused, inside) == (
        ["busy", "busy"], ["his", "his", "hers", "a stranger's", "a stranger's", "another's"]
    )  # fmt: skip
    leave.send()
    assert {visits[number].wait() for number in (0, 1, 3, 4, 5, 7)} == {"answered"}
    assert len(turns._shares) == 0


def test_whose_turn_comes_is_answered_later() -> None:
    turns, leave = Turns("tickets", 1), Event()
    answered: list[int] = []

    def ask(number: int) -> None:
        with turns.passed(Principal("p-1", ()), "192.0.2.1"):
            leave.wait()
            answered.append(number)

    visits = [eventlet.spawn(ask, number) for number in range(4)]
    eventlet.sleep(0)
    leave.send()
    for visit in visits:
        visit.wait()
    assert answered == [0, 1, 2, 3]
