"""`doorstep routing`: in which of the five ways (五必办) a matter is handled, where."""

from typing import IO

import click

from services.cli.installation import context_of
from services.cli.refusals import explained
from services.cli.versions import AREA, FILE, IN_AREA, OPERATOR, read_one, show_text, tell_activations, tell_change
from services.tickets.domain.policy import LEVELS, SEVERITIES
from services.tickets.domain.routing import CHANNELS, MODES, Matter, choose
from services.tickets.domain.stations import TYPES
from services.tickets.files.operators import read_rule_set
from services.tickets.handlers.rule_sets import activate_rules, deactivate_rules
from services.tickets.handlers.versions import Change
from services.tickets.house import house_of
from services.tickets.problems import PROBLEMS
from services.tickets.routing_words import choice_answer
from services.tickets.routings import FOLDER
from services.tickets.storage import Tickets


@click.group()
def routing() -> None:
    """Rules that choose how a matter is handled (五必办); by area, in versions; the first that matches decides.

    A ticket keeps the version that it was filed under. To change rules, copy their file, raise `version`, activate it.
    """


@routing.command("list")
@IN_AREA
@explained(PROBLEMS)
def list_rules(area: str | None) -> None:
    """What holds where."""
    context = context_of("tickets")
    store, house = Tickets(context.units.read()), house_of(context)
    if area is not None:
        rules = house.rule_set_for(store, area)
        for i, rule in enumerate(rules.rules if rules else (), 1):
            click.echo(f"{i:3} {rule.id:20} {MODES[rule.mode].zh}  {rule.title.zh}  {rule.title.en}")
        click.echo(rules.pin if rules else "no rules hold there")
        return
    tell_activations(store.routings.activations(), context, max(house.routings, default="nothing"))


@routing.command()
@click.argument("pin")
@explained(PROBLEMS)
def show(pin: str) -> None:
    """Print a rule set's file, to be copied and changed. PIN is like routing-wubiban/1."""
    show_text(
        pin, [*FOLDER.glob("*.yml"), *FOLDER.glob("examples/*.yml")], read_rule_set,
        lambda: Tickets(context_of("tickets").units.read()).routings, "routing",
    )  # fmt: skip


@routing.command()
@FILE
def check(file: IO[bytes]) -> None:
    """Say whether a file of rules can be meant; needs no database."""
    rules, _ = read_one(file, read_rule_set)
    click.echo(f"{rules.pin}: {len(rules.rules)} rules: good")


@routing.command()
@FILE
@AREA
@explained(PROBLEMS)
def diff(file: IO[bytes], area: str) -> None:
    """What activating the file would change in an area."""
    tell_change(_activate(file, area, dry_run=True))


@routing.command()
@FILE
@AREA
@click.option("--dry-run", is_flag=True, help="The same as diff.")
@explained(PROBLEMS)
def activate(file: IO[bytes], area: str, dry_run: bool) -> None:
    """Have the rules hold in an area from now on. Tickets that were filed before keep what they have."""
    tell_change(_activate(file, area, dry_run=dry_run))
    click.echo("nothing was changed" if dry_run else f"holds in {area} for what is filed from now on")


@routing.command()
@AREA
@explained(PROBLEMS)
def deactivate(area: str) -> None:
    """Let what holds above an area hold in it again."""
    context = context_of("tickets")
    house = house_of(context)
    pin = context.units.run(lambda unit: deactivate_rules(Tickets(unit), house, area))
    click.echo(f"{area}: {pin or 'no rules hold there any more'}")


@routing.command("try")
@FILE
@AREA
@click.option("--kind", default="request", show_default=True)
@click.option("--channel", type=click.Choice(CHANNELS), default="desk", show_default=True)
@click.option("--category")
@click.option("--service")
@click.option("--urgent", is_flag=True)
@click.option("--no-reporter", is_flag=True, help="Found by the station itself.")
@click.option("--station-type", type=click.Choice(sorted(TYPES)))
@click.option("--severity", type=click.Choice(SEVERITIES), help="As somebody on site says.")
@click.option("--level", type=click.Choice(LEVELS), default="grid", show_default=True)
def try_(
    file: IO[bytes], area: str, kind: str, channel: str, category: str | None, service: str | None, urgent: bool,
    no_reporter: bool, station_type: str | None, severity: str | None, level: str,
) -> None:  # fmt: skip
    """What the rules of a file would say of a matter, and why; needs no database, changes nothing."""
    rules, _ = read_one(file, read_rule_set)
    matter = Matter(kind, channel, area, category, service, urgent, not no_reporter, station_type, severity, level)
    choice = choose(rules, matter)
    zh, en = choice_answer(choice, "zh-CN"), choice_answer(choice, "en")
    for said, in_english in zip(zh["tried"], en["tried"], strict=True):
        click.echo(f"{said['rule']:20} {said['text']}  {in_english['text']}")
    click.echo(f"{zh['text']}\n{en['text']}")


def _activate(file: IO[bytes], area: str, *, dry_run: bool) -> Change:
    _, given = read_one(file, read_rule_set)
    context = context_of("tickets")
    house = house_of(context)
    return context.units.run(
        lambda unit: activate_rules(Tickets(unit), house, given, area, OPERATOR, unit.now, dry_run)
    )
