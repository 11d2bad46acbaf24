"""`doorstep restored`: after a restore, what was done since the back-up and must not be undone by it."""

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import click

from services.accounts import aftercare
from services.chassis import feed, journal
from services.chassis.context import Context
from services.chassis.journal import Note
from services.cli.installation import all_contexts
from services.cli.outside.command import LOCKED_OUT, lock_out
from services.cli.personal import ERASED, erase_again
from services.cli.refusals import explained, refuse
from services.contracts.registry import PUBLISHERS

Lost = Mapping[str, Sequence[Note]]
"""By service: what the journal has and the restored database does not know."""


@click.group()
def restored() -> None:
    """After a restore: keys, accounts, roles, passwords and erasures that were changed since the back-up."""


@restored.command()
@explained()
def begin() -> None:
    """Say once, right after a restore, that there was one: cursors of the event feed expire. Then as `show`."""
    contexts = all_contexts()
    for name in PUBLISHERS:
        feed.begin_epoch(contexts[name].db)
    click.echo("Cursors of the event feed that were given out before have expired.")
    if contexts["tickets"].settings.journal is None:
        click.echo("There is no journal (DOORSTEP_JOURNAL): what was revoked or erased since the back-up is not known.")
    else:
        _show(contexts)


@restored.command()
@explained()
def show() -> None:
    """List what was changed since the back-up, by identities. Changes nothing."""
    _show(all_contexts())


@restored.command()
@click.option("--dry-run", is_flag=True, help="Say what would be done, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@explained()
def apply(dry_run: bool, yes: bool) -> None:
    """Revoke, disable, take and erase again what was since the back-up; said again it changes nothing.

    Nothing is given anew. Passwords that were changed since then are not restored: the earlier ones open no more.
    """
    contexts = all_contexts()
    lost = _lost(contexts)
    if not any(lost.values()):
        click.echo("Nothing of the journal is missing here; nothing was changed.")
        return
    if not dry_run and not yes:
        _show(contexts)
        click.confirm("Do all of it again, except what gives anybody anything?", abort=True)
    for line in aftercare.apply(contexts["accounts"], lost["accounts"], dry_run=dry_run):
        click.echo(line)
    _again(contexts["tickets"], lost["tickets"], dry_run)
    click.echo("Nothing was changed." if dry_run else "All of it holds again.")


def _again(context: Context, notes: Sequence[Note], dry_run: bool) -> None:
    """What is noted in tickets: erasures, and programs of others whose password was taken."""
    deeds = {ERASED: _erase_again, LOCKED_OUT: _lock_out_again}
    for note in notes:
        click.echo(f"{_about(note)}: {note.what} again")
        if not dry_run:
            deeds[note.what](context, note)
            context.units.run(partial(journal.settle, [note]))


def _erase_again(context: Context, note: Note) -> None:
    erased = erase_again(context, note)
    click.echo(f"  {erased.tickets} ticket(s), {erased.photos} photo(s)")


def _lock_out_again(context: Context, note: Note) -> None:
    there = lock_out(note.about["consumer"])
    said = "its earlier password opens no more: rotate it, or revoke the consumer" if there else "it is not there"
    click.echo(f"  {said}")


def _show(contexts: Mapping[str, Context]) -> None:
    lost = _lost(contexts)
    zone = contexts["tickets"].settings.timezone
    for service, notes in lost.items():
        for note in notes:
            click.echo(f"{service}  {_local(note, zone)}  {note.what}  {_about(note)}")
    count = sum(map(len, lost.values()))
    if count:
        click.echo(
            f"{count} change(s) since the back-up. `doorstep restored apply` does again what revoked, took or erased."
        )
    else:
        click.echo("The journal knows of nothing that was changed since the back-up.")


def _lost(contexts: Mapping[str, Context]) -> Lost:
    folder = contexts["tickets"].settings.journal
    if folder is None:
        refuse("there is no journal: DOORSTEP_JOURNAL names its folder")
    return {name: journal.lost(context.db, _notes(folder, name)) for name, context in contexts.items()}


def _notes(folder: Path, service: str) -> Sequence[Note]:
    return journal.read(journal.file_of(folder, service))


def _about(note: Note) -> str:
    """Its identities, and which roles were taken (-) and given (+)."""
    before, after = (_roles(note.about.get(when, ())) for when in ("before", "after"))
    named = [f"{name.removesuffix('_id')} {value}" for name, value in note.about.items() if isinstance(value, str)]
    return "  ".join(
        [*named, *(f"-{role}" for role in sorted(before - after)), *(f"+{role}" for role in sorted(after - before))]
    )


def _roles(grants: Iterable[Mapping[str, str]]) -> set[str]:
    return {f"{grant['role']} {grant['area_path']}" for grant in grants}


def _local(note: Note, zone: ZoneInfo) -> str:
    return note.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
