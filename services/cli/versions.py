"""What the commands for policies, routing, sheets and presence have in common: files in versions that hold by area."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any, TypeVar

import click

from services.chassis.context import Context
from services.cli.operator_files import found, opened, read_all
from services.cli.refusals import refuse
from services.tickets.handlers.ports import Activation, PolicyStore
from services.tickets.handlers.versions import Change, Given, Version

AREA = click.option("--area", metavar="PATH", required=True, help="Where it holds, with all beneath: /hequ/xikou/.")
IN_AREA = click.option(
    "--area", metavar="PATH", help="What holds in this area; without it: everything that was activated."
)
FILE = click.argument("file", type=click.File("rb"))
OPERATOR = "operator"
V = TypeVar("V", bound=Version)
Read = Callable[[bytes], tuple[V, Any]]


def read_one(file: IO[bytes], read: Read[V]) -> tuple[V, Given]:
    """What a file means, and what is kept of it. Ends the command when it cannot be meant."""
    ((meant, data), raw) = read_all(opened([file]), read)[0]
    return meant, Given(data, raw.decode("utf-8-sig"))


def show_text(pin: str, shipped: Iterable[Path], read: Read[Any], kept: Callable[[], PolicyStore], group: str) -> None:
    """Print the file of a version, as it came with the program or as an operator gave it."""
    for file in sorted(shipped):
        if read_all(found([file]), read)[0][0][0].pin == pin:
            click.echo(file.read_text("utf-8"), nl=False)
            return
    text = kept().text(pin)
    if text is None:
        refuse(f"there is no {pin}; `doorstep {group} list` names them")
    click.echo(text, nl=False)


def tell_activations(activations: Sequence[Activation], context: Context, elsewhere: str) -> None:
    for one in activations:
        at = one.at.astimezone(context.settings.timezone)
        click.echo(f"{one.area_path}  {one.kind}  {one.pin}  since {at:%Y-%m-%d %H:%M}")
    click.echo(f"everywhere else: {elsewhere}")


def tell_change(change: Change) -> None:
    if change.before is None:
        click.echo(f"{change.kind}: {change.after} (new there)")
    elif change.before == change.after:
        click.echo(f"{change.kind}: {change.after} (holds already)")
    else:
        click.echo(f"{change.kind}: {change.before} -> {change.after}")
    for field, before, after in change.differs:
        click.echo(f"  {field}: {before or '-'} -> {after or '-'}")
