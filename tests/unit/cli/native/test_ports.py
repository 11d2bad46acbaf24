"""Which ports are free, and who holds a taken one."""

import os
import socket

from services.cli.native.ports import LOOPBACK, free_port, holder_of, is_free


def test_a_port_that_somebody_listens_on_is_taken_and_its_holder_is_named() -> None:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert not is_free(port)
        assert holder_of(port).pid == os.getpid()


def test_free_ports_are_free_and_handed_out_once() -> None:
    ports = [free_port() for _ in range(20)]
    assert len(set(ports)) == 20
    assert all(is_free(port) for port in ports)
