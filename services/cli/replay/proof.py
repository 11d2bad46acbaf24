"""A replay from an empty installation to its evidence. `command` runs it natively, a test in its own namespace."""

from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from services.cli.replay.play import Played, Venue, play
from services.cli.replay.report import Evidence, events_of
from services.cli.replay.rows import Row
from services.cli.replay.script import Scene, scenes
from services.cli.replay.verdicts import check_thresholds, judge
from services.metrics.recount import recount
from services.volunteers.audit import audit


def prove(rows: Sequence[Row], zone: ZoneInfo, venue: Venue, shown: Callable[[Scene, Played], None]) -> Evidence:
    """Play the rows and hold what came of it against the file and against the services' own books.

    Raises what `play` raises.
    """
    script = scenes(rows, zone)
    played = play(rows, script, venue, shown)
    databases = venue.databases
    findings = [f"points audit: {found.code}: {found.detail}" for found in audit(databases["volunteers"])]
    findings += [f"metrics recount: {difference}" for difference in recount(databases)]
    events = events_of(databases)
    findings += [f"{name}: {one}" for name, one in events["consumed"].items() if one["due"] != one["taken"]]
    return Evidence(
        played,
        judge(rows, played.clocks),
        check_thresholds(rows, played.clocks, script[-1].at),
        events,
        findings,
    )
