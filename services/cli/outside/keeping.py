"""Seeing to it that every outside consumer has what it was given, and remembering which queues it made of it."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from services.chassis.context import Context
from services.chassis.observability import log_failure
from services.cli.management import Management, ManagementError
from services.cli.outside.former import remove_former
from services.cli.outside.installed import (
    Register,
    admit,
    expel,
    home_of,
    is_connected,
    is_home_whole,
    rekey,
)
from services.cli.outside.remembered import HomeQueue, TooMany, read_queues, remove_unbounded, restore
from services.cli.outside.rights import Outsider

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Kept:
    """What was found and done."""

    admitted: list[str] = field(default_factory=list)
    """To whom was given what was missing, or, if asked to be thorough, everything."""
    failed: dict[str, str] = field(default_factory=dict)
    """Whose place could not be made, and why. The others have theirs."""


def keep_all(context: Context, management: Callable[[], Management], *, thorough: bool) -> Kept:
    """Remember the queues of those who are whole; give the others back what is missing, with the queues and the
    passwords that they had. `thorough`: give everybody everything, as after an upgrade. Repeatable. The exchanges to
    which their gates are bound are there already.

    Raises ManagementError, OSError, AMQPError where the broker is away.
    """
    register, kept = Register(context), Kept()
    registered = list(register.all())
    if not registered:
        return kept
    broker = management()
    for outsider, password_hash, _ in registered:
        try:
            home_whole = is_home_whole(broker, outsider)
            if home_whole:
                _remember(register, broker, outsider)
            if home_whole and is_connected(broker, outsider) and not thorough:
                continue
            queues = [] if home_whole else register.queues(outsider.name)
            _give(broker, outsider, password_hash, context.settings.broker_settling_seconds, queues)
            _as_registered_now(register, broker, outsider, password_hash)
            kept.admitted.append(outsider.name)
        except ManagementError as error:
            kept.failed[outsider.name] = str(error)
    return kept


def _give(
    broker: Management, outsider: Outsider, password_hash: str, settling_seconds: float, queues: Sequence[HomeQueue]
) -> None:
    if gone := remove_former(broker, outsider):
        log.warning("queues in the place where outside consumers had them before", extra={"removed": gone})
    if refused := admit(broker, outsider, password_hash, settling_seconds, queues):
        log.error("the broker refuses queues that an outside consumer had", extra={"queues": refused})


def _as_registered_now(register: Register, broker: Management, outsider: Outsider, password_hash: str) -> None:
    """Meanwhile it may have been revoked, or been given another password: that holds, whoever came first."""
    now = register.password_hash(outsider.name)
    if now is None:
        expel(broker, outsider)
    elif now != password_hash:
        rekey(broker, outsider, now)


def _remember(register: Register, broker: Management, outsider: Outsider) -> None:
    home = home_of(broker, outsider)
    if removed := remove_unbounded(home, outsider):
        told = {"consumer": outsider.name, "count": len(removed), "names": removed[:10]}
        log.warning("what an outside consumer may not have was removed: see docs/consumers.md", extra=told)
    try:
        register.remember(outsider.name, read_queues(home, outsider))
    except TooMany as error:
        log_failure(log, "the bindings of an outside consumer were removed", error)
        home.delete_exchange(outsider.exchange)
        home.put_exchange(outsider.exchange, "topic")
        restore(home, outsider, register.queues(outsider.name))
