"""`doorstep native …`: Doorstep on this machine without containers. `make up`, `down`, `status`, `logs` call these."""

import subprocess
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import click

from services.cli.native.addresses import choose_ports
from services.cli.native.chosen import choose_settings
from services.cli.native.layout import Layout, find_layout
from services.cli.native.lifecycle import bring_up, take_down
from services.cli.native.modes import MODES
from services.cli.native.parts import Installation
from services.cli.native.programs import NotReady
from services.cli.native.screens import reachable, status_table, welcome
from services.cli.native.supervise import Control

P = ParamSpec("P")
_EXIT_UNHEALTHY = 1


def _saying_why(command: Callable[P, None]) -> Callable[P, None]:
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except NotReady as error:
            click.echo(f"doorstep: {error}", err=True)
            sys.exit(_EXIT_UNHEALTHY)

    return run


@click.group()
def native() -> None:
    """Run Doorstep on this machine, without containers."""


@native.command()
@click.option("--demo", is_flag=True, help="With databases, virtual host and mail server of the demonstration.")
@_saying_why
def up(demo: bool) -> None:
    """Start everything; return when all is healthy, or say what is not and why.

    Ports are chosen by DOORSTEP_EDGE_PORT, DOORSTEP_MONGOD_PORT and so on; the data folder by DOORSTEP_DATA.
    """
    layout = find_layout()
    with layout.locked():
        mode = MODES["demo" if demo else "live"]
        ports, settings = choose_ports(layout.ports_file), choose_settings(layout.settings_file)
        installation = Installation(layout, ports, settings, mode)
        bring_up(installation, click.echo)
        parts = installation.parts()
        table, healthy = status_table(parts, reachable(Control(layout.socket)))
    click.echo(f"{table}\n\n{welcome(installation)}")
    if not healthy:
        sys.exit(_EXIT_UNHEALTHY)


@native.command()
@_saying_why
def down() -> None:
    """Stop everything that `up` started."""
    layout = find_layout()
    with layout.locked():
        ran = take_down(layout, click.echo)
    click.echo("Doorstep is down; its data stay in the data folder." if ran else "Doorstep was not running.")


@native.command()
@_saying_why
def status() -> None:
    """Show each part, and end with 1 unless all are healthy."""
    layout = find_layout()
    states = reachable(Control(layout.socket))
    if not states:
        click.echo("Doorstep is not running: `make up` starts it.")
        sys.exit(_EXIT_UNHEALTHY)
    table, healthy = status_table(_installed(layout).parts(), states)
    click.echo(table)
    if not healthy:
        sys.exit(_EXIT_UNHEALTHY)


@native.command()
@click.option("-s", "--service", default="", help="Only logs whose name begins so: tickets, tickets-worker, rabbitmq.")
@click.option("-n", "--lines", default=40, show_default=True, help="Lines of each log.")
@click.option("-f", "--follow", is_flag=True, help="Go on until Ctrl-C.")
@_saying_why
def logs(service: str, lines: int, follow: bool) -> None:
    """Show the end of the logs."""
    found = sorted(str(path) for path in find_layout().logs.glob(f"{service}*.log"))
    if not found:
        raise NotReady(f"there is no log whose name begins with {service!r}")
    sys.stdout.flush()
    try:
        subprocess.run(["/usr/bin/tail", "-n", str(lines), *(["-F"] if follow else []), *found], check=False)
    except KeyboardInterrupt:
        click.echo()


@native.command()
@click.argument("name", required=False)
@_saying_why
def address(name: str | None) -> None:
    """Print the URL of a part (default: the edge), for scripts."""
    ports = choose_ports(find_layout().ports_file)
    if (name or "edge") not in ports:
        raise NotReady(f"there is no part {name!r}; choose one of {', '.join(sorted(ports))}")
    click.echo(f"http://127.0.0.1:{ports[name or 'edge']}")


def _installed(layout: Layout) -> Installation:
    """The installation as it was last brought up; what the environment chooses is for the next `up`."""
    mode = MODES[layout.mode_file.read_text() if layout.mode_file.exists() else "live"]
    return Installation(layout, choose_ports(layout.ports_file, {}), choose_settings(layout.settings_file, {}), mode)
