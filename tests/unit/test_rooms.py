"""The purest room: what the import linter cannot say in general."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SERVICES = Path(__file__).parents[2] / "services"
WRITING = "services.writing"
"""Spelling, pure itself: the one package beside its own that a domain uses."""
FILES = sorted(SERVICES.glob("*/domain/**/*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(SERVICES)))
def test_domain_code_imports_the_standard_library_and_its_own_domain_only(file: Path) -> None:
    own = f"services.{file.relative_to(SERVICES).parts[0]}.domain"
    foreign = [
        name
        for name in _imported(file)
        if name.split(".")[0] not in sys.stdlib_module_names and not f"{name}.".startswith((f"{own}.", f"{WRITING}."))
    ]
    assert foreign == []


@pytest.mark.parametrize("file", sorted(SERVICES.glob("writing/*.py")), ids=lambda file: file.name)
def test_writing_imports_the_standard_library_and_itself_only(file: Path) -> None:
    names = [name for name in _imported(file) if not f"{name}.".startswith(f"{WRITING}.")]
    assert [name for name in names if name.split(".")[0] not in sys.stdlib_module_names] == []


def test_there_is_domain_code_to_look_at() -> None:
    assert len(FILES) > 5


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            module = node.module or ""
            # `from services.tickets import domain` names the module only with its alias.
            yield from (f"{module}.{alias.name}" for alias in node.names)
