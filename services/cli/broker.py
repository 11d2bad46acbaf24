"""`doorstep broker`: what has to be looked after in RabbitMQ while everything runs."""

import logging
import signal
import threading
from pathlib import Path

import click
from amqp import AMQPError
from pymongo.errors import PyMongoError

from services.chassis.context import Context
from services.chassis.observability import configure_logging, log_failure
from services.cli.installation import context_of
from services.cli.management import ManagementError
from services.cli.outside.keeping import keep_all
from services.cli.outside.settings import management_of
from services.cli.refusals import explained

log = logging.getLogger(__name__)


@click.group("broker")
def broker() -> None:
    """The broker."""


@broker.command()
@click.option("--every", type=click.FloatRange(0.1), default=15.0, show_default=True, metavar="SECONDS",
              help="Look again after so long.")  # fmt: skip
@click.option("--once", is_flag=True, help="Look once, then end.")
@click.option("--pulse", type=click.Path(dir_okay=False, path_type=Path),
              help="Touch this file after each look, for whoever asks whether it still looks.")  # fmt: skip
@explained()
def keep(every: float, once: bool, pulse: Path | None) -> None:
    """Give outside consumers back what the broker has lost, and remember which queues they have.

    Runs until it is told to end. While the broker or the database is away it waits.
    """
    context, over = context_of("metrics"), threading.Event()
    configure_logging("broker", "keeper", context.settings.log_level)
    logging.getLogger("httpx").setLevel(logging.WARNING)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    while True:
        _look(context)
        if pulse is not None:
            pulse.touch()
        if once or over.wait(every):
            return


def _look(context: Context) -> None:
    try:
        kept = keep_all(context, lambda: management_of(context), thorough=False)
    except (ManagementError, PyMongoError, OSError, AMQPError) as error:
        log_failure(log, "the broker could not be looked after", error)
        return
    if kept.admitted:
        log.warning("outside consumers had lost their place and have it again", extra={"consumers": kept.admitted})
    for name in kept.failed:
        log.error("an outside consumer could not be given its place", extra={"consumer": name})
