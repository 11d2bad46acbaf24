"""`doorstep broker`: what has to be looked after in RabbitMQ while everything runs."""

import logging
import signal
import threading
import time
from pathlib import Path

import click
from amqp import AMQPError
from pymongo.errors import PyMongoError

from services.chassis.config import KEEPER
from services.chassis.context import Context
from services.chassis.observability import configure_logging, log_failure
from services.cli.broker_place import fill, missing
from services.cli.installation import context_of
from services.cli.management import Management, ManagementError
from services.cli.outside.keeping import keep_all
from services.cli.outside.settings import management_of
from services.cli.refusals import explained

log = logging.getLogger(__name__)
OWN_SECONDS = 3.0
"""How often it looks whether our own exchanges and queues are there: meanwhile nobody publishes."""


@click.group("broker")
def broker() -> None:
    """The broker."""


@broker.command()
@click.option("--every", type=click.FloatRange(0.1), default=15.0, show_default=True, metavar="SECONDS",
              help="Look after outside consumers so often; after our own queues every few seconds.")  # fmt: skip
@click.option("--once", is_flag=True, help="Look once, then end.")
@click.option("--pulse", type=click.Path(dir_okay=False, path_type=Path),
              help="Touch this file after each look, for whoever asks whether it still looks.")  # fmt: skip
@explained()
def keep(every: float, once: bool, pulse: Path | None) -> None:
    """Declare again what the broker has lost, give outside consumers back what they had, and remember which queues they
    have.

    Until it has declared everything, relays and consumers wait. Runs until it is told to end. While the broker or the
    database is away it waits.
    """
    context, over = context_of("metrics", KEEPER), threading.Event()
    configure_logging("broker", "keeper", context.settings.log_level)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    due, management = time.monotonic(), management_of(context)
    while True:
        try:
            if _keep_own(context, management) or time.monotonic() >= due:
                due = time.monotonic() + every
                _keep_outside(context, management)
        except (ManagementError, PyMongoError, OSError, AMQPError) as error:
            log_failure(log, "the broker could not be looked after", error)
        if pulse is not None:
            pulse.touch()
        if once or over.wait(min(every, OWN_SECONDS)):
            return


def _keep_own(context: Context, management: Management) -> bool:
    """Whether something of ours was missing; now it is there again."""
    lost = missing(context, management)
    if lost is not None:
        fill(context, management)
        log.warning("the broker had lost something of ours, and all is declared again", extra={"missing": lost})
    return lost is not None


def _keep_outside(context: Context, management: Management) -> None:
    kept = keep_all(context, lambda: management, thorough=False)
    if kept.admitted:
        log.warning("outside consumers had lost their place and have it again", extra={"consumers": kept.admitted})
    for name in kept.failed:
        log.error("an outside consumer could not be given its place", extra={"consumer": name})
