"""`doorstep parked`: look at, try again or throw away what the consumers put aside for a person."""

import json
import sys
from typing import Any

import click

from services.chassis import deferred
from services.chassis.clock import system_now
from services.chassis.context import Context
from services.chassis.directory import SERVICES
from services.cli.installation import all_contexts, context_of
from services.contracts.queues import QUEUES

Document = dict[str, Any]


@click.group()
def parked() -> None:
    """Messages that could not be applied."""


def _rows(context: Context, state: str | None) -> list[Document]:
    query = {"state": state} if state else {}
    hidden = {"body": 0, "headers": 0}
    return list(context.db[deferred.COLLECTION].find(query, hidden).sort("first_at", 1))


@parked.command("list")
@click.option("--waiting", is_flag=True, help="Also what will still be tried again by itself.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def list_parked(waiting: bool, as_json: bool) -> None:
    """List parked messages of every service."""
    count = 0
    for context in all_contexts().values():
        for row in _rows(context, None if waiting else "parked"):
            count += 1
            shown = {"key": row["_id"], "state": row["state"], "type": row["type"], "reason": row["reason"],
                     "attempts": row["attempts"], "first_at": row["first_at"].isoformat()}  # fmt: skip
            click.echo(json.dumps(shown) if as_json else "  ".join(str(value) for value in shown.values()))
    if not as_json:
        click.echo(f"{count} message(s)")


def _context_of_key(key: str) -> Context:
    queue = key.partition("|")[0]
    service = QUEUES[queue].consumer if queue in QUEUES else queue.partition(".")[0]
    if service not in SERVICES:
        raise click.BadParameter(f"no service consumes {queue!r}; take a key from `doorstep parked list`")
    return context_of(service)


@parked.command()
@click.argument("key")
@click.option("--body", is_flag=True, help="Also unseal and print headers and body. They may hold personal data.")
def show(key: str, body: bool) -> None:
    """Show one message."""
    context = _context_of_key(key)
    row = context.db[deferred.COLLECTION].find_one({"_id": key})
    if row is None:
        _missing(key)
        return
    shown = {name: value for name, value in row.items() if name not in ("headers", "body")}
    if body:
        shown["headers"] = json.loads(context.sealer.unseal_bytes(row["headers"]))
        shown["body"] = context.sealer.unseal_bytes(row["body"]).decode("utf-8", "replace")
    click.echo(json.dumps(shown, indent=2, ensure_ascii=False, default=str))


@parked.command()
@click.argument("keys", nargs=-1, required=True)
def replay(keys: tuple[str, ...]) -> None:
    """Have parked messages tried again, with the same identity."""
    for key in keys:
        if not deferred.release(_context_of_key(key).db, key, system_now()):
            _missing(key)
        click.echo(f"{key}: will be tried again")


@parked.command()
@click.argument("keys", nargs=-1, required=True)
@click.option("--dry-run", is_flag=True, help="Say what would be thrown away, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def discard(keys: tuple[str, ...], dry_run: bool, yes: bool) -> None:
    """Throw parked messages away for good."""
    if not dry_run and not yes:
        click.confirm("Throw these messages away for good?", abort=True)
    for key in keys:
        context = _context_of_key(key)
        if dry_run:
            found = context.db[deferred.COLLECTION].find_one({"_id": key, "state": "parked"}) is not None
        else:
            found = deferred.discard(context.db, key)
        if not found:
            _missing(key)
        click.echo(f"{key}: {'would be ' if dry_run else ''}discarded")


def _missing(key: str) -> None:
    click.echo(f"doorstep: no parked message {key!r}", err=True)
    sys.exit(1)
