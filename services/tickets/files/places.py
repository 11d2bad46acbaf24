"""Places files (YAML, or tables in CSV) as the operators' command reads them: every error with its line and field."""

from collections.abc import Callable, Sequence
from typing import Any

import yaml

from services.chassis.acts import Acts
from services.chassis.unit import Unit, Units
from services.tickets.domain.acts import OPERATOR, loaded
from services.tickets.domain.place_plain import tree
from services.tickets.domain.places import Place, PlaceError, Where
from services.tickets.domain.places_tree import read_places
from services.tickets.files.errors import FileError, PlacesFileRefused
from services.tickets.files.place_words import words
from services.tickets.files.places_csv import Named, read_tables
from services.tickets.handlers.place_changes import Change, put, remove
from services.tickets.handlers.places import Known, LoadReport, plan
from services.tickets.storage import Tickets

LARGEST_FILE = 10_000_000
BATCH = 500
"""Places written in one transaction; far from the ten seconds after which mongod ends it."""
Locate = Callable[[Sequence[PlaceError]], list[FileError]]
Progress = Callable[[int, int], None]
"""(written, to be written)"""
_MOST_NODES = 500_000
_DEEPEST = 30


def load_places_file(units: Units, raw: bytes, *, dry_run: bool = False) -> LoadReport:
    """Load a places file in YAML, or with `dry_run` only say what would change. Raises PlacesFileRefused."""
    return load_places_files(units, [("", raw)], dry_run=dry_run)


def load_places_files(
    units: Units,
    files: Sequence[Named],
    *,
    dry_run: bool = False,
    removing: bool = False,
    progress: Progress = lambda done, of: None,
) -> LoadReport:
    """Load one file in YAML, or one or two tables in CSV (told by `.csv`); with `dry_run` only say what would change.

    All is read and checked before anything is written. Then batches are written, each in a transaction; when that is
    interrupted, loading again goes on with what is missing. With `removing`, what the file does not name is removed.

    Raises PlacesFileRefused; Refused: places-changed-meanwhile, place-has-tickets.
    """
    store = Tickets(units.read())
    known = store.places_with_sequence()
    data, located = _read(files, known)
    reading = read_places(data)
    report = plan(reading, known, store.removed_places(list(reading.places)), remove=removing)
    errors = located(report.errors)
    if errors:
        raise PlacesFileRefused(errors)
    if removing:
        _refuse_to_strand(Tickets(units.read()), report.removals)
    if not dry_run:
        for start in range(0, len(report.changes), BATCH):
            batch = report.changes[start : start + BATCH]
            units.run(lambda unit, batch=batch: _put(unit, batch))  # type: ignore[misc]
            progress(start + len(batch), len(report.changes))
        for start in range(0, len(report.removals), BATCH):
            leaving = report.removals[start : start + BATCH]
            units.run(lambda unit, leaving=leaving: _remove(unit, leaving))  # type: ignore[misc]
    return report


def _put(unit: Unit, batch: Sequence[Change]) -> None:
    put(Tickets(unit), batch)
    Acts(unit).record(OPERATOR, loaded([(change.place, change.before, change.differs) for change in batch]))


def _remove(unit: Unit, leaving: Sequence[Place]) -> None:
    remove(Tickets(unit), leaving)
    Acts(unit).record(OPERATOR, loaded([], leaving))


def _refuse_to_strand(store: Tickets, places: Sequence[Place]) -> None:
    """Before anything is written: every place that cannot go, because somebody still waits there."""
    counts = {place.area_path: count for place in places if (count := store.unended_at(place.area_path))}
    errors = [FileError(1, path, *words("has-tickets", {"count": str(count)})) for path, count in counts.items()]
    errors += [FileError(1, p.area_path, *words("still-followed", {})) for p in places if store.is_followed(p.id)]
    if errors:
        raise PlacesFileRefused(sorted(errors, key=lambda error: error.field))


def _read(files: Sequence[Named], known: Known) -> tuple[Any, Locate]:
    tables = [name for name, _ in files if name.lower().endswith(".csv")]
    if not tables and len(files) == 1:
        data, lines = read_yaml(files[0][1])
        return data, lambda errors: [_located(error, lines, files[0][0]) for error in errors]
    if len(tables) != len(files) or len(files) > 2:
        raise PlacesFileRefused([FileError(1, "", *words("one-yaml-or-tables", {}))])
    read = read_tables(files, lambda county: known_county(known, county))
    return read.data, read.all_errors


def known_county(known: Known, county: str | None) -> dict[str, Any]:
    """What is known of a county, as a places file has it; empty when there is none. None: of the only one there is.

    Raises PlacesFileRefused where there are several.
    """
    counties = [place.id for place, _ in known.values() if place.level == "county"]
    if county is None and len(counties) != 1:
        raise PlacesFileRefused([FileError(1, "", *words("which-county", {"known": ", ".join(sorted(counties))}))])
    path = f"/{county or counties[0]}/"
    found = [place for place, _ in known.values() if place.area_path.startswith(path)]
    return tree(found) if found else {}


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


def _located(error: PlaceError, lines: dict[Where, int], file: str = "") -> FileError:
    where = error.where
    while where and where not in lines:
        where = where[:-1]
    zh, en = words(error.code, error.params)
    return FileError(lines.get(where, 1), error.field, zh, en, file)


def _unreadable(line: int, code: str, field: str = "") -> PlacesFileRefused:
    return PlacesFileRefused([FileError(line, field, *words(code, {}))])
