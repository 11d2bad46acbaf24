"""`doorstep clock`: business time of an installation; real time unless a demonstration or a replay set it."""

import sys
from collections.abc import Callable
from datetime import datetime

import click

from services.chassis import outbox
from services.chassis.clock import MAX_RATE, ClockRefused, system_now, to_milliseconds
from services.chassis.context import Context
from services.cli.installation import context_of

_MOMENT = click.DateTime(["%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


@click.group()
def clock() -> None:
    """Business time."""


@clock.command()
def show() -> None:
    """Print business time and how far it is behind real time."""
    context = context_of("tickets")
    now = context.clock.now()
    behind = (system_now() - now).total_seconds()
    click.echo(f"{now.astimezone(context.settings.timezone).isoformat()}  ({behind:.0f} s behind real time)")


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


def _aware(moment: datetime) -> datetime:
    zone = context_of("tickets").settings.timezone
    return to_milliseconds(moment if moment.tzinfo else moment.replace(tzinfo=zone))


def _refusing(change: Callable[[], None]) -> None:
    try:
        change()
    except ClockRefused as error:
        click.echo(f"doorstep: {error}", err=True)
        sys.exit(1)
