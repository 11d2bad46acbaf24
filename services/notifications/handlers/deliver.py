"""Sending mail, in two transactions with the mail server between them.

`begin_delivery` commits an attempt before anything is sent, `finish_delivery` its outcome afterwards. If the process
dies in between, the attempt stands there without an outcome; when its lease is over it is recorded as uncertain and
the mail is sent again under the same Message-ID: a reader may see it twice, never miss it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta

from services.notifications.domain import notice as notices
from services.notifications.domain.notice import Notice, Outcome
from services.notifications.domain.recipients import Contact, Statement, about, merge
from services.notifications.handlers.events import publish_state
from services.notifications.handlers.ports import Store

MOST_MAILS_A_DAY = 20
"""To one address that nobody has confirmed *(ours)*; days of UTC. Anybody may name a stranger's: at filing, for an
account that he registers, for a membership. Who serves somewhere has an administrator who knows him."""
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
    return Delivery(_next_letter(store, notice, now, policy, open_statement, digest, can_mail), lost)


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


def _next_letter(
    store: Store, notice: Notice, now: datetime, policy: Policy, open_statement: Open, digest: Digest, can_mail: bool
) -> Letter | None:
    if not can_mail:
        _settle(store, notices.undeliverable(notice, "no-mail-server"))
        return None
    if store.is_disabled(notice.person_id):
        _settle(store, notices.undeliverable(notice, notices.DISABLED))
        return None
    statements = about(store.statements(notice.person_id), notice.ticket_id)
    grace_ends = notice.recorded_at + policy.grace
    if not statements and now < grace_ends <= now + policy.grace + notices.SLACK:
        store.wake_at(notice, grace_ends)
        return None
    contact = _contact(statements, open_statement)
    if contact.email is None:
        _settle(store, notices.undeliverable(notice, notices.NO_ADDRESS))
        return None
    if not notice.attempts and _is_bounded(store, notice, contact):
        counted = store.count_mail(digest(contact.email.lower()), now.date())
        if counted > MOST_MAILS_A_DAY:
            _put_off(store, notice, now)
            return None
    begun = notices.begin(notice, now, policy.lease)
    store.save(begun)
    store.wake_at(begun, now + policy.lease)
    secret = contact.follow_up_secret if notice.template == FILED_FOR else None
    unconfirmed = statements["tickets"].sequence if contact.named_at_filing else None
    return Letter(begun, len(begun.attempts), contact.email, contact.locale, secret, unconfirmed)


def _is_bounded(store: Store, notice: Notice, contact: Contact) -> bool:
    """Whether the address may be a stranger's, which nobody shall have flooded."""
    return contact.named_at_filing or not (contact.confirmed or store.is_administered(notice.person_id))


def _put_off(store: Store, notice: Notice, now: datetime) -> None:
    """Until the next day, or for good where that would be old news."""
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    if tomorrow - notice.recorded_at > notices.CONTACT_WINDOW:
        _settle(store, notices.undeliverable(notice, notices.TOO_MANY))
        return
    store.save(replace(notice, reason=notices.TOO_MANY))
    store.wake_at(notice, tomorrow)


def _contact(statements: Mapping[str, Statement], open_statement: Open) -> Contact:
    return merge({publisher: open_statement(statement.sealed) for publisher, statement in statements.items()})


def _settle(store: Store, notice: Notice) -> None:
    store.save(publish_state(store, notice))
    store.forget_wake(notice)
