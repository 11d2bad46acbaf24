"""`doorstep replay`: real requests of the past through the public API of the natively running demonstration."""

import json
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from services.chassis.clock import ClockRefused
from services.cli.demo import fresh_day
from services.cli.demo.edge import Refused, ServiceDown
from services.cli.demo.rest import Restless
from services.cli.installation import all_contexts
from services.cli.native.layout import find_layout
from services.cli.native.programs import NotReady
from services.cli.refusals import explained, refuse
from services.cli.replay.play import NotFresh, Venue
from services.cli.replay.progress import Progress
from services.cli.replay.proof import prove
from services.cli.replay.report import Evidence, played_report, reading_report
from services.cli.replay.rows import FileRefused, Reading, Window, read_rows
from services.cli.replay.script import Scene, scenes
from services.cli.replay.telling import tell_played, tell_reading
from services.tickets.files.errors import PlacesFileRefused

_BEFORE_THE_FIRST = timedelta(hours=1)
"""Places and accounts come into being before the first matter."""
_DAY = click.DateTime(["%Y-%m-%d"])


def _zone(context: click.Context, parameter: click.Parameter, name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.BadParameter(f"there is no time zone {name}") from None


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--timezone", "zone", default="America/New_York", show_default=True, callback=_zone,
              help="Of times in the file that name none.")  # fmt: skip
@click.option("--encoding", default="utf-8-sig", show_default=True, help="Of the file.")
@click.option("--from", "first", type=_DAY, help="First local day of opening.")
@click.option("--to", "last", type=_DAY, help="Last local day of opening.")
@click.option("--limit", type=click.IntRange(1), help="No more than so many rows, the earliest first.")
@click.option("--dry-run", is_flag=True, help="Say what would be played and what not, and why; touches nothing.")
@click.option("--report", "written", type=click.Path(dir_okay=False, writable=True, path_type=Path),
              help="Write everything that is known of it as JSON.")  # fmt: skip
@click.option("--list", "listed", type=click.IntRange(0), default=20, show_default=True,
              help="How many lines of each long list are printed.")  # fmt: skip
@explained()
def replay(
    file: Path, zone: ZoneInfo, encoding: str, first: datetime | None, last: datetime | None, limit: int | None,
    dry_run: bool, written: Path | None, listed: int,
) -> None:  # fmt: skip
    """Play the requests of FILE (CSV, may be gzipped) through the public HTTP API, in time order.

    `make replay` starts the system first. Each run begins with an empty demonstration; what `make up` keeps is not
    touched. Every request is filed with its real target as the partner's date and solved when it was really closed;
    then our clock is held against the file's ontime_status. Ends with status 1 when something is not explained.
    """
    window = Window(zone, first.date() if first else None, last.date() if last else None, limit)
    try:
        reading = read_rows(file, window, encoding)
    except (FileRefused, LookupError) as error:
        refuse(f"{file}: {error}")
    script = scenes(reading.rows, zone)
    report = reading_report(file.name, reading, script, zone)
    tell_reading(report, click.echo, listed)
    evidence = None
    if not dry_run:
        if not script:
            refuse("there is no row to play")
        evidence = _played(reading, script, zone)
        report |= played_report(reading.rows, evidence, zone)
        tell_played(report, click.echo, listed)
    _write(written, report)
    if evidence is not None and not evidence.is_sound:
        sys.exit(1)


def _played(reading: Reading, script: Sequence[Scene], zone: ZoneInfo) -> Evidence:
    """Empty the demonstration, then play on it; whatever stops it ends the command with a sentence."""
    layout = find_layout()
    try:
        with layout.locked():
            installation = fresh_day.demo_installation(layout)
            fresh_day.use_settings_of(installation)
            click.echo("Emptying the demonstration's own databases and queues.")
            fresh_day.begin(installation, script[0].at - _BEFORE_THE_FIRST, click.echo)
        commands = sum(len(act.deeds) for scene in script for act in scene.acts)
        with Progress(commands, zone) as progress:
            return prove(reading.rows, zone, Venue(installation.url("edge"), all_contexts()), progress.show)
    except (NotReady, ServiceDown, NotFresh) as error:
        refuse(str(error))
    except ClockRefused as error:
        refuse(f"somebody else has set business time meanwhile, so this replay is void: {error}")
    except Restless as error:
        refuse(f"the system does not come to rest: {error}. `doorstep parked list --waiting` tells more.")
    except PlacesFileRefused as error:
        refuse("the places of the file cannot be loaded: " + "; ".join(found.en for found in error.errors))
    except Refused as error:
        refuse(f"the installation cannot be set up: {error}")


def _write(path: Path | None, report: Mapping[str, Any]) -> None:
    if path is not None:
        path.write_text(json.dumps(report, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
        click.echo(f"The whole report: {path}")
