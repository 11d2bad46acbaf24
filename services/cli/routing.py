"""`doorstep routing`: in which of the five ways (五必办) a matter is handled, where."""

from typing import IO

import click

from services.cli.installation import context_of
from services.cli.operator_files import found, opened, read_all
from services.cli.policy import AREA, OPERATOR
from services.cli.refusals import explained, refuse
from services.tickets.domain.policy import LEVELS, SEVERITIES
from services.tickets.domain.routing import CHANNELS, MODES, Matter, choose
from services.tickets.domain.stations import TYPES
from services.tickets.handlers.policies import Change, Given
from services.tickets.handlers.rule_sets import activate_rules, deactivate_rules
from services.tickets.house import house_of
from services.tickets.operator_files import read_rule_set
from services.tickets.problems import PROBLEMS
from services.tickets.routing_words import choice_answer
from services.tickets.routings import FOLDER
from services.tickets.storage import Tickets

FILE = click.argument("file", type=click.File("rb"))


@click.group()
def routing() -> None:
    """Rules that choose how a matter is handled (五必办); by area, in versions; the first that matches decides.

    A ticket keeps the version that it was filed under. To change rules, copy their file, raise `version`, activate it.
    """


@routing.command("list")
@click.option("--area", metavar="PATH", help="What holds in this area; without it: everything that was activated.")
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
    for activation in store.routings.activations():
        at = activation.at.astimezone(context.settings.timezone)
        click.echo(f"{activation.area_path}  {activation.pin}  since {at:%Y-%m-%d %H:%M}")
    click.echo(f"everywhere else: {max(house.routings, default='nothing')}")


@routing.command()
@click.argument("pin")
@explained(PROBLEMS)
def show(pin: str) -> None:
    """Print a rule set's file, to be copied and changed. PIN is like routing-wubiban/1."""
    for file in sorted([*FOLDER.glob("*.yml"), *FOLDER.glob("examples/*.yml")]):
        if read_all(found([file]), read_rule_set)[0][0][0].pin == pin:
            click.echo(file.read_text("utf-8"), nl=False)
            return
    text = Tickets(context_of("tickets").units.read()).routings.text(pin)
    if text is None:
        refuse(f"there is no rule set {pin}; `doorstep routing list` names them")
    click.echo(text, nl=False)


@routing.command()
@FILE
def check(file: IO[bytes]) -> None:
    """Say whether a file of rules can be meant; needs no database."""
    ((rules, _), _) = read_all(opened([file]), read_rule_set)[0]
    click.echo(f"{rules.pin}: {len(rules.rules)} rules: good")


@routing.command()
@FILE
@AREA
@explained(PROBLEMS)
def diff(file: IO[bytes], area: str) -> None:
    """What activating the file would change in an area."""
    _tell(_activate(file, area, dry_run=True))


@routing.command()
@FILE
@AREA
@click.option("--dry-run", is_flag=True, help="The same as diff.")
@explained(PROBLEMS)
def activate(file: IO[bytes], area: str, dry_run: bool) -> None:
    """Have the rules hold in an area from now on. Tickets that were filed before keep what they have."""
    _tell(_activate(file, area, dry_run=dry_run))
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
    ((rules, _), _) = read_all(opened([file]), read_rule_set)[0]
    matter = Matter(kind, channel, area, category, service, urgent, not no_reporter, station_type, severity, level)
    choice = choose(rules, matter)
    zh, en = choice_answer(choice, "zh-CN"), choice_answer(choice, "en")
    for said, in_english in zip(zh["tried"], en["tried"], strict=True):
        click.echo(f"{said['rule']:20} {said['text']}  {in_english['text']}")
    click.echo(f"{zh['text']}\n{en['text']}")


def _activate(file: IO[bytes], area: str, *, dry_run: bool) -> Change:
    ((_, data), raw) = read_all(opened([file]), read_rule_set)[0]
    given = Given(data, raw.decode("utf-8-sig"))
    context = context_of("tickets")
    house = house_of(context)
    return context.units.run(
        lambda unit: activate_rules(Tickets(unit), house, given, area, OPERATOR, unit.now, dry_run)
    )


def _tell(change: Change) -> None:
    if change.before == change.after:
        click.echo(f"{change.after} (holds already)")
    else:
        click.echo(f"{change.before or 'nothing'} -> {change.after}")
    for field, before, after in change.differs:
        click.echo(f"  {field}: {before or '-'} -> {after or '-'}")
