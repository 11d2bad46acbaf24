"""Forget how a person with an account can be reached, at his own wish; the account and its login stay."""

from services.accounts.administration import OPERATOR
from services.accounts.handlers.accounts import contact_event
from services.accounts.storage import Store
from services.chassis.context import Context
from services.chassis.unit import Unit

_NOTHING = {"name": None, "telephone": None, "email": None, "locale": None}


def forget_contact(context: Context, person_id: str, *, dry_run: bool) -> bool:
    """Whether the person has an account that ever said how they are reached."""

    def work(unit: Unit) -> bool:
        store = Store(unit, context.sealer)
        stored = store.find_by_person(person_id)
        if stored is None or not stored.contact_revision:
            return False
        if not dry_run:
            account = stored.account
            revision, sealed = store.set_contact(account.account_id, _NOTHING)
            unit.emit(contact_event(person_id, revision, account.area_path, sealed))
            store.record(OPERATOR, "contact-erased", account.account_id, {})
        return True

    return context.units.run(work)
