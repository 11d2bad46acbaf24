"""Who may do what in the broker: a user for each service, beside the administrator of `prepare`, keeper and operators.

A service publishes on its own exchanges and reads its own queues. It declares, binds and deletes nothing, and puts
nothing straight into a queue. Looking passively whether something is there needs no right. Why so: ADR 21.
"""

import re
from collections.abc import Iterable, Mapping

from services.contracts.topology import exchanges_of, queues_of

Rights = Mapping[str, str]
"""Regular expressions of names, as RabbitMQ takes them."""


def broker_rights_of(service: str) -> Rights:
    """What the user of a service may do in Doorstep's virtual host."""
    return {"configure": "^$", "write": _exactly(exchanges_of(service)), "read": _exactly(queues_of(service))}


def broker_setting_of(service: str) -> str:
    """Where a process of a service finds its connection string; the administrator's is the plain `AMQP_URL`."""
    return f"AMQP_URL_{service.upper()}"


def _exactly(names: Iterable[str]) -> str:
    return f"^({'|'.join(map(re.escape, names))})$" if names else "^$"
