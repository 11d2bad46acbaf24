"""Points: what comes in equals what goes out, nothing pays twice, and nobody's balance is below zero."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from services.contracts.tickets import WAYS
from services.contracts.types import Event
from services.volunteers.domain.ledger import (
    ISSUANCE,
    Account,
    Cause,
    Posting,
    Transaction,
    TransactionKind,
    award,
    debt_account,
    reverse,
    spendable_account,
)  # fmt: skip
from services.volunteers.handlers.table import handle
from tests.unit.volunteers.world import GRID, NOW, World, refusal, ticket_event

CAUSE = Cause("event-1", "ticket-1", 1, GRID, NOW)


def confirmed(
    ticket_id: str = "ticket-1",
    round_: int = 1,
    solver: str = "li",
    rating: int = 5,
    *,
    kind: str = "request",
    solver_kind: str = "member",
    reporter: str = "the-reporter",
    way: str = "account",
) -> Event:
    return ticket_event(
        "ticket.confirmed", round_ * 10, state="confirmed", ticket_id=ticket_id, round_=round_, kind=kind,
        reporter_id=reporter, solver_id=solver, solver_kind=solver_kind, rating=rating, way=way,
    )  # fmt: skip


def reopened(ticket_id: str = "ticket-1", previous_round: int = 1) -> Event:
    return ticket_event(
        "ticket.reopened", previous_round * 10 + 5, state="accepted", ticket_id=ticket_id,
        round_=previous_round + 1, previous_round=previous_round, solver_id="li",
    )  # fmt: skip


def sums(transactions: list[Transaction]) -> Counter[str]:
    """Points by account, out of the postings alone."""
    found: Counter[str] = Counter()
    for transaction in transactions:
        for posting in transaction.postings:
            found[posting.debit] -= posting.points
            found[posting.credit] += posting.points
    return found


def test_a_confirmed_request_pays_its_solver_ten_points() -> None:
    world = World()
    handle(world, confirmed())
    assert world.account("li") == Account("li", balance=10, debt=0, sequence=1)
    (event,) = world.told("points.awarded")
    assert (event.data["rule"], event.data["points"], event.data["balance"]) == ("request-solved/1", 10, 10)


def test_who_reported_it_by_a_merged_ticket_is_not_paid_for_solving_it() -> None:
    """Also when it was merged while he had it in hand, or when he took his report back."""
    world, event = World(), confirmed()
    event.data["ticket"]["reporter_ids"] = ["the-reporter", "li"]
    handle(world, event)
    assert not world.ledger


def test_a_repeated_confirmation_pays_once() -> None:
    world = World()
    for _ in range(3):
        handle(world, confirmed())
    assert world.account("li").balance == 10
    assert len(world.told("points.awarded")) == 1


def test_a_rating_below_three_pays_nothing() -> None:
    world = World()
    handle(world, confirmed(rating=2))
    assert world.ledger == []


def test_three_is_good_enough() -> None:
    world = World()
    handle(world, confirmed(rating=3))
    assert world.account("li").balance == 10


def test_staff_earn_no_points() -> None:
    world = World()
    handle(world, confirmed(solver_kind="staff"))
    assert world.ledger == []


def test_a_kind_that_no_rule_names_is_worth_nothing() -> None:
    world = World()
    handle(world, confirmed(kind="callback"))
    assert world.ledger == []


def test_a_wish_is_paid_by_its_own_rule() -> None:
    world = World()
    handle(world, confirmed(kind="wish"))
    assert [(entry.rule, entry.points) for entry in world.ledger] == [("service-given/1", 10)]


@pytest.mark.parametrize("way", WAYS)
def test_a_word_that_passed_through_staff_earns_nobody_points(way: str) -> None:
    world = World()
    handle(world, confirmed(way=way))
    assert len(world.ledger) == (0 if way in ("slip", "staff") else 1)


def test_nobody_earns_with_his_own_report() -> None:
    world = World()
    handle(world, confirmed(solver="li", reporter="li"))
    assert world.ledger == []


def test_a_reopening_takes_back_what_its_round_paid() -> None:
    world = World()
    handle(world, confirmed())
    for _ in range(2):
        handle(world, reopened())
    assert world.account("li").balance == 0
    (event,) = world.told("points.reversed")
    assert event.data["reverses"] == world.told("points.awarded")[0].data["posting_id"]


def test_a_reopening_that_comes_first_cancels_the_award() -> None:
    world = World()
    handle(world, reopened())
    assert world.ledger == []
    handle(world, confirmed())
    assert world.account("li").balance == 0
    assert [t.kind for t in world.ledger] == [TransactionKind.AWARD, TransactionKind.REVERSAL]


def test_the_second_round_pays_for_itself_only() -> None:
    world = World()
    for event in (confirmed(), reopened(), confirmed(round_=2, solver="zhao")):
        handle(world, event)
    assert (world.account("li").balance, world.account("zhao").balance) == (0, 10)


def test_a_clawback_beyond_the_balance_becomes_a_debt() -> None:
    _, paid = award(Account("li"), "request-solved/1", 10, CAUSE, "p1")
    after, taken = reverse(Account("li", balance=4, sequence=2), paid, CAUSE, "p2")
    assert after == Account("li", balance=0, debt=6, sequence=3)
    assert taken.postings == (
        Posting(spendable_account("li"), ISSUANCE, 4),
        Posting(debt_account("li"), ISSUANCE, 6),
    )


def test_later_earnings_repay_the_debt_first() -> None:
    after, paid = award(Account("li", debt=6, sequence=3), "request-solved/1", 10, CAUSE, "p3")
    assert after == Account("li", balance=4, debt=0, sequence=4)
    assert paid.postings == (
        Posting(ISSUANCE, debt_account("li"), 6),
        Posting(ISSUANCE, spendable_account("li"), 4),
    )


def test_the_award_of_another_cannot_be_taken_back_from_oneself() -> None:
    _, paid = award(Account("li"), "request-solved/1", 10, CAUSE, "p1")
    with refusal("not-reversible"):
        reverse(Account("zhao", balance=10), paid, CAUSE, "p2")


@given(st.lists(st.tuples(st.sampled_from(["award", "reverse", "spend"]), st.integers(1, 50))))
def test_balance_and_debt_are_what_the_postings_say_whatever_was_spent(steps: list[tuple[str, int]]) -> None:
    account, posted, spent = Account("li"), [], 0
    for number, (step, points) in enumerate(steps):
        before = account
        if step == "award":
            account, transaction = award(account, "request-solved/1", points, CAUSE, f"p{number}")
            posted.append(transaction)
        elif step == "reverse":
            _, paid = award(Account("li"), "request-solved/1", points, CAUSE, f"of-p{number}")
            account, transaction = reverse(account, paid, CAUSE, f"p{number}")
            posted.append(transaction)
        else:
            points = min(points, account.balance)
            account, spent = account.changed(-points), spent + points
        assert account.balance >= 0
        assert account.debt >= 0
        assert not (account.balance and account.debt)
        assert account.sequence == before.sequence + 1
    found = sums(posted)
    assert found.total() == 0
    assert found[spendable_account("li")] - spent == account.balance
    assert found[debt_account("li")] == -account.debt


TICKETS, ROUNDS, SOLVERS = ("t1", "t2"), (1, 2, 3), ("li", "zhao")


class Points(RuleBasedStateMachine):
    """Rounds of tickets are confirmed and reopened; volunteers hears of it in any order and more than once."""

    @initialize(
        solvers=st.fixed_dictionaries({(t, r): st.sampled_from(SOLVERS) for t in TICKETS for r in ROUNDS}),
        ratings=st.fixed_dictionaries({(t, r): st.integers(1, 5) for t in TICKETS for r in ROUNDS}),
    )
    def begin(self, solvers: dict[tuple[str, int], str], ratings: dict[tuple[str, int], int]) -> None:
        self.world = World()
        self.solvers, self.ratings = solvers, ratings
        self.confirmed: set[tuple[str, int]] = set()
        self.reopened: set[tuple[str, int]] = set()

    @rule(ticket_id=st.sampled_from(TICKETS), round_=st.sampled_from(ROUNDS))
    def hear_of_a_confirmation(self, ticket_id: str, round_: int) -> None:
        which = (ticket_id, round_)
        handle(self.world, confirmed(ticket_id, round_, self.solvers[which], self.ratings[which]))
        self.confirmed.add(which)

    @rule(ticket_id=st.sampled_from(TICKETS), round_=st.sampled_from(ROUNDS))
    def hear_of_a_reopening(self, ticket_id: str, round_: int) -> None:
        handle(self.world, reopened(ticket_id, round_))
        self.reopened.add((ticket_id, round_))

    def earned(self, person: str) -> int:
        standing = self.confirmed - self.reopened
        return 10 * sum(1 for which in standing if self.solvers[which] == person and self.ratings[which] >= 3)

    @invariant()
    def every_balance_is_what_the_standing_rounds_earned(self) -> None:
        for person in SOLVERS:
            assert (self.world.account(person).balance, self.world.account(person).debt) == (self.earned(person), 0)

    @invariant()
    def the_postings_add_up_to_zero_and_to_the_balances(self) -> None:
        found = sums(self.world.ledger)
        assert found.total() == 0
        for person in SOLVERS:
            assert found[spendable_account(person)] == self.world.account(person).balance
        assert -found[ISSUANCE] == sum(self.earned(person) for person in SOLVERS)

    @invariant()
    def nothing_pays_twice(self) -> None:
        keys = [transaction.key for transaction in self.world.ledger]
        assert len(keys) == len(set(keys))

    @precondition(lambda self: self.world.ledger)
    @invariant()
    def every_transaction_was_published(self) -> None:
        told = [e.data["posting_id"] for e in self.world.emitted if e.type.startswith("points.")]
        assert told == [transaction.posting_id for transaction in self.world.ledger]


TestPoints = Points.TestCase
TestPoints.settings = settings(max_examples=100, stateful_step_count=30, deadline=None)

HISTORY = [
    confirmed("t1", 1), reopened("t1", 1), confirmed("t1", 2, "zhao"), confirmed("t2", 1), reopened("t2", 1),
    confirmed("t2", 2, rating=2),
]  # fmt: skip


@settings(deadline=None)
@given(st.permutations(HISTORY))
def test_the_ledger_ends_with_the_same_transactions_in_any_order(order: list[Event]) -> None:
    world = World()
    for event in order:
        handle(world, event)
    kinds = Counter((t.kind.value, t.ticket_id, t.round, t.person_id) for t in world.ledger)
    assert kinds == Counter([
        ("award", "t1", 1, "li"), ("reversal", "t1", 1, "li"), ("award", "t1", 2, "zhao"),
        ("award", "t2", 1, "li"), ("reversal", "t2", 1, "li"),
    ])  # fmt: skip
    for person in SOLVERS:
        lines = [t for t in world.ledger if t.person_id == person]
        assert all(later.sequence == earlier.sequence + 1 for earlier, later in pairwise(lines))
