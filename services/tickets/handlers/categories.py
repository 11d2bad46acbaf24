"""Which categories somebody who files for himself may choose at a place."""

from services.tickets.domain.categories import CATEGORIES, choices
from services.tickets.domain.refused import Refused
from services.tickets.handlers.ports import House, Store


def categories_at(store: Store, house: House, area_path: str) -> list[str]:
    """In order: what comes with us, what the rules there ask for, what departments there and above answer for."""
    return sorted(choices(house.rule_set_for(store, area_path), store.categories_of_departments(area_path)))


def check_category(store: Store, house: House, area_path: str, category: str | None) -> None:
    """Raises Refused("unknown-category"), which lists what there is and does not repeat what was written."""
    if category is None or category in CATEGORIES:
        return
    known = categories_at(store, house, area_path)
    if category not in known:
        raise Refused("unknown-category", categories=known)
