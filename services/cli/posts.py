"""`doorstep posts`: duty posts from a file, listed, and checked for vacancies."""

import sys
from collections.abc import Iterator
from typing import IO

import click

from services.cli.installation import context_of
from services.cli.refusals import EXIT_REFUSED, explained
from services.tickets.domain.places import AREA_LEVELS, Place
from services.tickets.domain.posts import DUTIES, Post
from services.tickets.files.operators import FileRefused
from services.tickets.files.posts import load_posts_file, posts_as_yaml
from services.tickets.handlers.posts import vacancies as vacancies_of
from services.tickets.problems import PROBLEMS
from services.tickets.storage import Tickets

_BATCH = 200


@click.group()
def posts() -> None:
    """Duty posts (四定四包): who holds them, and which are vacant."""


@posts.command()
@click.argument("file", type=click.File("rb"))
@click.option("--dry-run", is_flag=True, help="List what would change, change nothing.")
@explained(PROBLEMS)
def load(file: IO[bytes], dry_run: bool) -> None:
    """Load posts from a YAML file (- is standard input): `posts:`, a list with place, code, name, duty (contact, serve,
    maintain, activities) and, if wanted, level, period and holders (person ids, the main holder first).

    Loading it again changes nothing; posts that the file lacks are left as they are.
    """
    try:
        changes, unchanged = load_posts_file(context_of("tickets").units, file.read(), dry_run=dry_run)
    except FileRefused as refused:
        for error in refused.errors:
            click.echo(f"{file.name}:{error.line}: {error.field}: {error.en} {error.zh}", err=True)
        click.echo(f"{len(refused.errors)} errors; nothing was changed.", err=True)
        sys.exit(EXIT_REFUSED)
    for change in changes:
        click.echo(f"{'new    ' if change.before is None else 'changed'}  {change.after.id}  {change.after.name}")
    new = sum(change.before is None for change in changes)
    words = "would be " if dry_run else ""
    click.echo(f"{words}new: {new}, changed: {len(changes) - new}, unchanged: {unchanged}")


@posts.command("list")
@click.option("--under", default="/", show_default=True, metavar="AREA", help="An area path: /county/street/.")
@explained(PROBLEMS)
def list_posts(under: str) -> None:
    """Print the posts beneath an area, with their holders."""
    for post in _posts(under):
        click.echo(f"{post.id}  {DUTIES[post.duty][0]}  {post.name}  {' '.join(post.holders) or '-'}")


@posts.command()
@click.option("--under", default="/", show_default=True, metavar="AREA", help="An area path: /county/street/.")
@explained(PROBLEMS)
def export(under: str) -> None:
    """Write the posts beneath an area as a file that `posts load` takes: to edit it, or to bring it elsewhere."""
    click.echo(posts_as_yaml(_posts(under)), nl=False)


@posts.command()
@click.option("--under", default="/", show_default=True, metavar="AREA", help="An area path: /county/street/.")
@explained(PROBLEMS)
def vacancies(under: str) -> None:
    """Print what each station or grid lacks of the four duties, and posts that nobody serves now."""
    store = Tickets(context_of("tickets").units.read())
    for places in _places(store, under):
        for one in vacancies_of(store, places):
            if one.lacks:
                click.echo(f"{one.place.id}  lacks {', '.join(one.lacks)}")
            for post, unfit in one.vacant:
                why = ", ".join(f"{who.person_id} {who.why}" for who in unfit) or "no holder"
                click.echo(f"{post.id}  vacant: {why}")


def _posts(under: str) -> Iterator[Post]:
    store, after = Tickets(context_of("tickets").units.read()), None
    while found := store.find_posts([under], after, _BATCH):
        yield from found
        after = found[-1].id


def _places(store: Tickets, under: str) -> Iterator[list[Place]]:
    after = None
    while found := store.find_places((*AREA_LEVELS, "station"), under, after, _BATCH):
        yield found
        after = found[-1].id
