"""Reading operators' files on the command line: every error with file, line and field, and then the command ends."""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, TypeVar

import click

from services.cli.refusals import EXIT_REFUSED
from services.tickets.files.operators import FileRefused

T = TypeVar("T")


Named = tuple[str, bytes]
"""A file's name and what is in it."""


def opened(files: Sequence[IO[bytes]]) -> list[Named]:
    return [(file.name, file.read()) for file in files]


def found(paths: Sequence[Path]) -> list[Named]:
    return [(str(path), path.read_bytes()) for path in paths]


def read_all(files: Sequence[Named], read: Callable[[bytes], T]) -> list[tuple[T, bytes]]:
    """What each file says, with its bytes. Ends the command when one is wrong, once all errors of all are told."""
    good, wrong = [], 0
    for name, raw in files:
        try:
            good.append((read(raw), raw))
        except FileRefused as refused:
            wrong += len(refused.errors)
            for error in refused.errors:
                where = f"{name}:{error.line}: {error.field}".rstrip(": ")
                click.echo(f"{where}: {error.en} {error.zh}", err=True)
    if wrong:
        click.echo(f"{wrong} errors; nothing was changed.", err=True)
        sys.exit(EXIT_REFUSED)
    return good
