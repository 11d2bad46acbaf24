"""`doorstep policy`: what is promised, for which kind of ticket, where."""

import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import IO, Any

import click

from services.cli.installation import context_of
from services.cli.moments import MOMENT, local
from services.cli.operator_files import found, opened, read_all
from services.cli.refusals import explained
from services.cli.versions import AREA, FILE, IN_AREA, OPERATOR, read_one, show_text, tell_activations, tell_change
from services.tickets.domain.whatif import OUTCOMES, Tally
from services.tickets.files.operators import read_policy
from services.tickets.handlers import policies as handlers
from services.tickets.handlers.versions import Change, Given
from services.tickets.handlers.whatif import try_policy
from services.tickets.house import house_of
from services.tickets.policies import FOLDER, pack_files, packs
from services.tickets.problems import PROBLEMS
from services.tickets.storage import Tickets
from services.tickets.storage.documents import ticket_entity

FILES = click.argument("files", type=click.File("rb"), nargs=-1)
PACK = click.option("--pack", type=click.Choice(packs()), help="The policies of a report's way of working.")


@click.group()
def policy() -> None:
    """Kinds of tickets: their promised times, steps, services; by area, in versions.

    A ticket keeps the version that it was filed under. To change a policy, copy its file, raise `version`, activate it.
    """


@policy.command("list")
@IN_AREA
@explained(PROBLEMS)
def list_policies(area: str | None) -> None:
    """What holds where."""
    context = context_of("tickets")
    store, house = Tickets(context.units.read()), house_of(context)
    if area is not None:
        for one in handlers.kinds_at(store, house, area):
            click.echo(f"{one.kind:10} {one.pin:24} {one.title.zh}  {one.title.en}")
        return
    tell_activations(store.policies.activations(), context, ", ".join(sorted(house.policies)))


@policy.command("packs")
def list_packs() -> None:
    """The packs that come with the program, and the policies in each."""
    for name in packs():
        pins = [one.pin for (one, _), _ in read_all(found(pack_files(name)), read_policy)]
        click.echo(f"{name}: {', '.join(pins)}")


@policy.command()
@click.argument("pin")
@explained(PROBLEMS)
def show(pin: str) -> None:
    """Print a policy's file, to be copied and changed. PIN is like request-1341/2."""
    show_text(
        pin, FOLDER.glob("*.yml"), read_policy,
        lambda: Tickets(context_of("tickets").units.read()).policies, "policy",
    )  # fmt: skip


@policy.command()
@FILES
def check(files: tuple[IO[bytes], ...]) -> None:
    """Say whether policy files can be meant; needs no database."""
    for (one, _), _ in read_all(opened(files), read_policy):
        click.echo(f"{one.pin}: {one.kind}, {len(one.clocks)} clocks, {len(one.services)} services: good")


@policy.command()
@FILES
@PACK
@AREA
@explained(PROBLEMS)
def diff(files: tuple[IO[bytes], ...], pack: str | None, area: str) -> None:
    """What activating the files, or a pack, would change in an area."""
    _tell(_activate(files, pack, area, dry_run=True))


@policy.command()
@FILES
@PACK
@AREA
@click.option("--dry-run", is_flag=True, help="The same as diff.")
@explained(PROBLEMS)
def activate(files: tuple[IO[bytes], ...], pack: str | None, area: str, dry_run: bool) -> None:
    """Have the files, or a pack, hold in an area from now on. Tickets that were filed before keep what they have."""
    _tell(_activate(files, pack, area, dry_run=dry_run))
    click.echo("nothing was changed" if dry_run else f"holds in {area} for what is filed from now on")


@policy.command()
@click.argument("kind")
@AREA
@explained(PROBLEMS)
def deactivate(kind: str, area: str) -> None:
    """Let what holds above an area hold in it again."""
    context = context_of("tickets")
    house = house_of(context)
    pin = context.units.run(lambda unit: handlers.deactivate(Tickets(unit), house, kind, area))
    click.echo(f"{kind} in {area}: {pin or 'cannot be filed any more'}")


@policy.command("try")
@FILE
@AREA
@click.option("--since", type=MOMENT, required=True, help="Filed from then on.")
@click.option("--until", type=MOMENT, help="Filed before then; without it: until now.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@explained(PROBLEMS)
def try_(file: IO[bytes], area: str, since: datetime, until: datetime | None, as_json: bool) -> None:
    """What if: replay what was filed in a period under another policy of the same kind. Changes nothing.

    The same deeds are held against the other promises, by community: how many clocks would have been met, warned
    (their first warning), breached, and how many are.
    """
    tried, _ = read_one(file, read_policy)
    context = context_of("tickets")
    unit = context.units.read()
    store, house = Tickets(unit), house_of(context)
    rows = store.filed_between(tried.kind, area, local(since, context), local(until, context) if until else unit.now)
    with click.progressbar(length=0, label=f"Replaying {tried.kind} under {tried.pin}", file=sys.stderr) as bar:
        tallies = try_policy(store, house, tried, map(ticket_entity, rows), unit.now, lambda: bar.update(1))
    if as_json:
        click.echo(json.dumps({place: _plain(tally) for place, tally in tallies.items()}, ensure_ascii=False))
        return
    if not tallies:
        click.echo(f"no {tried.kind} was filed in {area} in that period")
    for place, tally in tallies.items():
        click.echo(f"{place}  {tally.tickets} tickets{'':30}now -> under {tried.pin}")
        for clock in tally.clocks():
            counts = [
                f"{outcome} {tally.held[clock, outcome]} -> {tally.tried[clock, outcome]}"
                for outcome in OUTCOMES
                if tally.held[clock, outcome] or tally.tried[clock, outcome]
            ]
            click.echo(f"  {clock:16} {', '.join(counts)}")


def _plain(tally: Tally) -> dict[str, Any]:
    return {
        "tickets": tally.tickets,
        "clocks": {
            clock: {
                outcome: {"held": tally.held[clock, outcome], "tried": tally.tried[clock, outcome]}
                for outcome in OUTCOMES
            }
            for clock in tally.clocks()
        },
    }


def _activate(files: Sequence[IO[bytes]], pack: str | None, area: str, *, dry_run: bool) -> list[Change]:
    if bool(files) == (pack is not None):
        raise click.UsageError("give policy files, or --pack")
    read = read_all(opened(files) if files else found(pack_files(pack or "")), read_policy)
    given = [Given(data, raw.decode("utf-8-sig")) for (_, data), raw in read]
    context = context_of("tickets")
    house = house_of(context)
    return context.units.run(
        lambda unit: handlers.activate(Tickets(unit), house, given, area, OPERATOR, unit.now, dry_run)
    )


def _tell(changes: Sequence[Change]) -> None:
    for change in changes:
        tell_change(change)
