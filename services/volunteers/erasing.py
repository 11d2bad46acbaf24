"""Forget how a member can be reached, at his own wish; the member, his claims and his points stay."""

from dataclasses import replace

from services.chassis.context import Context
from services.chassis.unit import Unit
from services.contracts.types import NewEvent
from services.volunteers.storage import Store

_NOTHING = {"name": None, "telephone": None, "email": None, "locale": None}
_SECOND = 2
"""A member states his contact data once, at registration; that they are gone is the second and last statement."""


def forget_contact(context: Context, person_id: str, *, dry_run: bool) -> bool:
    """Whether there is, or was, something to forget."""

    def work(unit: Unit) -> bool:
        store = Store(unit)
        member = store.member_of(person_id)
        if member is None or member.sealed_contact is None:
            return False
        if not dry_run:
            store.save_member(replace(member, sealed_contact=None, sequence=member.sequence + 1))
            data = {"person_id": person_id, "sealed": context.sealer.exchange.seal(_NOTHING)}
            store.emit(NewEvent("recipient.upserted", person_id, _SECOND, member.area_path, data))
        return True

    return context.units.run(work)
