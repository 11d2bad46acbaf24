"""Contact data arrive, sealed, and stay sealed until something is sent."""

from datetime import datetime

from services.notifications.domain.notice import CONTACT_WINDOW, contact_became_known
from services.notifications.domain.recipients import Statement, is_newer
from services.notifications.handlers.ports import Store


def keep_contact(store: Store, publisher: str, person_id: str, statement: Statement, now: datetime) -> None:
    """Keep a publisher's newest statement about a person and wake the mail that has waited for an address."""
    if not is_newer(store.statements(person_id), publisher, statement.sequence):
        return
    store.keep_statement(person_id, publisher, statement)
    for notice in store.undeliverable_to(person_id, since=now - CONTACT_WINDOW):
        woken = contact_became_known(notice, now)
        if woken is not notice:
            store.save(woken)
            store.wake_at(woken, now)
    for notice in store.undelivered_mail(person_id):
        store.wake_at(notice, now)
