"""`doorstep`: the operators' command."""

import importlib
import sys
import warnings
from collections.abc import Sequence

import click

from services.chassis.config import SettingsError
from services.cli.environment import load_environment_file

EXIT_SETTINGS = 78
COMMANDS = {
    "accounts": ("services.cli.accounts", "accounts"),
    "admin": ("services.cli.accounts", "admin"),
    "broker": ("services.cli.broker", "broker"),
    "calendar": ("services.cli.calendar", "calendar"),
    "clock": ("services.cli.clock", "clock"),
    "consumer": ("services.cli.outside.command", "consumer"),
    "database": ("services.cli.database", "database"),
    "demo": ("services.cli.demo.command", "demo"),
    "docs": ("services.cli.documents", "docs"),
    "events": ("services.cli.events", "events"),
    "metrics": ("services.cli.metrics", "metrics"),
    "native": ("services.cli.native.commands", "native"),
    "parked": ("services.cli.parked", "parked"),
    "personal": ("services.cli.personal", "personal"),
    "places": ("services.cli.places", "places"),
    "points": ("services.cli.points", "points"),
    "policy": ("services.cli.policy", "policy"),
    "posts": ("services.cli.posts", "posts"),
    "preflight": ("services.cli.preflight", "preflight"),
    "presence": ("services.cli.presence", "presence"),
    "prepare": ("services.cli.prepare", "prepare"),
    "replay": ("services.cli.replay.command", "replay"),
    "restored": ("services.cli.restored", "restored"),
    "routing": ("services.cli.routing", "routing"),
    "settings": ("services.cli.settings", "settings"),
    "sheets": ("services.cli.sheets", "sheets"),
}
"""Command by name: the module that is loaded only when the command is used, and its click object."""

_MAKE_THEIR_OWN_SETTINGS = ("native", "demo", "replay")
"""What these wrote for an earlier start must not look like the choice of whoever calls them now."""


class Commands(click.Group):
    """Loads a command when it is asked for, so that `doorstep --help` is quick."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command


@click.command(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.pass_context
def doorstep(context: click.Context) -> None:
    """Run, watch and repair a Doorstep installation."""
    if context.invoked_subcommand not in _MAKE_THEIR_OWN_SETTINGS:
        load_environment_file()


# eventlet announces the end of its own life on import; that is no news for an operator.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command; wrong settings are named one a line."""
    try:
        doorstep.main(args=None if argv is None else list(argv), prog_name="doorstep")
    except SettingsError as error:
        for fault in error.faults:
            click.echo(f"doorstep: {fault}", err=True)
        sys.exit(EXIT_SETTINGS)


if __name__ == "__main__":
    main()
