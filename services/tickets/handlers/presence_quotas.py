"""Which quotas of presence hold where: operators give versions and activate them for an area."""

from dataclasses import fields
from datetime import datetime

from services.tickets.domain.presence_quotas import QuotaSet, parse_quotas
from services.tickets.handlers.ports import Activation, House, PolicyMissing, PolicyStore, Store
from services.tickets.handlers.versions import Change, Differs, Given, Versions, check_area, differing, hold, let_go

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
    check_area(store, area_path)
    before, known = quotas_for(quotas, house, area_path), known_quotas(quotas, house, after.pin)
    return hold(
        quotas, Versions(after, before, known, differences), given,
        Activation(area_path, PRESENCE, after.pin, now, by), dry_run,
    )  # fmt: skip


def deactivate_quotas(quotas: PolicyStore, house: House, area_path: str) -> str:
    """Let what holds above hold again; its pin. Raises Refused("not-activated-there")."""
    let_go(quotas, PRESENCE, area_path)
    return quotas_for(quotas, house, area_path).pin


def differences(before: QuotaSet, after: QuotaSet) -> Differs:
    """What two versions ask for differently."""
    return differing(_flat(before), _flat(after))


def _flat(quotas: QuotaSet) -> dict[str, str]:
    plain = {
        "title.zh": quotas.title.zh, "title.en": quotas.title.en, "source": quotas.source,
        "late_entry_seconds": str(quotas.late_entry_seconds), "order": ", ".join(one.role for one in quotas.quotas),
    }  # fmt: skip
    for quota in quotas.quotas:
        for one in fields(quota):
            plain[f"quotas.{quota.role}.{one.name}"] = str(getattr(quota, one.name))
    return plain
