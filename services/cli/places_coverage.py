"""`doorstep places coverage`: which compounds have an open station near enough."""

import click

from services.cli.installation import context_of
from services.cli.refusals import explained, refuse
from services.tickets.domain.coverage import COVERED, UNCOVERED, WITHOUT_POSITION, Coverage, Reach
from services.tickets.domain.distances import metres_in, walking_minutes
from services.tickets.handlers.coverage import coverage_of
from services.tickets.problems import PROBLEMS
from services.tickets.schemas.coverage import MINUTES, MOST_METRES, MOST_MINUTES
from services.tickets.storage import Tickets

_WORDS = {COVERED: "covered", UNCOVERED: "uncovered", WITHOUT_POSITION: "no position"}


@click.command()
@click.argument("area")
@click.option("--metres", type=click.IntRange(1, MOST_METRES), help="As the crow flies.")
@click.option("--minutes", type=click.IntRange(1, MOST_MINUTES), help=f"On foot; {MINUTES} without --metres.")
@click.option("--all", "everything", is_flag=True, help="Also name the compounds that are covered.")
@explained(PROBLEMS)
def coverage(area: str, metres: int | None, minutes: int | None, everything: bool) -> None:
    """Tell which compounds beneath AREA (a path: /hequ/xikou/) lie too far from every open station."""
    if metres is not None and minutes is not None:
        raise click.UsageError("--metres or --minutes, not both")
    store = Tickets(context_of("tickets").units.read())
    place = store.place(area.strip("/").rpartition("/")[2])
    if place is None or place.area_path != f"/{area.strip('/')}/":
        refuse(f"there is no area {area}")
    within = metres if metres is not None else metres_in(minutes or MINUTES)
    _tell(coverage_of(store, place, within), everything)


def _tell(found: Coverage, everything: bool) -> None:
    for one in found.reaches:
        if everything or one.state != COVERED:
            click.echo(f"{_WORDS[one.state]:<11}  {one.compound.id}  {one.compound.name}{_nearest(one)}")
    share = "-" if found.share is None else f"{found.share} %"
    click.echo(
        f"covered: {found.count(COVERED)}, uncovered: {found.count(UNCOVERED)}, "
        f"without a position: {found.count(WITHOUT_POSITION)}; of those with a position: {share}"
    )


def _nearest(one: Reach) -> str:
    if one.station is None or one.metres is None:
        return ""
    return f"  {one.station.id}: {round(one.metres)} m, {walking_minutes(one.metres)} min on foot"
