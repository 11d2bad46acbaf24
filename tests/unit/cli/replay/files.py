"""Files of requests, written in a few words."""

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

from services.cli.replay.rows import Reading, Row, Window, read_rows

BOSTON = ZoneInfo("America/New_York")
HEADER = (
    "case_enquiry_id,open_dt,target_dt,closed_dt,ontime_status,case_status,"
    "type,reason,neighborhood,ward,latitude,longitude"
)


def line(
    identity: str, opened: str = "2015-06-01T09:00:00", target: str = "", closed: str = "", status: str = "ONTIME",
    place: str = "Dorchester,Ward 5", position: str = "42.3,-71.0",
) -> str:  # fmt: skip
    return f"{identity},{opened},{target},{closed},{status},Open,Pothole,Streets,{place},{position}"


def write(folder: Path, *lines: str, header: str = HEADER, zipped: bool = False) -> Path:
    raw = ("\n".join((header, *lines)) + "\n").encode()
    path = folder / "requests.csv"
    path.write_bytes(gzip.compress(raw) if zipped else raw)
    return path


def read(folder: Path, *lines: str, window: Window | None = None) -> Reading:
    return read_rows(write(folder, *lines), window or Window(BOSTON))


def row(folder: Path, **said: str) -> Row:
    """The one row of a file of one line."""
    reading = read(folder, line("1", **said))
    assert not reading.refused
    return reading.rows[0]
