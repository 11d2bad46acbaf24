"""Reads a file of real requests: what can be played, and each row that cannot, by line and reason.

Columns as in the open data of the City of Boston. Nothing that is wrong with a row stops the reading of the next one.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from services.cli.replay.local_time import NoSuchTime, moment

REQUIRED = ("case_enquiry_id", "open_dt", "target_dt", "closed_dt", "ontime_status")
OPTIONAL = ("type", "reason", "neighborhood", "ward", "latitude", "longitude")
PLACEHOLDER = ("42.3594", "-71.0587")
"""Where the city puts what has no position."""
_LONGEST_ID = 80
_GZIP = b"\x1f\x8b"


class FileRefused(Exception):
    """The file as a whole cannot be played; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One real request. `status` is the file's own verdict: ONTIME, OVERDUE or nothing."""

    line: int
    id: str
    opened_at: datetime
    target_at: datetime | None
    closed_at: datetime | None
    status: str
    kind: str
    reason: str
    neighbourhood: str
    ward: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedRow:
    line: int
    id: str
    reason: str
    detail: str
    opened_at: datetime | None = None
    """None where it cannot be told."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which rows are wanted: opened on local days from `first` to `last`, no more than `limit`, the earliest first."""

    zone: ZoneInfo
    first: date | None = None
    last: date | None = None
    limit: int | None = None

    def holds(self, at: datetime) -> bool:
        day = at.astimezone(self.zone).date()
        return (self.first is None or day >= self.first) and (self.last is None or day <= self.last)


@dataclass(slots=True)
class Reading:
    """What the file holds. `rows` are in time order."""

    rows: list[Row] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    absent: tuple[str, ...] = ()
    """Columns that the file lacks and that are read as empty."""
    skipped: int = 0
    """Good rows outside of the window."""


def read_rows(path: Path, window: Window, encoding: str = "utf-8-sig") -> Reading:
    """Read a CSV file, gzipped or not. Raises FileRefused."""
    reading = Reading()
    seen: dict[str, int] = {}
    for line, cells in _records(path, encoding, reading):
        row = _row(line, cells, window.zone, seen)
        if isinstance(row, RefusedRow):
            reading.refused.append(row)
            continue
        seen[row.id] = line
        reading.rows.append(row)
    reading.refused = [one for one in reading.refused if one.opened_at is None or window.holds(one.opened_at)]
    wanted = sorted((row for row in reading.rows if window.holds(row.opened_at)), key=lambda r: (r.opened_at, r.line))
    wanted = wanted[: window.limit]
    reading.skipped = len(reading.rows) - len(wanted)
    reading.rows = wanted
    return reading


def _records(path: Path, encoding: str, reading: Reading) -> Iterator[tuple[int, dict[str, str]]]:
    """The line on which each record begins, and its cells by column; what is no record is refused by line."""
    with io.StringIO(_text(path, encoding), newline="") as text:
        reader = csv.reader(text)
        try:
            header = [name.strip() for name in next(reader)]
        except (StopIteration, csv.Error):
            raise FileRefused("there is no header line") from None
        missing = [name for name in REQUIRED if name not in header]
        if missing:
            raise FileRefused(f"columns are missing: {', '.join(missing)}; there are: {_shown(header)}")
        reading.absent = tuple(name for name in OPTIONAL if name not in header)
        while True:
            line = reader.line_num + 1
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                reading.refused.append(RefusedRow(line, "", "not-csv", str(error)))
                continue
            if len(cells) == len(header):
                yield line, {name: cell.strip() for name, cell in zip(header, cells, strict=True)}
            elif cells:
                detail = f"{len(cells)} cells where the header has {len(header)}"
                reading.refused.append(RefusedRow(line, _shown(cells[:1]), "wrong-number-of-cells", detail))


def _text(path: Path, encoding: str) -> str:
    """The whole file; bytes that are not `encoding` stay recognisable in their own row."""
    try:
        raw = path.read_bytes()
        if raw.startswith(_GZIP):
            raw = gzip.decompress(raw)
        return raw.decode(encoding, errors="surrogateescape")
    except (OSError, EOFError, zlib.error) as error:
        raise FileRefused(f"cannot be read: {error}") from None
    except UnicodeDecodeError as error:
        raise FileRefused(f"is not {encoding}: {error.reason}") from None


def _row(line: int, cells: Mapping[str, str], zone: ZoneInfo, seen: Mapping[str, int]) -> Row | RefusedRow:
    identity = cells["case_enquiry_id"]
    try:
        _check(cells, seen)
        opened, notes = _time(cells, "open_dt", zone)
        target, of_target = _time(cells, "target_dt", zone)
        closed, of_close = _time(cells, "closed_dt", zone)
    except _Unplayable as error:
        return RefusedRow(line, _shown([identity]), error.reason, error.detail)
    if opened is None:
        return RefusedRow(line, _shown([identity]), "no-opening", "open_dt is empty")
    if closed is not None and closed < opened:
        detail = f"closed {cells['closed_dt']}, opened {cells['open_dt']}: nothing can be solved before it is known"
        return RefusedRow(line, _shown([identity]), "closed-before-opened", detail, opened)
    return Row(
        line, identity, opened, target, closed, cells["ontime_status"].upper(), kind=cells.get("type", ""),
        reason=cells.get("reason", ""), neighbourhood=cells.get("neighborhood", ""), ward=cells.get("ward", ""),
        notes=(*notes, *of_target, *of_close, *_oddities(cells, opened, target)),
    )  # fmt: skip


class _Unplayable(Exception):
    """Why a row cannot be played."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def _check(cells: Mapping[str, str], seen: Mapping[str, int]) -> None:
    identity = cells["case_enquiry_id"]
    if any("\udc80" <= letter <= "\udcff" for cell in cells.values() for letter in cell):
        raise _Unplayable("wrong-encoding", "holds bytes of another encoding; name it with --encoding")
    if not identity or len(identity) > _LONGEST_ID:
        raise _Unplayable("no-identity", f"case_enquiry_id must have 1 to {_LONGEST_ID} characters")
    if identity in seen:
        raise _Unplayable("duplicate", f"case_enquiry_id stands in line {seen[identity]} already")


def _time(cells: Mapping[str, str], column: str, zone: ZoneInfo) -> tuple[datetime | None, tuple[str, ...]]:
    """The instant in a cell, None for an empty one, and what had to be decided to find it."""
    if not cells[column]:
        return None, ()
    try:
        found = moment(cells[column], zone)
    except NoSuchTime as error:
        raise _Unplayable("no-such-time", f"{column}: {error}") from None
    return found.at, tuple(f"{column}: {note}" for note in found.notes)


def _oddities(cells: Mapping[str, str], opened: datetime, target: datetime | None) -> Iterator[str]:
    """What a reader should know of a row that is played all the same."""
    if target is None:
        yield "no target"
    elif target <= opened:
        yield "target not after opening"
    if not cells["closed_dt"]:
        yield "not closed"
    if not cells.get("neighborhood"):
        yield "no neighbourhood"
    if (cells.get("latitude"), cells.get("longitude")) == PLACEHOLDER:
        yield "placeholder position"
    if cells["ontime_status"].upper() not in ("ONTIME", "OVERDUE"):
        yield "no verdict of the file"


def _shown(cells: Sequence[str]) -> str:
    """Cells as they may be printed: short, and without what no terminal can show."""
    return ", ".join(cells).encode("ascii", "backslashreplace").decode()[:200]
