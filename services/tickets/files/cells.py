"""Cells of tables that spreadsheets open: none is taken for a formula, several values stand in one."""

import re
from collections.abc import Iterable

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of something to be computed."""
_GUARDED = tuple(f"'{sign}" for sign in ("'", *_FORMULA))
_PART = re.compile(r"(?:\\.|[^;；\\]|\\$)+", re.DOTALL)
"""What stands between two semicolons, of which one after a backslash is none."""
_ESCAPED = re.compile(r"\\([;；\\])")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet computes, whoever wrote what is in it."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def guarded(cell: str) -> str:
    """Harmless, and such that `meant` finds it again."""
    return f"'{cell}" if cell.startswith(_GUARDED) else harmless(cell)


def meant(cell: str) -> str:
    """What was guarded, without the spaces around it."""
    cell = cell.strip()
    return cell[1:] if cell.startswith(_GUARDED) else cell


def joined(values: Iterable[str]) -> str:
    """Several values in one cell, with semicolons between them; those within a value get a backslash."""
    return "; ".join(re.sub(r"([;；\\])", r"\\\1", value) for value in values)


def split(cell: str) -> list[str]:
    """What `joined` joined; also with Chinese semicolons."""
    return [_ESCAPED.sub(r"\1", part.strip()) for part in _PART.findall(cell) if part.strip()]
