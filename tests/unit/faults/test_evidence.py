"""What the oracle reads of events is all that decides about who is told."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from services.contracts.registry import EVENT_TYPES
from services.notifications.domain.routing import ROUTES, told
from tests.faults.evidence import EVENT_FIELDS


class Watched(Mapping[str, Any]):
    """A document that remembers which of its fields were asked for."""

    def __init__(self, data: Mapping[str, Any], path: str, asked: set[str]) -> None:
        self._data, self._path, self._asked = data, path, asked

    def __getitem__(self, name: str) -> Any:
        path, value = f"{self._path}.{name}", self._data.get(name)
        if isinstance(value, Mapping):
            return Watched(value, path, self._asked)
        self._asked.add(path)
        return self._data[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


@pytest.mark.parametrize("name", sorted(ROUTES))
def test_every_field_that_the_routing_asks_for_is_read(name: str) -> None:
    asked: set[str] = set()
    (event_type,) = (one for one in EVENT_TYPES.values() if one.name == name)
    list(told(name, Watched(event_type.example(), "data", asked)))
    assert asked - {"data.member", "data.ticket"} <= set(EVENT_FIELDS)
