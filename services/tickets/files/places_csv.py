"""Places in CSV tables (UTF-8 with or without a byte order mark, or GB18030), read into the data of a places file."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from services.tickets.domain.places import LEVEL_NAMES, PlaceError, Where
from services.tickets.files.cells import meant, split
from services.tickets.files.errors import FileError, PlacesFileRefused
from services.tickets.files.place_tables import (
    CLOSED,
    DAYS,
    LEVELS,
    STATE_WORDS,
    TYPE_WORDS,
    YES,
    Table,
    code_of,
    recognised,
)
from services.tickets.files.place_words import words

LARGEST_TABLE = 40_000_000
MOST_LINES = 500_000
_LISTS = {"grid": "grids", "compound": "compounds", "building": "buildings", "station": "stations"}
_ABOVE = {"street": "county", "community": "street", **dict.fromkeys(_LISTS, "community")}
_BENEATH = {"street": "streets", "community": "communities", **_LISTS}
_SEVERAL = ("grids", "compounds", "units", "zones", "facilities")
_OPENING = re.compile(r"\d[\d:]*-\d")
_OF_COUNTY: tuple[Where, ...] = (("levels",), ("demo",))
"""Where the columns of the county's line stand that belong to the whole file."""
Nodes = dict[str, tuple[str, dict[str, Any], Where]]
"""By id: the level, the place as a places file has it, and where it stands there."""
Named = tuple[str, bytes]
"""A file's name and what is in it."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table. `cells` by column, without those that are empty."""

    file: str
    line: int
    table: Table
    cells: Mapping[str, str]

    @property
    def level(self) -> str:
        return "station" if self.table.kind == "stations" else code_of(LEVELS, self.cells.get("level", ""))

    def wrong(self, column: str, code: str, **params: str) -> FileError:
        return FileError(self.line, self.table.heading(column), *words(code, params), file=self.file)


@dataclass(slots=True)
class Tables:
    """What was read: the data as a places file has them, where each row came to stand in them, and what is wrong."""

    data: dict[str, Any] = field(default_factory=dict)
    rows: dict[Where, Row] = field(default_factory=dict)
    errors: list[FileError] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Ids of rows that could not be put into the tree: what names them is not wrong for that."""

    def all_errors(self, errors: Sequence[PlaceError]) -> list[FileError]:
        """Those of the tables and those of the data, each with its line and column, by line."""
        located = [self.located(error) for error in errors]
        found = dict.fromkeys([*self.errors, *(one for one in located if one is not None)])
        return sorted(found, key=lambda error: (error.file, error.line))

    def located(self, error: PlaceError) -> FileError | None:
        """The line and column of an error of the data; None when it only follows from another line's."""
        if error.params.get("id") in self.broken and error.code in ("no-such-place", "other-community"):
            return None
        where = error.where
        while where and where not in self.rows:
            where = where[:-1]
        row, rest = self.rows.get(where), error.where[len(where) :]
        if row is None or rest[:1] == ("stations",):
            return FileError(1, self._of_kept(error.where), *words(error.code, error.params))
        return row.wrong(_column(where if where in _OF_COUNTY else rest), error.code, **error.params)

    def _of_kept(self, where: Where) -> str:
        """A field of a station that stands in none of the tables, since it was known before: its id and the column."""
        found: Any = self.data
        for step in where[:6]:
            found = found[step]
        return f"{found.get('id')}: {_column(where[6:])}"


def read_tables(files: Sequence[Named], known: Callable[[str | None], Mapping[str, Any]]) -> Tables:
    """Read one or two tables; what the other would hold is taken from what is `known` of the county.

    Raises PlacesFileRefused for what is no table at all, or names no county.
    """
    found: dict[str, list[Row]] = {}
    errors: list[FileError] = []
    for name, raw in files:
        table, rows = _rows(name, raw, errors)
        if table.kind in found:
            raise PlacesFileRefused([FileError(1, "", *words("table-twice", {}), file=name)])
        found[table.kind] = rows
    tables = Tables(errors=errors)
    if "areas" in found:
        _plant(tables, found["areas"])
        county = str(tables.data.get("county", {}).get("id"))
        _keep(tables.data, known(county), stations="stations" not in found)
    else:
        tables.data = _without_stations(known(None))
    _stations(tables, found.get("stations", []))
    return tables


def _rows(name: str, raw: bytes, errors: list[FileError]) -> tuple[Table, list[Row]]:
    reader = csv.reader(io.StringIO(_text(name, raw), newline=""), strict=True)
    lines = _lines(name, reader)
    _, headings = next(lines, (1, []))
    table, wrong = recognised([heading.strip() for heading in headings])
    if wrong:
        raise PlacesFileRefused([FileError(1, heading, *words(code, {}), file=name) for heading, code in wrong])
    found = []
    names = [table.columns.get(heading.strip(), "") for heading in headings]
    for line, cells in lines:
        if len(cells) > len(names) and any(cell.strip() for cell in cells[len(names) :]):
            errors.append(FileError(line, "", *words("too-many-cells", {}), file=name))
        said = {column: text for column, cell in zip(names, cells, strict=False) if column and (text := meant(cell))}
        if said:
            found.append(Row(name, line, table, said))
    return table, found


def _lines(name: str, reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line at which it begins."""
    begins = 1
    try:
        for cells in reader:
            if begins > MOST_LINES:
                raise PlacesFileRefused([FileError(begins, "", *words("too-large", {}), file=name)])
            yield begins, cells
            begins = reader.line_num + 1
    except csv.Error:
        raise PlacesFileRefused([FileError(begins, "", *words("not-csv", {}), file=name)]) from None


def _text(name: str, raw: bytes) -> str:
    """UTF-8 if it is UTF-8, else GB18030, in which Excel saves CSV on a Chinese Windows."""
    code = "too-large" if len(raw) > LARGEST_TABLE else "not-csv"
    if len(raw) <= LARGEST_TABLE and b"\0" not in raw:
        for encoding in ("utf-8-sig", "gb18030"):
            try:
                return raw.decode(encoding)
            except UnicodeDecodeError:
                code = "not-utf-8-or-gb18030"
    raise PlacesFileRefused([FileError(1, "", *words(code, {}), file=name)])


def _plant(tables: Tables, rows: Sequence[Row]) -> None:
    """Put each area beneath the one that it names, whatever the order of the lines."""
    county = next((row for row in rows if row.level == "county"), None)
    if county is None:
        raise PlacesFileRefused([FileError(1, "", *words("no-county", {}), file=rows[0].file if rows else "")])
    nodes: Nodes = {county.cells.get("id", ""): ("county", tables.data, ())}
    tables.data |= {"county": _plain(county), **_of_county(county)}
    tables.rows |= dict.fromkeys([("county",), *_OF_COUNTY], county)
    for level in ("street", "community", "grid", "compound", "building"):
        for row in rows:
            if row.level == level:
                _attach(tables, nodes, row)
    for row in rows:
        if row.level not in LEVELS:
            tables.errors.append(row.wrong("level", "not-one-of", choices=", ".join(LEVELS)))
            tables.broken.add(row.cells.get("id", ""))
        elif row.level == "county" and row is not county:
            tables.errors.append(row.wrong("level", "one-county"))


def _attach(tables: Tables, nodes: Nodes, row: Row) -> None:
    id, above = row.cells.get("id", ""), row.cells.get("above", "")
    level, node, where = nodes.get(above, ("", {}, ()))
    if level != _ABOVE[row.level]:
        if above not in tables.broken or not above:
            wrong = row.wrong("above", "no-such-place", id=above, level=_ABOVE[row.level])
            tables.errors.append(wrong if above else row.wrong("above", "required"))
        tables.broken.add(id)
        return
    items = node.setdefault(_BENEATH[row.level], [])
    place = (*where, _BENEATH[row.level], len(items))
    items.append(_plain(row))
    tables.rows[place] = row
    nodes.setdefault(id, (row.level, items[-1], place))


def _stations(tables: Tables, rows: Sequence[Row]) -> None:
    nodes: Nodes = {
        str(one.get("id")): ("community", one, ("streets", at, "communities", index))
        for at, street in enumerate(tables.data.get("streets", ()))
        for index, one in enumerate(street.get("communities", ()))
    }
    for row in rows:
        _attach(tables, nodes, row)


def _keep(data: dict[str, Any], known: Mapping[str, Any], *, stations: bool) -> None:
    """What a table of areas does not hold and is known of the same county stays: its marks, and the stations."""
    data |= {name: known[name] for name in ("demo", "levels") if name in known and name not in data}
    if not stations:
        return
    streets = known.get("streets", ())
    held = {one["id"]: one.get("stations", []) for street in streets for one in street["communities"]}
    for street in data.get("streets", ()):
        for community in street.get("communities", ()):
            if held.get(community.get("id")):
                community["stations"] = held[community["id"]]


def _without_stations(known: Mapping[str, Any]) -> dict[str, Any]:
    streets = [
        {**street, "communities": [{k: v for k, v in one.items() if k != "stations"} for one in street["communities"]]}
        for street in known.get("streets", ())
    ]
    return {**known, "streets": streets} if known else {}


def _plain(row: Row) -> dict[str, Any]:
    """A line in the words of a places file; what cannot be read is left as it is, for the reader to refuse."""
    cells = row.cells
    said: dict[str, Any] = {
        name: cells[name] for name in ("id", "name", "grid", "compound", "parent", "speciality") if name in cells
    }
    said |= {
        name: split(cells[name]) for name in ("grids", "compounds", "units", "zones", "facilities") if name in cells
    }
    if "type" in cells:
        said["type"] = code_of(TYPE_WORDS, cells["type"])
    if "state" in cells:
        said["state"] = code_of(STATE_WORDS, cells["state"])
    if "lat" in cells or "lon" in cells:
        said["position"] = {name: _number(cells[name]) for name in ("lat", "lon") if name in cells}
    if "hours" in cells:
        said["hours"] = _hours(cells["hours"])
    if "exceptions" in cells:
        said["exceptions"] = [_exception(text) for text in split(cells["exceptions"])]
    return said


def _of_county(row: Row) -> dict[str, Any]:
    said: dict[str, Any] = {}
    if "levels" in row.cells:
        pairs = [text.partition("=") for text in split(row.cells["levels"])]
        said["levels"] = {code_of(LEVEL_NAMES, level.strip()): name.strip() for level, _, name in pairs}
    if row.cells.get("demo"):
        said["demo"] = row.cells["demo"] in (YES, "true", "yes") or row.cells["demo"]
    return said


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _hours(cell: str) -> dict[str, list[str]]:
    """`每天 08:00-12:00 14:00-18:00; 周六 09:00-12:00`: the day or days, then when it is open on them."""
    found: dict[str, list[str]] = {}
    for part in split(cell):
        day, *openings = part.replace("－", "-").replace("：", ":").split()
        found.setdefault(code_of(DAYS, day), []).extend(openings)
    return found


def _exception(text: str) -> dict[str, Any]:
    """`2027-02-06 休 春节` or `2027-02-07 09:00-11:00 春节`: the date, then hours or that it is closed, then why."""
    day, _, rest = text.partition(" ")
    openings = []
    while _OPENING.match(rest.lstrip()):
        opening, _, rest = rest.lstrip().partition(" ")
        openings.append(opening)
    first, _, more = rest.partition(" ")
    if not openings and first in (CLOSED, "closed"):
        return {"date": day, "closed": True, "reason": more}
    return {"date": day, "reason": rest} | ({"hours": openings} if openings else {})


def _column(rest: Where) -> str:
    """The column in which a field of a row stands."""
    names = {"position": str(rest[1]) if len(rest) > 1 else "lat", "late": "hours"}
    return names.get(str(rest[0]), str(rest[0])) if rest else "id"
