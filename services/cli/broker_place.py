"""Doorstep's own place in the broker: virtual host, policy, exchanges, queues. Repeatable."""

from collections.abc import Callable

import amqp

from services.chassis import broker, topology
from services.chassis.context import Context
from services.chassis.prepare import prepare_broker
from services.cli.management import Management
from services.contracts.queues import POLICY, POLICY_NAME
from services.contracts.topology import queues


def missing(context: Context) -> str | None:
    """What is not there, first of all the virtual host; None: nothing. Raises OSError, AMQPError without a broker."""
    try:
        connection = broker.connect(context.settings.amqp_url, "doorstep keeper")
    except amqp.NotAllowed:
        return "its virtual host"
    try:
        topology.look(connection, queues())
    except topology.Incomplete as incomplete:
        return incomplete.missing
    finally:
        broker.drop(connection)
    return None


def fill(context: Context, management: Callable[[], Management] | None) -> None:
    """Have all of it there, last of all the marker that others wait for. Without the management only what can be
    declared. Raises ManagementError, OSError, AMQPError."""
    if management is not None:
        host = management()
        host.put_vhost()
        policy = {"pattern": ".*", "apply-to": "queues", "priority": 0, "definition": dict(POLICY)}
        host.put_policy(POLICY_NAME, policy)
    prepare_broker(context.settings.amqp_url)
