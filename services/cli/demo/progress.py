"""How far the day is, while it is played."""

import sys
from datetime import datetime

import click

from services.cli.demo.telling import Town

_LINE_MINUTES = 120


class Progress:
    """A bar with the business time; on something that is no terminal a line every two hours."""

    def __init__(self, start: datetime, end: datetime, town: Town) -> None:
        self._start, self._town = start, town
        self._shown = 0
        self._minutes = int((end - start).total_seconds() // 60)
        self._is_terminal = sys.stdout.isatty()
        self._bar = click.progressbar(length=self._minutes, label="The day", show_pos=False)

    def __enter__(self) -> "Progress":
        if self._is_terminal:
            self._bar.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        if self._is_terminal:
            self._bar.render_finish()

    def show(self, now: datetime) -> None:
        gone = int((now - self._start).total_seconds() // 60)
        text = f"{now.astimezone(self._town.zone):%m-%d %H:%M}  {self._town.tally.counts['filed']} filed"
        if self._is_terminal:
            self._bar.label = text
            self._bar.update(gone - self._shown)
            self._shown = gone
        elif gone >= self._shown + _LINE_MINUTES:
            click.echo(f"  {text}")
            self._shown = gone
