"""Points follow verified deeds: a confirmed round pays, a reopened round takes back, in whatever order they arrive.

A reopening that arrives before its confirmation is kept; when the confirmation comes, the award and its reversal are
posted together. So the ledger ends with the same transactions whatever the order.
"""

from services.contracts.tickets import THROUGH_STAFF
from services.contracts.types import Event
from services.volunteers.domain import ledger
from services.volunteers.domain.ledger import Account, Cause, Transaction
from services.volunteers.domain.rules import Confirmation, earns, in_force
from services.volunteers.handlers.barred import barred_from
from services.volunteers.handlers.events import points_posted
from services.volunteers.handlers.ports import LedgerStore


def on_confirmed(store: LedgerStore, event: Event) -> None:
    """ticket.confirmed: pay what the rules in force at that time give, once."""
    deed = _confirmation(store, event)
    store.keep_confirmation(deed)
    cause = Cause(deed.event_id, deed.ticket_id, deed.round, deed.area_path, deed.at)
    for rule in in_force(store.rules, event.type, deed.at):
        if earns(rule, deed):
            account = store.account(deed.solver_id)
            _post(store, ledger.award(account, rule.code, rule.points, cause, store.new_id()))
    refutation = store.refutation(deed.ticket_id, deed.round)
    if refutation is not None:
        _reverse_all(store, refutation)


def on_reopened(store: LedgerStore, event: Event) -> None:
    """ticket.reopened: take back what the previous round paid, or will pay when its confirmation arrives."""
    ticket = event.data["ticket"]
    refutation = store.refutation(ticket["ticket_id"], event.data["previous_round"])
    if refutation is None:
        refutation = Cause(
            event.id, ticket["ticket_id"], event.data["previous_round"], ticket["area_path"], event.occurred_at
        )
        store.keep_refutation(refutation)
    _reverse_all(store, refutation)


def _reverse_all(store: LedgerStore, refutation: Cause) -> None:
    for paid in store.awards_of(refutation.ticket_id, refutation.round):
        account = store.account(paid.person_id)
        _post(store, ledger.reverse(account, paid, refutation, store.new_id()))


def _post(store: LedgerStore, posting: tuple[Account, Transaction]) -> None:
    """Keep the transaction and the account after it, unless the ledger has the transaction already."""
    account, transaction = posting
    if store.posted(transaction.key):
        return
    store.add_transaction(transaction)
    store.save_account(account)
    store.emit(points_posted(transaction))


def _confirmation(store: LedgerStore, event: Event) -> Confirmation:
    ticket = event.data["ticket"]
    return Confirmation(
        event_id=event.id,
        ticket_id=ticket["ticket_id"],
        round=event.data["round"],
        kind=ticket["kind"],
        area_path=ticket["area_path"],
        reporter_id=ticket["reporter_id"],
        solver_id=event.data["solver_id"],
        solver_kind=event.data["solver_kind"],
        rating=event.data["rating"],
        at=event.occurred_at,
        reporter_ids=barred_from(ticket),
        claim_id=event.data.get("solver_claim_id"),
        through_staff=event.data.get("way") in THROUGH_STAFF,
    )
