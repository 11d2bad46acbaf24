"""An area that is named by its path."""

from typing import Any

from services.chassis.auth.principal import NotFound
from services.tickets.domain.places import Place


def known_area(store: Any, area_path: str) -> Place:
    """Raises NotFound for a path at which there is nothing."""
    place: Place | None = store.place(area_path.rstrip("/").rpartition("/")[2])
    if place is None or place.area_path != area_path:
        raise NotFound
    return place
