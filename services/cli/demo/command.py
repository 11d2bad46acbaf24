"""`doorstep demo`: play a day of a county on the natively running demonstration."""

import sys
from datetime import timedelta
from pathlib import Path

import click
import httpx

from services.chassis import outbox
from services.chassis.clock import MAX_RATE, system_now
from services.cli.demo.day import Day, Outcome, Venue, play, rate_for
from services.cli.demo.edge import Caller, Refused, ServiceDown
from services.cli.demo.rest import Restless
from services.cli.demo.samples import from_prometheus
from services.cli.demo.table import disagreements, say_refusals, table
from services.cli.installation import all_contexts
from services.cli.native.layout import ROOT, find_layout
from services.cli.native.programs import NotReady
from services.cli.refusals import explained, refuse
from services.tickets.files.errors import PlacesFileRefused

COUNTY = ROOT / "deploy" / "demo" / "hequ.yml"
_SHORTEST_HOURS = 6.0
"""A ticket that nobody takes up needs almost five hours to climb to the district."""


@click.command()
@click.option("--minutes", type=click.FloatRange(min=0.1), default=5.0, show_default=True,
              help=f"How long the day takes; business time never runs faster than {MAX_RATE:g} times.")  # fmt: skip
@click.option("--hours", type=click.FloatRange(_SHORTEST_HOURS, 24), default=24.0, show_default=True,
              help="How much of a day is played.")  # fmt: skip
@click.option("--tickets", type=click.IntRange(1, 600), default=160, show_default=True, help="How many matters.")
@click.option("--seed", type=int, default=1341, show_default=True, help="Another number draws another day.")
@click.option("--county", type=click.Path(exists=True, dir_okay=False, path_type=Path), default=COUNTY,
              help="Another places file than deploy/demo/hequ.yml.")  # fmt: skip
@click.option("--edge", "edge_url", help="Play on an installation that was begun as a demonstration, as compose does "
              "it: where its edge is. --prometheus and --mails belong to it.")  # fmt: skip
@click.option("--prometheus", "prometheus_url", help="Where its Prometheus is.")
@click.option("--mails", type=click.Path(file_okay=False, path_type=Path), help="Where its mail server puts mails.")
@explained()
def demo(
    minutes: float, hours: float, tickets: int, seed: int, county: Path,
    edge_url: str | None, prometheus_url: str | None, mails: Path | None,
) -> None:  # fmt: skip
    """Play a day of a county through the public HTTP API, and hold the figures against each other.

    `make demo` starts the system first. Each run begins with an empty demonstration; what `make up` keeps is not
    touched. Ends with status 1 when a figure does not agree.
    """
    day = Day(county, hours, rate_for(hours, minutes), tickets, seed)
    given = (edge_url, prometheus_url, mails)
    if any(given) and not all(given):
        raise click.UsageError("--edge, --prometheus and --mails belong together")
    try:
        if edge_url and prometheus_url and mails:
            venue, told = _begun(edge_url, prometheus_url, mails), ""
        else:
            venue, told = _fresh(hours)
        outcome = play(day, venue)
    except (NotReady, ServiceDown) as error:
        refuse(str(error))
    except Restless as error:
        refuse(f"the system does not come to rest: {error}. `doorstep parked list --waiting` tells more.")
    except (Refused, PlacesFileRefused, ValueError) as error:
        refuse(f"the county cannot be set up: {error}")
    except httpx.HTTPError as error:
        refuse(f"Prometheus does not answer ({type(error).__name__}): `make status` shows what does not run")
    agrees = _report(outcome)
    click.echo(f"\n{told}\n{_logins(outcome)}")
    if not agrees:
        sys.exit(1)


def _fresh(hours: float) -> tuple[Venue, str]:
    """The native demonstration, emptied, and where to look."""
    # A container has nothing of what the native installation is made of.
    from services.cli.demo import fresh_day
    from services.cli.native.screens import welcome

    layout = find_layout()
    with layout.locked():
        installation = fresh_day.demo_installation(layout)
        fresh_day.use_settings_of(installation)
        click.echo("A fresh day: emptying the demonstration's own databases and queues.")
        fresh_day.begin(installation, system_now() - timedelta(hours=hours), click.echo)
    prometheus = installation.url("prometheus")
    venue = _venue(installation.url("edge"), prometheus, fresh_day.mail_folder(installation))
    return venue, welcome(installation)


def _begun(edge_url: str, prometheus_url: str, mails: Path) -> Venue:
    """An installation whose `prepare` has set business time back. Raises NotReady when it has a history already."""
    venue = _venue(edge_url, prometheus_url, mails / "new")
    if not venue.clock.is_stored():
        raise NotReady("this is no demonstration: it runs on real time")
    if any(context.db[outbox.COLLECTION].find_one() for context in venue.contexts.values()):
        raise NotReady("its day has been played: throw the demonstration away and begin a new one")
    return venue


def _venue(edge_url: str, prometheus_url: str, mails: Path) -> Venue:
    return Venue(
        edge_url,
        all_contexts(),
        samples=lambda: from_prometheus(prometheus_url),
        mails=lambda: sum(1 for _ in mails.glob("*")),
    )


def _report(outcome: Outcome) -> bool:
    """Print what happened. Returns whether everything agrees."""
    click.echo(f"\n{table(outcome.figures)}\n")
    say_refusals(outcome.tally.refusals)
    wrong = [*disagreements(outcome.figures), *outcome.findings, *outcome.tally.surprises]
    for line in wrong:
        click.echo(f"NOT AS IT SHOULD BE: {line}", err=True)
    if not wrong:
        click.echo("All figures agree; `doorstep points audit` and `doorstep metrics recount` find nothing.")
    return not wrong


def _logins(outcome: Outcome) -> str:
    """Somebody to try it out as: POST /api/v1/sessions."""
    cast = outcome.cast
    shown: list[Caller] = [next(iter(cast.residents.values())), next(iter(cast.workers.values())), cast.administrator]
    lines = [f"  {caller.name}: login {caller.login}, password {caller.password}" for caller in shown]
    return "\n".join(["To try it out, POST /api/v1/sessions as", *lines])
