"""What is wrong with an operator's file, line by line."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FileError:
    """`line` counts from 1; `field` is empty where the file cannot be read at all."""

    line: int
    field: str
    zh: str
    en: str
    file: str = ""
    """Its name, where several are read together."""


class PlacesFileRefused(Exception):
    """The file cannot be loaded; nothing was changed."""

    def __init__(self, errors: Sequence[FileError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = tuple(errors)
