"""No module of the tests imports a test module: what two of them need stands in a module beside them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def test_nobody_imports_a_test_module() -> None:
    files = {str(file.relative_to(ROOT)): file for file in sorted((ROOT / "tests").rglob("*.py"))}
    found = [
        f"{name} imports {imported}"
        for name, file in files.items()
        for imported in sorted(_modules_in(file.read_text(encoding="utf-8")))
    ]
    advice = "what both need belongs in a module beside them whose name does not begin with test_"
    assert not found, "\n".join([advice, *found])


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("import tests.unit.test_a", {"tests.unit.test_a"}),
        ("import tests.unit.test_a as a", {"tests.unit.test_a"}),
        ("from tests.unit.test_a import b, c", {"tests.unit.test_a"}),
        ("from tests.unit import test_a, office", {"tests.unit.test_a"}),
        ("from .test_a import b", {".test_a"}),
        ("from . import test_a", {".test_a"}),
        ("def late():\n    from tests.unit.test_a import b", {"tests.unit.test_a"}),
        ("import tests.support.tokens\nfrom tests.unit import testing, latest_a", set()),
    ],
)
def test_each_way_of_importing_one_is_seen(written: str, found: set[str]) -> None:
    assert _modules_in(written) == found


def _modules_in(source: str) -> set[str]:
    """The test modules that it imports, by their names up to `test_…`."""
    found = set()
    for name in _imported(ast.parse(source)):
        parts = name.split(".")
        begun = [number for number, part in enumerate(parts, 1) if part.startswith("test_")]
        if begun:
            found.add(".".join(parts[: begun[0]]))
    return found


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = f"{node.module}." if node.module else ""
            # `from tests.unit import test_a` names the module only with its alias.
            yield from (f"{'.' * node.level}{module}{alias.name}" for alias in node.names)
