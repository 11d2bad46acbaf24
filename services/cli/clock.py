"""`doorstep clock`: business time of an installation, real time unless a demonstration or a replay set it; and whether
the machine's own clock is believed."""

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from services.chassis import outbox
from services.chassis.clock import MAX_RATE, ClockRefused, system_now, to_milliseconds
from services.chassis.clock_watch import ClockWatch
from services.chassis.context import Context
from services.cli.installation import all_contexts, context_of
from services.cli.refusals import explained

_MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.group()
def clock() -> None:
    """Business time, and the machine's clock."""


@clock.command()
def show() -> None:
    """Print business time and how far it is behind real time."""
    context = context_of("tickets")
    now = context.clock.now()
    behind = (system_now() - now).total_seconds()
    zone = context.settings.timezone
    click.echo(f"{now.astimezone(zone).isoformat()}  ({behind:.0f} s behind real time)")
    for name, leap, at in _leaps():
        click.echo(f"{name}: the machine's clock is {_days(leap)} what was last seen, {_local(at, zone)}")


@clock.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@explained()
def accept(yes: bool) -> None:
    """Confirm that the machine's clock is right, after it leapt or everything was switched off for long.

    Until then nothing is erased because of its age: neither tickets' personal data nor old events.
    """
    zone = context_of("tickets").settings.timezone
    leaps = _leaps()
    for name, leap, at in leaps:
        click.echo(f"{name}: the machine's clock is {_days(leap)} what was last seen, {_local(at, zone)}")
    if not leaps:
        click.echo("The clock is believed already; nothing was changed.")
        return
    click.echo(f"The machine's clock shows {_local(system_now(), zone)}.")
    if not yes:
        click.confirm("Is that right? What had its time by then is erased for good", abort=True)
    for name, _, _ in leaps:
        ClockWatch(context_of(name).db).accept()
    click.echo("The time is confirmed: what had its time is erased within minutes.")


@clock.command()
@click.argument("start", type=_MOMENT)
@click.option(
    "--rate", type=click.FloatRange(1, MAX_RATE), default=MAX_RATE, show_default=True, help="Times real time."
)
def run(start: datetime, rate: float) -> None:
    """Start business time at START, fast, until it meets real time. Only for a demonstration."""
    context = context_of("tickets")
    _refuse_with_a_history(context)
    _refusing(lambda: context.clock.run(_aware(start), rate))


@clock.command()
@click.argument("to", type=_MOMENT)
def step(to: datetime) -> None:
    """Stop business time at TO. Only for replaying history."""
    context = context_of("tickets")
    _refuse_with_a_history(context)
    _refusing(lambda: context.clock.step(_aware(to)))


def _refuse_with_a_history(context: Context) -> None:
    """Business time that was real time until now has been seen by what is stored: it cannot be set back."""
    if not context.clock.is_stored() and context.db[outbox.COLLECTION].find_one() is not None:
        click.echo(
            "doorstep: this installation has a history on real time; business time never runs backwards", err=True
        )
        sys.exit(1)


def _leaps() -> list[tuple[str, timedelta, datetime]]:
    """The services that do not believe the system clock, how far it has leapt, and the time that each saw last."""
    watches = {name: ClockWatch(context.db) for name, context in all_contexts().items()}
    found = [(name, watch.leap(), watch.seen_at()) for name, watch in watches.items()]
    return [(name, leap, at) for name, leap, at in found if leap and at is not None]


def _days(leap: timedelta) -> str:
    return f"{abs(leap) / timedelta(days=1):.1f} days {'ahead of' if leap > timedelta() else 'behind'}"


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def _aware(moment: datetime) -> datetime:
    zone = context_of("tickets").settings.timezone
    return to_milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def _refusing(change: Callable[[], None]) -> None:
    try:
        change()
    except ClockRefused as error:
        click.echo(f"doorstep: {error}", err=True)
        sys.exit(1)
