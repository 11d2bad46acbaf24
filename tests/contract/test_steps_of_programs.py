"""Every step that a program takes says who answers for its key: whatever runs a deed of a caller passes that on."""

import ast
from collections.abc import Iterator
from pathlib import Path

_TICKETS = Path("services/tickets")
_NO_CALLER = {"claims.py", "relocating.py", "handing_back.py"}
"""Handlers of events: there is no caller, the system acts."""


def _calls(name: str, *folders: str) -> Iterator[tuple[Path, ast.Call]]:
    for folder in folders:
        for path in sorted((_TICKETS / folder).glob("*.py")):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                    yield path, node


def _says_who_answers(call: ast.Call) -> bool:
    given = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(isinstance(one, ast.Attribute) and one.attr == "answerable" for one in given)


def test_whoever_has_a_deed_done_says_who_answers_for_it() -> None:
    found = [(path, call) for path, call in _calls("do", "api", "handlers") if path.name not in _NO_CALLER]
    assert len(found) >= 5
    lacking = [f"{path}:{call.lineno}" for path, call in found if not _says_who_answers(call)]
    assert not lacking, "pass `who.answerable`"


def test_whoever_begins_a_history_for_a_caller_says_who_answers_for_him() -> None:
    """An actor made up there, and not by `known_as`, is the system, or says it too."""
    for path, call in _calls("Actor", "handlers"):
        nobody = isinstance(call.args[0], ast.Constant) and call.args[0].value is None
        assert nobody or _says_who_answers(call), f"{path}:{call.lineno}"


def test_a_course_of_a_caller_is_made_where_who_answers_is_known() -> None:
    """`Course` is made in `do` and `file` with it; elsewhere for the system alone."""
    made = {path.name for path, _ in _calls("Course", "api", "handlers", "domain")}
    assert made == {"life.py", "actions.py", "erasing.py"}
