"""Which themes and standards hold where: given in versions, activated for an area, compared first."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from services.tickets.domain.refused import Refused
from services.tickets.domain.sheets import STANDARD, THEMES, Sheet, Standard, Themes, parse_sheet
from services.tickets.handlers.ports import Activation, House, PolicyMissing, Store
from services.tickets.handlers.versions import Change, Differs, Given, Versions, check_area, differing, hold, let_go


def themes_for(store: Store, house: House, area_path: str) -> Themes:
    """The themes that hold there. Raises PolicyMissing when none came with the program."""
    found = _holding(store, house, THEMES, area_path)
    if not isinstance(found, Themes):
        raise PolicyMissing
    return found


def standard_for(store: Store, house: House, name: str, area_path: str) -> Standard:
    """The version of a standard that holds there. Raises Refused("no-such-standard")."""
    found = _holding(store, house, f"{STANDARD}:{name}", area_path)
    if not isinstance(found, Standard):
        raise Refused(
            "no-such-standard", standard=name, standards=[one.name for one in standards(store, house, area_path)]
        )
    return found


def standards(store: Store, house: House, area_path: str) -> list[Standard]:
    """All standards that hold there, by name."""
    kinds = {sheet.kind for sheet in house.sheets.values()}
    kinds |= {one.kind for one in store.sheets.activations() if area_path.startswith(one.area_path)}
    found = (_holding(store, house, kind, area_path) for kind in sorted(kinds))
    return [one for one in found if isinstance(one, Standard)]


def sheet(store: Store, house: House, pin: str) -> Sheet:
    """By its pin. Raises PolicyMissing: what a record names is never removed."""
    known = house.sheets.get(pin)
    if known is not None:
        return known
    data = store.sheets.data(pin)
    if data is None:
        raise PolicyMissing
    return parse_sheet(data)


def activate_sheet(
    store: Store, house: House, given: Given, area_path: str, by: str, now: datetime, dry_run: bool = False
) -> Change:
    """Have themes, or a standard, hold in the area and beneath it from now on.

    Raises BadPolicy, and Refused: policy-changed-under-its-version, no-such-place.
    """
    after = parse_sheet(given.data)
    check_area(store, area_path)
    before, known = _holding(store, house, after.kind, area_path), _known(store, house, after.pin)
    versions: Versions[Sheet] = Versions(after, before, known, sheet_differences)
    activation = Activation(area_path, after.kind, after.pin, now, by)
    return hold(store.sheets, versions, given, activation, dry_run)


def deactivate_sheet(store: Store, house: House, kind: str, area_path: str) -> str | None:
    """Let what holds above hold again; its pin. Raises Refused("not-activated-there")."""
    let_go(store.sheets, kind, area_path)
    found = _holding(store, house, kind, area_path)
    return found.pin if found else None


def sheet_differences(before: Sheet, after: Sheet) -> Differs:
    """What two versions say differently."""
    return differing(dict(_flat("", asdict(before))), dict(_flat("", asdict(after))), frozenset({"name", "version"}))


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key in value:
            yield from _flat(f"{prefix}.{key}".lstrip("."), value[key])
    else:
        yield prefix, str(value)


def _holding(store: Store, house: House, kind: str, area_path: str) -> Sheet | None:
    """The nearest activation, else the newest that comes with the program."""
    pin = store.sheets.active(kind, area_path)
    if pin is not None:
        return sheet(store, house, pin)
    of_kind = [one for one in house.sheets.values() if one.kind == kind]
    return max(of_kind, key=lambda one: one.version, default=None)


def _known(store: Store, house: House, pin: str) -> Sheet | None:
    try:
        return sheet(store, house, pin)
    except PolicyMissing:
        return None
