"""Doorstep's own place in the broker: virtual host, policy, the services' users, exchanges, queues. Repeatable."""

import amqp

from services.chassis import broker, topology
from services.chassis.context import Context
from services.chassis.prepare import prepare_broker
from services.cli.broker_users import broker_urls, make_broker_users, missing_user
from services.cli.management import Management
from services.cli.unsettled import remove_unsettled
from services.contracts.queues import POLICY, POLICY_NAME
from services.contracts.topology import queues


def missing(context: Context, management: Management) -> str | None:
    """What is not there, first of all the virtual host; None: nothing. Raises ManagementError, OSError, AMQPError
    without a broker."""
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
    return missing_user(management, broker_urls())


def fill(context: Context, management: Management | None) -> None:
    """Have all of it there, last of all the marker that others wait for. Without the management only what can be
    declared. Raises ManagementError, OSError, AMQPError."""
    if management is not None:
        management.put_vhost()
        remove_unsettled(management, queues())
        policy = {"pattern": ".*", "apply-to": "queues", "priority": 0, "definition": dict(POLICY)}
        management.put_policy(POLICY_NAME, policy)
        make_broker_users(management, broker_urls())
    prepare_broker(context.settings.amqp_url, context.settings.broker_settling_seconds)
