"""Every demonstration begins with a fresh day: empty databases and queues of its own, business time a day back.

Only what carries the demonstration's own prefix is thrown away, and only while its services are stopped: a process
that has seen business time never lets it run backwards.
"""

import os
from datetime import datetime
from pathlib import Path

from services.chassis import mongo
from services.chassis.clock import BusinessClock
from services.chassis.directory import SERVICES
from services.cli.native.addresses import choose_ports
from services.cli.native.chosen import choose_settings
from services.cli.native.layout import Layout
from services.cli.native.lifecycle import Say, bring_up
from services.cli.native.modes import MODES
from services.cli.native.parts import SERVING, Installation
from services.cli.native.programs import NotReady
from services.cli.native.rabbit import RabbitNode
from services.cli.native.supervise import Control

DEMO = MODES["demo"]
_STOP_SECONDS = 60


def demo_installation(layout: Layout) -> Installation:
    """The installation in the demonstration's mode. Raises NotReady when that is not what runs."""
    mode = layout.mode_file.read_text() if layout.mode_file.exists() else None
    if mode != DEMO.name or not Control(layout.socket).answers():
        raise NotReady("Doorstep does not run as a demonstration: `make demo` and `make replay` start it")
    return Installation(layout, choose_ports(layout.ports_file, {}), choose_settings(layout.settings_file, {}), DEMO)


def use_settings_of(installation: Installation) -> None:
    """From here on this process reads the demonstration's settings, whatever the environment said before."""
    for name, value in installation.settings.items():
        os.environ.pop(name.removesuffix("_FILE"), None)
        os.environ[name] = value


def begin(installation: Installation, start: datetime, say: Say) -> None:
    """Throw the last demonstration away and start its services at business time `start`, at rest."""
    control = Control(installation.layout.socket)
    control.stop([part.name for part in installation.parts() if part.stage == SERVING], _STOP_SECONDS)
    empty(installation.rabbit, installation.mongo.url, start)
    for mail in mail_folder(installation).glob("*"):
        mail.unlink()
    bring_up(installation, say)


def empty(rabbit: RabbitNode, mongo_url: str, start: datetime) -> None:
    """Fresh queues and databases, business time at `start`; nothing but what carries the demonstration's prefix."""
    rabbit.remove_vhost(DEMO.prefix)
    rabbit.add_vhost(DEMO.prefix)
    with mongo.connect(mongo_url, "doorstep-demo") as client:
        for service in (*SERVICES, "shared"):
            client.drop_database(f"{DEMO.prefix}_{service}")
        BusinessClock(mongo.shared_database(client, DEMO.prefix)["clock"]).step(start)


def mail_folder(installation: Installation) -> Path:
    """Where the demonstration's mail server puts each mail as a file."""
    return installation.layout.data / "mail" / "new"
