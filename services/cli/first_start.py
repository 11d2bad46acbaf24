"""What `doorstep prepare --first-start` does before everything else: wait for database and broker, give the database
its replica set and user. In containers nobody else does; natively `make up` does it while it starts mongod.
"""

import time
from collections.abc import Callable
from datetime import timedelta

import amqp

from services.chassis import broker, outbox
from services.chassis.clock import system_now
from services.chassis.context import Context
from services.cli.refusals import refuse
from services.cli.replica_set import WrongPassword, first_member

PATIENCE_SECONDS = 120.0
_BETWEEN_SECONDS = 0.5

_CHANGED = (
    "{what} was set up with another password than secrets/{file} has. Put the old secrets back; "
    "docs/operations.md, \"Keys\", tells how a password is changed."
)  # fmt: skip


def make_ready(mongo_url: str, amqp_url: str) -> None:
    """Returns when both answer our user. Ends the command with a message where waiting would not help."""
    member = first_member(mongo_url)
    try:
        _wait(member.is_ready, "MongoDB")
    except WrongPassword:
        refuse(_CHANGED.format(what="The database", file="mongo_url_admin"))
    _wait(lambda: _broker_answers(amqp_url), "RabbitMQ")


def begin_demonstration(context: Context, hours: float) -> None:
    """Stop business time `hours` ago, once and only where nothing has happened yet."""
    if context.clock.is_stored():
        return
    if context.db[outbox.COLLECTION].find_one() is not None:
        refuse("this installation has a history on real time and cannot become a demonstration")
    context.clock.step(system_now() - timedelta(hours=hours))


def _broker_answers(url: str) -> bool:
    try:
        broker.connect(url, "prepare").close()
        return True
    except amqp.AccessRefused:
        refuse(_CHANGED.format(what="The broker", file="amqp_url"))
    except (OSError, amqp.AMQPError):
        return False


def _wait(ready: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            refuse(f"{what} has not become ready within {PATIENCE_SECONDS:g} s; its log says why")
        time.sleep(_BETWEEN_SECONDS)
