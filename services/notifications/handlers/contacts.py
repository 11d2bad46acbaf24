"""Contact data arrive, sealed, and stay sealed until something is sent."""

from datetime import datetime

from services.notifications.domain.notice import CONTACT_WINDOW, contact_became_known
from services.notifications.domain.recipients import Statement, ended_by, is_newer, source_of
from services.notifications.handlers.ports import Store


def keep_contact(
    store: Store, publisher: str, person_id: str, statement: Statement, now: datetime, ticket_id: str | None = None
) -> None:
    """Keep a publisher's newest statement about a person, or about them in one ticket, and wake the mail that has
    waited for an address."""
    known, source = store.statements(person_id), source_of(publisher, ticket_id)
    if not is_newer(known, source, statement.sequence):
        return
    store.keep_statement(person_id, source, statement, ended_by(known, source, statement.sequence))
    for notice in store.undeliverable_to(person_id, since=now - CONTACT_WINDOW):
        if ticket_id is not None and notice.ticket_id != ticket_id:
            continue
        woken = contact_became_known(notice, now)
        if woken is not notice:
            store.save(woken)
            store.wake_at(woken, now)
    for notice in store.undelivered_mail(person_id):
        store.wake_at(notice, now)
