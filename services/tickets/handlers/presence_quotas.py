"""Which quotas of presence hold where: operators give versions and activate them for an area."""

from dataclasses import fields
from datetime import datetime

from services.tickets.domain.presence_quotas import QuotaSet, parse_quotas
from services.tickets.domain.refused import Refused
from services.tickets.handlers.policies import Change, Given
from services.tickets.handlers.ports import Activation, House, PolicyMissing, PolicyStore, Store

PRESENCE = "presence"
"""Under which quotas are activated: an area has one set."""


def quotas_for(given: PolicyStore, house: House, area_path: str) -> QuotaSet:
    """The nearest activation at or above the area, else the newest that comes with the program."""
    pin = given.active(PRESENCE, area_path)
    if pin is None:
        return max(house.quotas.values(), key=lambda quotas: quotas.version)
    known = known_quotas(given, house, pin)
    if known is None:
        raise PolicyMissing
    return known


def known_quotas(given: PolicyStore, house: House, pin: str) -> QuotaSet | None:
    """By its pin, from the program or from an operator."""
    if pin in house.quotas:
        return house.quotas[pin]
    data = given.data(pin)
    return parse_quotas(data) if data is not None else None


def activate_quotas(
    store: Store, quotas: PolicyStore, house: House, given: Given, area_path: str, by: str, now: datetime,
    dry_run: bool = False,
) -> Change:  # fmt: skip
    """Have the quotas hold in the area and beneath it; reports reckon by them from now on, for earlier days too.

    Raises BadPolicy, and Refused: policy-changed-under-its-version, no-such-place.
    """
    after = parse_quotas(given.data)
    place = store.place(area_path.rstrip("/").rpartition("/")[2])
    if place is None or place.area_path != area_path:
        raise Refused("no-such-place", field="area", id=area_path)
    before, known = quotas_for(quotas, house, area_path), known_quotas(quotas, house, after.pin)
    if known is not None and known != after:
        field = differences(known, after)[0][0]
        raise Refused("policy-changed-under-its-version", pin=after.pin, field=field)
    if not dry_run:
        if known is None:
            quotas.put(after.pin, given.data, given.text)
        quotas.activate(Activation(area_path, PRESENCE, after.pin, now, by))
    return Change(PRESENCE, before.pin, after.pin, differences(before, after))


def deactivate_quotas(quotas: PolicyStore, house: House, area_path: str) -> str:
    """Let what holds above hold again; its pin. Raises Refused("not-activated-there")."""
    if not quotas.deactivate(area_path, PRESENCE):
        raise Refused("not-activated-there", kind=PRESENCE, area=area_path)
    return quotas_for(quotas, house, area_path).pin


def differences(before: QuotaSet, after: QuotaSet) -> list[tuple[str, str, str]]:
    """(field, before, after) of what two versions ask for differently."""
    old, new = _flat(before), _flat(after)
    return [
        (name, old.get(name, ""), new.get(name, ""))
        for name in sorted({*old, *new})
        if old.get(name) != new.get(name)
    ]  # fmt: skip


def _flat(quotas: QuotaSet) -> dict[str, str]:
    plain = {
        "title.zh": quotas.title.zh, "title.en": quotas.title.en, "source": quotas.source,
        "late_entry_seconds": str(quotas.late_entry_seconds), "order": ", ".join(one.role for one in quotas.quotas),
    }  # fmt: skip
    for quota in quotas.quotas:
        for one in fields(quota):
            plain[f"quotas.{quota.role}.{one.name}"] = str(getattr(quota, one.name))
    return plain
