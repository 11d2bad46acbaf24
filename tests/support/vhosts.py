"""Virtual hosts that tests have left, to be used again: declaring and deleting queues is most of what they cost."""

import contextlib
import json
from collections import deque
from functools import cache
from itertools import chain
from typing import Any
from urllib.parse import quote

import amqp

from services.chassis import broker
from services.cli.native.rabbit import RabbitNode
from services.contracts import topology

_LEFT_AT_LEAST = 2


class Vhosts:
    """Those with just what `prepare_broker` declares are emptied and used again; all others are removed."""

    def __init__(self, rabbit: RabbitNode) -> None:
        self._rabbit = rabbit
        self._declared: list[str] = []
        self._left = deque[str]()

    def learn(self, vhost: str) -> None:
        """What the first one that was prepared has is what all of them have."""
        self._declared = self._declared or self._standing_in(vhost)

    def take(self) -> str | None:
        """One in which all is declared and nothing lies, or None. That which was left longest ago: what the broker
        still did for a killed process is over."""
        while len(self._left) >= _LEFT_AT_LEAST:
            vhost = self._left.popleft()
            if self._empty(vhost):
                return vhost
            self._rabbit.remove_vhost(vhost)
        return None

    def give_back(self, vhost: str, *, to_be_used_again: bool) -> None:
        if to_be_used_again and self._declared and self._standing_in(vhost) == self._declared:
            self._left.append(vhost)
        else:
            self._rabbit.remove_vhost(vhost)  # and the homes of its outside consumers

    def _standing_in(self, vhost: str) -> list[str]:
        """Everything that is defined in it, and who may do what; nothing where it is gone, or has outside consumers."""
        name = quote(vhost, safe="")
        if any(other.startswith(f"{vhost}.outside.") for other in self._rabbit.vhosts()):
            return []
        rows: list[dict[str, Any]] = []
        for path in (f"definitions/{name}", f"vhosts/{name}/permissions"):
            answer = self._rabbit._request("GET", path)
            if answer.is_error:
                return []
            said = answer.json()
            lists = [said] if isinstance(said, list) else [part for part in said.values() if isinstance(part, list)]
            rows += chain.from_iterable(lists)
        return sorted(json.dumps({**row, "vhost": None}, sort_keys=True) for row in rows)

    def _empty(self, vhost: str) -> bool:
        """False where somebody still consumes, or a queue does not answer."""
        with contextlib.closing(broker.connect(self._rabbit.url(vhost), "emptying")) as connection:
            channel = connection.channel()
            try:
                for queue in topology.queues():
                    if channel.queue_declare(queue, passive=True).consumer_count:
                        return False
                    channel.queue_purge(queue)
            except amqp.AMQPError:
                return False
        return True


@cache
def vhosts_of(rabbit: RabbitNode) -> Vhosts:
    return Vhosts(rabbit)
