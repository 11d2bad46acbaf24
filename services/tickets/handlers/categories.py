"""Which categories somebody who files for himself may choose at a place."""

from services.tickets.domain.categories import CATEGORIES, choices, named
from services.tickets.domain.refused import Refused
from services.tickets.handlers.ports import House, Store


def categories_at(store: Store, house: House, area_path: str) -> tuple[list[str], bool]:
    """In order: what comes with us, what the rules there ask for, what departments there and above answer for; and
    whether that is all."""
    of_departments, is_all = store.categories_of_departments(area_path)
    return sorted(choices(house.rule_set_for(store, area_path), of_departments)), is_all


def check_category(store: Store, house: House, area_path: str, category: str | None) -> None:
    """Raises Refused("unknown-category"), which names some of what there is and does not repeat what was written."""
    if category is None or category in CATEGORIES:
        return
    if category in choices(house.rule_set_for(store, area_path), ()) or store.is_of_departments(area_path, category):
        return
    known, _ = categories_at(store, house, area_path)
    some = named(known)
    raise Refused("unknown-category", categories=some, more=len(known) - len(some))
