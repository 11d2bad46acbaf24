"""`doorstep consumer`: let a program of somebody else get events over AMQP, and take that back."""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import quote, urlsplit

import click
from amqp import AMQPError

from services.chassis import outbox
from services.chassis.context import Context
from services.chassis.journal import note
from services.chassis.replay import query_of, replay_to_exchange
from services.cli.installation import context_of
from services.cli.management import Management, ManagementError, hash_password
from services.cli.moments import MOMENT, local
from services.cli.outside import guide
from services.cli.outside.installed import AlreadyThere, Register, admit, expel, home_of, queues_of, rekey
from services.cli.outside.repairing import beneath, types_from
from services.cli.outside.rights import MOST_QUEUES, NAME, Outsider, expand
from services.cli.outside.settings import load_outside_settings, management_of
from services.cli.refusals import EXIT_UNAVAILABLE, explained, refuse
from services.contracts.areas import place_id_of
from services.contracts.registry import PUBLISHERS
from services.tickets.storage import Tickets

_MEGABYTE = 1_000_000
_AREA = re.compile(r"/([^/\s]+/)+")
LOCKED_OUT = "consumer-locked-out"
"""In the journal: the password that a consumer had until then opens no more."""


@click.group("consumer")
def consumer() -> None:
    """Programs of others that get events over AMQP."""


@consumer.command()
@click.argument("name")
@click.option("--types", required=True, help="Event types, separated by commas; ticket.* means all of tickets.")
@click.option("--area", help="Only events beneath this area: /hequ/qingxi/. Without it: of everywhere.")
@click.option("--max-megabytes", type=click.IntRange(1, 10_000), default=200, show_default=True,
              help="What each of its queues may hold; beyond, the oldest events are dropped.")  # fmt: skip
@click.option("--queues", type=click.IntRange(1, 200), default=MOST_QUEUES, show_default=True, help="It may have.")
@click.option("--connections", type=click.IntRange(1, 100), default=5, show_default=True, help="At the same time.")
@click.option("--dry-run", is_flag=True, help="Say what it would get, change nothing.")
@explained()
def add(
    name: str, types: str, area: str | None, max_megabytes: int, queues: int, connections: int, dry_run: bool
) -> None:
    """Give NAME a virtual host of its own on the broker, and a user that gets these events there.

    The password is shown this once. Nothing is received before the program has bound a queue of its own; what was
    published earlier comes by `doorstep consumer replay`.
    """
    outsider = Outsider(_name(name), _types(types), _area(area), max_megabytes * _MEGABYTE, connections, queues)
    context = context_of("tickets")
    register = Register(context)
    if register.find(name) is not None:
        refuse(f"there is a consumer {name} already; `doorstep consumer revoke {name}` takes it away")
    if outsider.area is not None and not _is_place(context, outsider.area):
        refuse(f"there is no place {outsider.area}: `doorstep places export` shows those that are loaded")
    if dry_run:
        click.echo(f"would let {name} get {', '.join(outsider.types)} of {outsider.area or 'everywhere'}")
        click.echo(f"it could hold up to {max_megabytes * (queues + 1)} MB on the broker's disk")
        return
    authority = load_outside_settings().authority()  # before anything is made, since it may be unreadable
    password = secrets.token_urlsafe(24)
    digest = hash_password(password)
    management = management_of(context)
    with _broker_explained():
        admit(management, outsider, digest, context.settings.broker_settling_seconds)
    try:
        register.add(outsider, digest)
    except AlreadyThere:
        refuse(f"somebody else has just added a consumer {name}: `doorstep consumer rotate {name}` gives it a password")
    click.echo(guide.text(outsider, _url(context, outsider, password), authority))


@consumer.command()
@click.argument("name")
@explained()
def rotate(name: str) -> None:
    """Give NAME a new password, shown this once, and close what is connected with the old one."""
    context, outsider = _found(name)
    password = secrets.token_urlsafe(24)
    digest = hash_password(password)
    context.units.run(lambda unit: note(unit, LOCKED_OUT, consumer=name))
    Register(context).change_password(name, digest)
    with _broker_explained():
        closed = rekey(management_of(context), outsider, digest)
    click.echo(f"the old password no longer opens anything; {closed} connections were closed")
    click.echo(_url(context, outsider, password))


@consumer.command()
@click.argument("name")
@click.option("--dry-run", is_flag=True, help="Say what would be deleted, change nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@explained()
def revoke(name: str, dry_run: bool, yes: bool) -> None:
    """Take everything from NAME: its user, its connections, its queues and what waits in them."""
    context, outsider = _found(name)
    register = Register(context)
    with _broker_explained():
        management = management_of(context)
        waiting = {row["name"]: int(row.get("messages", 0)) for row in queues_of(management, outsider)}
        for queue, messages in waiting.items():
            click.echo(f"{queue}: {messages} messages")
        if dry_run:
            return
        if not yes:
            click.confirm(f"Delete {name}'s user and these {len(waiting)} queues for good?", abort=True)
        context.units.run(lambda unit: note(unit, LOCKED_OUT, consumer=name))
        register.begin_revoking(name)
        expel(management, outsider)
    register.remove(name)
    click.echo(f"{name} is gone")


def lock_out(name: str) -> bool:
    """Let no password of this consumer open anything until it is rotated. Returns whether there is such a consumer."""
    context = context_of("tickets")
    outsider = Register(context).find(name)
    if outsider is None:
        return False
    digest = hash_password(secrets.token_urlsafe(24))
    Register(context).change_password(name, digest)
    with _broker_explained():
        rekey(management_of(context), outsider, digest)
    return True


@consumer.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@explained()
def list_consumers(as_json: bool) -> None:
    """Show every consumer: what it gets, whether it is connected, what waits in its queues."""
    context = context_of("tickets")
    registered = list(Register(context).all())
    with _broker_explained():
        management = management_of(context)
        rows = [_shown(management, outsider, added_at) for outsider, _, added_at in registered]
    for shown in rows:
        click.echo(json.dumps(shown) if as_json else _line(shown))
    if not as_json:
        click.echo(f"{len(rows)} consumer(s)")


@consumer.command()
@click.argument("name")
@click.option("--from", "since", type=MOMENT, required=True, help="Recorded at or after, local time without a zone.")
@click.option("--until", type=MOMENT, help="Recorded before.")
@click.option("--dry-run", is_flag=True, help="Count, send nothing.")
@explained()
def replay(name: str, since: datetime, until: datetime | None, dry_run: bool) -> None:
    """Send what NAME may get once more to the queues that it has bound, with the header doorstep-replay."""
    context, outsider = _found(name)
    found = sent = 0
    for publisher in PUBLISHERS:
        types = types_from(outsider, publisher)
        if not types:
            continue
        log = context_of(publisher)
        query = query_of(types, local(since, log), local(until, log) if until else None) | beneath(outsider)
        total = log.db[outbox.COLLECTION].count_documents(query)
        found += total
        if dry_run or not total:
            continue
        with _broker_explained(), click.progressbar(length=total, label=f"{publisher} → {name}") as bar:
            result = replay_to_exchange(log, query, outsider.gate, bar.update, outsider.buffer)
        sent += result.sent
    if dry_run:
        click.echo(f"would resend {found} events")
        return
    click.echo(f"resent {sent} events")
    with _broker_explained():
        home = home_of(management_of(context), outsider)
        bound = {row["routing_key"] for row in home.bindings_from(outsider.exchange)}
    if unbound := [kind for kind in outsider.types if kind not in bound]:
        click.echo(f"{name} has bound no queue for {', '.join(unbound)}")


def _found(name: str) -> tuple[Context, Outsider]:
    context = context_of("tickets")
    outsider = Register(context).find(name)
    if outsider is None:
        refuse(f"there is no consumer {name}; `doorstep consumer list` shows all")
    return context, outsider


def _shown(management: Management, outsider: Outsider, added_at: datetime) -> dict[str, Any]:
    return {
        "name": outsider.name, "types": list(outsider.types), "area": outsider.area,
        "added_at": added_at.isoformat(),
        "connections": len(management.connections(outsider.user(management.vhost))),
        "queues": {row["name"]: int(row.get("messages", 0)) for row in queues_of(management, outsider)},
    }  # fmt: skip


def _name(text: str) -> str:
    if not NAME.fullmatch(text):
        raise click.BadParameter(
            "3 to 40 small letters, digits and hyphens, beginning with a letter", param_hint="NAME"
        )
    return text


def _types(text: str) -> tuple[str, ...]:
    try:
        return expand([one.strip() for one in text.split(",")])
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--types") from None


def _area(text: str | None) -> str | None:
    if text is not None and not _AREA.fullmatch(text):
        raise click.BadParameter("an area path begins and ends with a slash: /hequ/qingxi/", param_hint="--area")
    return text


def _is_place(context: Context, area: str) -> bool:
    place = Tickets(context.units.read()).place(place_id_of(area))
    return place is not None and place.area_path == area


def _url(context: Context, outsider: Outsider, password: str) -> str:
    """What the program connects to: where it is told to, else where our own services do; always its own home."""
    own = context.settings.amqp_url
    parts, vhost = urlsplit(load_outside_settings().amqp_url or own), management_of(context).vhost
    user, home = quote(outsider.user(vhost), safe=""), quote(outsider.home(vhost), safe="")
    address = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{user}:{password}@{address}", path=f"/{home}").geturl()


def _line(shown: dict[str, Any]) -> str:
    waiting = ", ".join(f"{queue} ({messages})" for queue, messages in shown["queues"].items()) or "no queue"
    where = shown["area"] or "everywhere"
    return f"{shown['name']}  {shown['connections']} connected  {where}  {','.join(shown['types'])}  {waiting}"


@contextmanager
def _broker_explained() -> Iterator[None]:
    try:
        yield
    except ManagementError as error:
        _unavailable(str(error))
    except (OSError, AMQPError) as error:
        _unavailable(f"RabbitMQ does not answer as it should ({type(error).__name__}): repeat this later")


def _unavailable(message: str) -> NoReturn:
    refuse(message, EXIT_UNAVAILABLE)
