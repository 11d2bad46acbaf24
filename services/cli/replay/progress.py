"""How far a replay is: a bar on a terminal, else a line for each local day with requests and every half minute."""

import sys
import time
from zoneinfo import ZoneInfo

import click

from services.cli.replay.play import Played
from services.cli.replay.script import Scene

_SILENCE_SECONDS = 30.0


class Progress:
    """Shown after each scene."""

    def __init__(self, commands: int, zone: ZoneInfo) -> None:
        self._zone = zone
        self._commands = commands
        self._done = 0
        self._days = 0
        self._said_at = time.monotonic()
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
        done, moment = played.requests.total(), f"{scene.at.astimezone(self._zone):%Y-%m-%d %H:%M}"
        if self._is_terminal:
            self._bar.label = moment
            self._bar.update(done - self._done)
        elif len(played.day_seconds) > self._days:
            _, seconds, commands = played.day_seconds[-1]
            if commands:
                self._say(f"until {moment}: {commands:,} commands in {seconds:.1f} s")
        elif time.monotonic() - self._said_at > _SILENCE_SECONDS:
            self._say(f"at {moment}: {done:,} of {self._commands:,} commands")
        self._done, self._days = done, len(played.day_seconds)

    def _say(self, text: str) -> None:
        click.echo(f"  {text}")
        self._said_at = time.monotonic()
