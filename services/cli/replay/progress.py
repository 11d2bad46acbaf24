"""How far a replay is: a bar on a terminal, else a line for each local day with requests."""

import sys
from zoneinfo import ZoneInfo

import click

from services.cli.replay.play import Played
from services.cli.replay.script import Scene


class Progress:
    """Shown after each scene."""

    def __init__(self, commands: int, zone: ZoneInfo) -> None:
        self._zone = zone
        self._done = 0
        self._days = 0
        self._is_terminal = sys.stdout.isatty()
        self._bar = click.progressbar(length=commands, label="Replay", show_pos=True)

    def __enter__(self) -> "Progress":
        if self._is_terminal:
            self._bar.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._is_terminal:
            self._bar.render_finish()

    def show(self, scene: Scene, played: Played) -> None:
        if self._is_terminal:
            done = played.requests.total()
            self._bar.label = f"{scene.at.astimezone(self._zone):%Y-%m-%d %H:%M}"
            self._bar.update(done - self._done)
            self._done = done
        elif len(played.day_seconds) > self._days:
            self._days = len(played.day_seconds)
            end, seconds, commands = played.day_seconds[-1]
            if commands:
                click.echo(
                    f"  until {end.astimezone(self._zone):%Y-%m-%d %H:%M}: {commands:,} commands in {seconds:.1f} s"
                )
