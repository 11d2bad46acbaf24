"""Ports of a native installation: chosen, remembered, and refused when somebody else holds them."""

import os
import socket
from pathlib import Path

import pytest

from services.cli.native.addresses import DEFAULTS, choose_ports, refuse_taken, remember_ports
from services.cli.native.ports import LOOPBACK
from services.cli.native.programs import NotReady


def test_no_two_parts_share_a_port_by_default() -> None:
    assert len(set(DEFAULTS.values())) == len(DEFAULTS)


def test_a_port_chosen_once_is_remembered(tmp_path: Path) -> None:
    remembered = tmp_path / "ports.json"
    remember_ports(remembered, choose_ports(remembered, {"DOORSTEP_EDGE_PORT": "9000"}))
    assert choose_ports(remembered, {})["edge"] == 9000
    assert choose_ports(remembered, {"DOORSTEP_EDGE_PORT": "9001"})["edge"] == 9001


@pytest.mark.parametrize("text", ["", "http", "0", "65536", "-1", "8080.0", "٨٠٨٠"])
def test_what_is_no_port_is_refused_with_the_name_of_the_setting(tmp_path: Path, text: str) -> None:
    with pytest.raises(NotReady, match="DOORSTEP_EDGE_PORT"):
        choose_ports(tmp_path / "ports.json", {"DOORSTEP_EDGE_PORT": text})


def test_two_parts_on_one_port_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match=r"would share a port: .*edge \(8190\).*prometheus \(8190\)"):
        choose_ports(tmp_path / "ports.json", {"DOORSTEP_EDGE_PORT": "8190"})


def test_a_taken_port_is_refused_with_its_holder_and_what_to_do() -> None:
    with socket.socket() as listener:
        listener.bind((LOOPBACK, 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(NotReady) as refused:
            refuse_taken({"edge": port})
    assert f"port {port} (for edge)" in str(refused.value)
    assert f"(pid {os.getpid()})" in str(refused.value)
    assert "DOORSTEP_EDGE_PORT=… make up" in str(refused.value)
