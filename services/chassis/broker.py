"""Connections to RabbitMQ that cannot hang: heartbeats, time-outs for every read and write."""

import contextlib
import socket
from typing import Any

from amqp import serialization, spec
from kombu.connection import Connection

HEARTBEAT_SECONDS = 30
TIMEOUT_SECONDS = 10.0
UNREADABLE = "doorstep-unreadable"
"""Header under which the raw properties of a message stand that the AMQP library cannot read."""
_READ_AHEAD_BYTES = 16_384


def connect(url: str, name: str) -> Any:
    """An open connection with `name` shown in the broker's management. Raises OSError when there is no broker.

    It is py-amqp's own connection: kombu's wrapper would connect anew behind our back, without our channels.
    """
    wrapper = Connection(
        url,
        heartbeat=HEARTBEAT_SECONDS,
        connect_timeout=TIMEOUT_SECONDS,
        transport_options={"client_properties": {"connection_name": name}},
    )
    # One try: kombu's own connect() makes two, and our loops and probes know better when to try again.
    connection = wrapper.transport.establish_connection()
    # py-amqp's read_timeout and write_timeout are socket options, which say nothing to eventlet's sockets.
    connection.transport.sock.settimeout(TIMEOUT_SECONDS)
    # py-amqp has the kernel end a connection whose other end reads nothing for one second: a busy broker may do that.
    connection.transport.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 0)
    _read_ahead(connection.transport)
    return connection


def _read_ahead(transport: Any) -> None:
    """Take from the socket what is there. py-amqp asks it for each part of each frame, nine times for one message; what
    it gets beyond that it keeps in its buffer, as it does with TLS anyway."""
    receive = transport._quick_recv
    transport._quick_recv = lambda wanted: receive(max(wanted, _READ_AHEAD_BYTES))


def drop(connection: Any) -> None:
    """Close the socket without a word to the broker: it takes back at once what was not acknowledged."""
    if connection is not None:
        with contextlib.suppress(Exception):
            connection.collect()


def _read_properties(buffer: Any, offset: int) -> tuple[dict[str, Any], int]:
    """A message's properties. One that py-amqp cannot read would end the connection again at each delivery."""
    try:
        properties, end = serialization.decode_properties_basic(buffer, offset)
    except Exception:
        return {"application_headers": {UNREADABLE: bytes(buffer[offset:]).hex()}}, len(buffer)
    return properties, end


serialization.PROPERTY_CLASSES[spec.Basic.CLASS_ID] = _read_properties
