"""Cells of tables that spreadsheets open: none is taken for a formula, several values stand in one."""

import re
from collections.abc import Iterable

_FORMULA = re.compile(r"[\s\u200b-\u200f\u202a-\u202e\u2060\ufeff]*[=+\-@＝＋－＠]|[\t\r\n]")
"""What a spreadsheet, or a program that strips what it reads, takes for the beginning of something to be computed."""
_GUARDED = re.compile(f"'(?:'|{_FORMULA.pattern})")
_PART = re.compile(r"(?:\\.|[^;；\\]|\\$)+", re.DOTALL)
"""What stands between two semicolons, of which one after a backslash is none."""
_ESCAPED = re.compile(r"\\([;；\\])")


def harmless(cell: str) -> str:
    """A cell that no spreadsheet computes, whoever wrote what is in it."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def guarded(cell: str) -> str:
    """Harmless, and such that `meant` finds it again."""
    return f"'{cell}" if _GUARDED.match(cell) else harmless(cell)


def meant(cell: str) -> str:
    """What was guarded, without the spaces around it."""
    cell = cell.strip()
    return cell[1:] if _GUARDED.match(cell) else cell


def joined(values: Iterable[str]) -> str:
    """Several values in one cell, with semicolons between them; those within a value get a backslash."""
    return "; ".join(re.sub(r"([;；\\])", r"\\\1", value) for value in values)


def split(cell: str) -> list[str]:
    """What `joined` joined; also with Chinese semicolons."""
    return [_ESCAPED.sub(r"\1", part.strip()) for part in _PART.findall(cell) if part.strip()]
