"""What reading places from plain data needs everywhere: every error is kept with the way to its field."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from services.tickets.domain.places import SLUG, Place, PlaceError, Position, Where
from services.writing.characters import is_name
from services.writing.personal import holds_identity_card, holds_mobile

LONGEST_TEXT = 60
MOST_TEXTS = 50
MOST_ERRORS = 1_000
"""After so many nothing more is read: the data are something else, and nobody reads so many."""


@dataclass(slots=True)
class Reading:
    """The places found so far, where each was said, and what is wrong."""

    errors: list[PlaceError] = field(default_factory=list)
    places: dict[str, Place] = field(default_factory=dict)
    said_at: dict[str, Where] = field(default_factory=dict)
    demo: bool = False

    def wrong(self, where: Where, code: str, **params: str) -> None:
        self.errors.append(PlaceError(where, code, params))

    def mapping(self, data: Any, where: Where, keys: set[str]) -> Mapping[str, Any]:
        if not isinstance(data, dict):
            self.wrong(where, "not-a-mapping")
            return {}
        if len(data) > len(keys) + MOST_TEXTS:
            self.wrong(where, "too-many", most=str(len(keys)))
            return {}
        for key in data:
            if key not in keys:
                self.wrong((*where, str(key)), "unknown-field")
        return data

    def items(self, data: Mapping[str, Any], key: str, where: Where) -> Iterator[tuple[Any, Where]]:
        items = data.get(key, [])
        if not isinstance(items, list):
            self.wrong((*where, key), "not-a-list")
            return
        for index, item in enumerate(items):
            if len(self.errors) >= MOST_ERRORS:
                return
            yield item, (*where, key, index)

    def slugs(self, data: Mapping[str, Any], key: str, where: Where) -> tuple[str, ...]:
        found = []
        for item, at in self.items(data, key, where):
            if isinstance(item, str) and SLUG.fullmatch(item):
                found.append(item)
            else:
                self.wrong(at, "not-a-slug")
        return tuple(found)

    def text(self, value: Any, where: Where) -> str | None:
        """A short text that everybody may read: no number of a person may stand in it."""
        if not isinstance(value, str) or not value.strip() or len(value) > LONGEST_TEXT:
            self.wrong(where, "not-a-short-text")
            return None
        before = len(self.errors)
        self.without_personal_numbers(value, where)
        if len(self.errors) == before and not is_name(value.strip()):
            self.wrong(where, "not-a-short-text")
        return value.strip()

    def without_personal_numbers(self, text: str, where: Where) -> None:
        """A station's own landline may be told to everybody; a mobile is somebody's."""
        if holds_mobile(text):
            self.wrong(where, "no-telephone")
        if holds_identity_card(text):
            self.wrong(where, "no-identity-card")

    def texts(self, data: Mapping[str, Any], key: str, where: Where) -> tuple[str, ...]:
        items = list(self.items(data, key, where))
        if len(items) > MOST_TEXTS:
            self.wrong((*where, key), "too-many", most=str(MOST_TEXTS))
        return tuple(text for item, at in items[:MOST_TEXTS] if (text := self.text(item, at)) is not None)

    def position(self, data: Mapping[str, Any], where: Where) -> Position | None:
        if data.get("position") is None:
            return None
        at = (*where, "position")
        said = self.mapping(data["position"], at, {"lat", "lon"})
        lat, lon = self._degrees(said, "lat", 90, at), self._degrees(said, "lon", 180, at)
        return Position(lat, lon) if lat is not None and lon is not None else None

    def _degrees(self, said: Mapping[str, Any], key: str, most: int, where: Where) -> float | None:
        value = said.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.wrong((*where, key), "not-degrees", most=str(most))
            return None
        if not -most <= value <= most:
            self.wrong((*where, key), "not-degrees", most=str(most))
            return None
        return float(value)

    def head(self, data: Mapping[str, Any], where: Where) -> tuple[str, str] | None:
        """`id` and `name`; None when the place cannot be told by them."""
        identity, name = data.get("id"), self.text(data.get("name"), (*where, "name"))
        if not isinstance(identity, str) or not SLUG.fullmatch(identity):
            self.wrong((*where, "id"), "not-a-slug")
            return None
        if identity in self.places:
            self.wrong((*where, "id"), "id-taken", id=identity)
            return None
        return identity, name or "?"

    def add(self, place: Place, where: Where) -> None:
        self.places[place.id] = place
        self.said_at[place.id] = where
