"""A places file (YAML) as the operators' command reads it: every error with its line and field."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from services.chassis.unit import Units
from services.tickets.domain.places import PlaceError, Where
from services.tickets.handlers.places import LoadReport, load_places
from services.tickets.place_words import words
from services.tickets.storage import Tickets

LARGEST_FILE = 10_000_000
_MOST_NODES = 500_000
_DEEPEST = 30


@dataclass(frozen=True, slots=True)
class FileError:
    """`line` counts from 1; `field` is empty where the file is not YAML at all."""

    line: int
    field: str
    zh: str
    en: str


class PlacesFileRefused(Exception):
    """The file cannot be loaded; nothing was changed."""

    def __init__(self, errors: Sequence[FileError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = tuple(errors)


def load_places_file(units: Units, raw: bytes, *, dry_run: bool = False) -> LoadReport:
    """Load a places file, or with `dry_run` only say what would change. Raises PlacesFileRefused."""
    data, lines = read_yaml(raw)

    def load(unit: Any) -> LoadReport:
        return load_places(Tickets(unit), data, dry_run=dry_run)

    report = units.run(load)
    if report.errors:
        raise PlacesFileRefused([_located(error, lines) for error in report.errors])
    return report


def read_yaml(raw: bytes) -> tuple[Any, dict[Where, int]]:
    """The plain data and the line of each field. Raises PlacesFileRefused for what is no YAML."""
    if len(raw) > LARGEST_FILE:
        raise _unreadable(1, "too-large")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _unreadable(raw[: error.start].count(b"\n") + 1, "not-utf-8") from None
    try:
        reading = _Marked(yaml.SafeLoader(text))
        return reading.read(), reading.lines
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _unreadable(mark.line + 1 if mark else 1, "not-yaml") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise _unreadable(1, "not-yaml") from None


class _Marked:
    """Constructs plain data and keeps where each field stands."""

    def __init__(self, loader: yaml.SafeLoader) -> None:
        self._loader = loader
        self.lines: dict[Where, int] = {}
        self._nodes = 0

    def read(self) -> Any:
        node = self._loader.get_single_node()
        return {} if node is None else self._value(node, ())

    def _value(self, node: yaml.Node, where: Where) -> Any:
        self._nodes += 1
        if self._nodes > _MOST_NODES or len(where) > _DEEPEST:
            raise _unreadable(node.start_mark.line + 1, "too-deep")
        self.lines.setdefault(where, node.start_mark.line + 1)
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, where)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*where, index)) for index, item in enumerate(node.value)]
        try:
            return self._loader.construct_object(node)
        except ValueError:
            # A date that there is not, like 2026-02-30: the field's own check names it.
            return str(node.value)

    def _mapping(self, node: yaml.MappingNode, where: Where) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(self._loader.construct_object(key_node))
            line = key_node.start_mark.line + 1
            if key in found:
                raise _unreadable(line, "field-twice", key)
            self.lines[(*where, key)] = line
            found[key] = self._value(value_node, (*where, key))
        return found


def _located(error: PlaceError, lines: dict[Where, int]) -> FileError:
    where = error.where
    while where and where not in lines:
        where = where[:-1]
    zh, en = words(error.code, error.params)
    return FileError(lines.get(where, 1), error.field, zh, en)


def _unreadable(line: int, code: str, field: str = "") -> PlacesFileRefused:
    return PlacesFileRefused([FileError(line, field, *words(code, {}))])
