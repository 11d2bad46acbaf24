"""Sending mail, in two transactions with the mail server between them.

`begin_delivery` commits an attempt before anything is sent, `finish_delivery` its outcome afterwards. If the process
dies in between, the attempt stands there without an outcome; when its lease is over it is recorded as uncertain and
the mail is sent again under the same Message-ID: a reader may see it twice, never miss it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.notifications.domain import notice as notices
from services.notifications.domain.notice import Notice, Outcome
from services.notifications.domain.precedence import Rank
from services.notifications.domain.recipients import Contact, Statement, about, merge
from services.notifications.handlers.bounding import put_off, take_turn
from services.notifications.handlers.events import publish_state
from services.notifications.handlers.ports import Store

FILED_FOR = "ticket.filed.reporter"
"""The notice that also tells the follow-up secret to a reporter for whom somebody else filed."""
Digest = Callable[[str], str]
"""Knows an address again without keeping it."""
Open = Callable[[str], Mapping[str, str | None]]
"""Opens a sealed statement."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How patiently mail is sent."""

    back_off: Sequence[timedelta]
    """Waits between attempts; after the last one the notice has failed."""
    lease: timedelta
    """How long an attempt may take; longer than the mail server's time-outs together."""
    grace: timedelta
    """How long to wait for the first word about a person: it may be under way on another queue."""


@dataclass(frozen=True, slots=True)
class Letter:
    """What is to be sent, after the attempt was recorded."""

    notice: Notice
    attempt: int
    address: str
    locale: str | None
    follow_up_secret: str | None = None
    """To be told with it: of the ticket that was filed for the person."""
    unconfirmed: int | None = None
    """Sequence of the statement that named the address, where a link is to be told by which it is confirmed."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """The mail to send now, if any, and the attempts found without an outcome."""

    letter: Letter | None = None
    uncertain: int = 0
    put_off: Rank | None = None
    """In which rank it has to wait, since its address had too many mails on that day."""


def begin_delivery(
    store: Store, notice_id: str, now: datetime, policy: Policy, open_statement: Open, digest: Digest, can_mail: bool
) -> Delivery:
    """Record the next attempt of a notice, or why there is none. Anyone may call it at any time."""
    notice = store.notice(notice_id)
    if notice is None or notice.settled:
        return Delivery()
    due_at = notices.waits_until(notice, now, policy.back_off, policy.lease)
    if due_at is not None:
        store.wake_at(notice, due_at)
        return Delivery()
    lost = int(notice.open_attempt is not None)
    if lost and len(notice.attempts) > len(policy.back_off):
        _settle(store, notices.lose(notice, now))
        return Delivery(uncertain=lost)
    next_step = _next_step(store, notice, now, policy, open_statement, digest, can_mail)
    return replace(next_step, uncertain=lost)


def finish_delivery(store: Store, letter: Letter, outcome: Outcome, now: datetime, policy: Policy) -> None:
    """Record how an attempt ended and when to try again, if at all."""
    before = store.notice(letter.notice.id)
    if before is None:
        return
    after = notices.finish(before, letter.attempt, outcome, now, policy.back_off)
    if after.settled and after.state is not before.state:
        _settle(store, after)
        return
    store.save(after)
    due_at = notices.next_attempt_at(after, policy.back_off)
    if due_at is not None:
        store.wake_at(after, due_at)


def _next_step(
    store: Store, notice: Notice, now: datetime, policy: Policy, open_statement: Open, digest: Digest, can_mail: bool
) -> Delivery:
    if notice.reason == notices.TOO_MANY:
        store.leave_line(notice)
    if not can_mail:
        return _give_up(store, notice, "no-mail-server")
    if store.is_disabled(notice.person_id):
        return _give_up(store, notice, notices.DISABLED)
    statements = about(store.statements(notice.person_id), notice.ticket_id)
    grace_ends = notice.recorded_at + policy.grace
    if not statements and now < grace_ends <= now + policy.grace + notices.SLACK:
        store.wake_at(notice, grace_ends)
        return Delivery()
    contact = _contact(statements, open_statement)
    if contact.email is None:
        return _give_up(store, notice, notices.NO_ADDRESS)
    secret = contact.follow_up_secret if notice.template == FILED_FOR else None
    if not notice.attempts and _is_bounded(store, notice, contact):
        address = digest(contact.email.lower())
        # Who filed it himself has had the answer, and anybody may file and name a stranger's address.
        known = notice.template == FILED_FOR and secret is None
        rank = take_turn(store, notice, address, now, known=known)
        if rank is not None:
            return _put_off(store, notice, address, rank, now)
    begun = notices.begin(notice, now, policy.lease)
    store.save(begun)
    store.wake_at(begun, now + policy.lease)
    unconfirmed = statements["tickets"].sequence if contact.named_at_filing else None
    return Delivery(Letter(begun, len(begun.attempts), contact.email, contact.locale, secret, unconfirmed))


def _is_bounded(store: Store, notice: Notice, contact: Contact) -> bool:
    """Whether the address may be a stranger's, which nobody shall have flooded."""
    return contact.named_at_filing or not (contact.confirmed or store.is_administered(notice.person_id))


def _put_off(store: Store, notice: Notice, address: str, rank: Rank, now: datetime) -> Delivery:
    if not put_off(store, notice, address, rank, now):
        _give_up(store, notice, notices.TOO_MANY)
    return Delivery(put_off=rank)


def _give_up(store: Store, notice: Notice, reason: str) -> Delivery:
    _settle(store, notices.undeliverable(notice, reason))
    return Delivery()


def _contact(statements: Mapping[str, Statement], open_statement: Open) -> Contact:
    return merge({publisher: open_statement(statement.sealed) for publisher, statement in statements.items()})


def _settle(store: Store, notice: Notice) -> None:
    store.save(publish_state(store, notice))
    store.forget_wake(notice)
