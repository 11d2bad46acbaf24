"""Mail to an address that nobody has confirmed: it takes its turn, or waits for it.

How many went out on the day and how many wait in front of a mail decide together. When one in front goes out, the
first number grows and the second shrinks: whichever process looks at which mail first, the same mails go out.
"""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from services.notifications.domain.notice import TOO_MANY, Notice
from services.notifications.domain.precedence import PATIENCE, REPEATS_WITHIN, SHARES, Rank, rank_of
from services.notifications.handlers.ports import Store

SOON = timedelta(minutes=10)
"""When to look again where there is room, and others go first *(ours)*: they may turn out not to need it."""


def take_turn(store: Store, notice: Notice, address_digest: str, now: datetime, *, known: bool) -> Rank | None:
    """Count the mail as one of this day's; None. Or the rank in which it is to wait. `known`: who gets it has been told
    the same otherwise."""
    rank = _rank(store, notice, known)
    if _used(store, address_digest, now) + store.waiting_before(notice, address_digest, rank) >= SHARES[rank]:
        return rank
    store.count_mail(address_digest, now.date())
    return None


def put_off(store: Store, notice: Notice, address_digest: str, rank: Rank, now: datetime) -> bool:
    """Have the mail wait until the next day of UTC, or for a moment where there is room and others go first. False
    where it would be old news by then."""
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    full = _used(store, address_digest, now) >= SHARES[rank]
    if full and tomorrow - notice.recorded_at > PATIENCE[rank]:
        return False
    waiting = replace(notice, reason=TOO_MANY)
    store.save(waiting)
    store.line_up(waiting, address_digest, rank)
    store.wake_at(waiting, tomorrow if full else min(now + SOON, tomorrow))
    return True


def _rank(store: Store, notice: Notice, known: bool) -> Rank:
    return rank_of(notice.template, repeated=known or store.said_before(notice, notice.recorded_at - REPEATS_WITHIN))


def _used(store: Store, address_digest: str, now: datetime) -> int:
    return store.mails_on(address_digest, now.date())
