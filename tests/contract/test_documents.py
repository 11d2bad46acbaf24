"""Documents cannot rot: the files, links, `make` targets, commands, settings and routes that they name exist."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from services.cli.main import doorstep
from services.cli.native.addresses import DEFAULTS, setting_of
from tests.support.processes import ROOT

DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "docs/adr/*.md", "services/*/README.md", "bench/*.md", "tests/*/README.md")
    for path in ROOT.glob(pattern)
)
HISTORY = "CHANGELOG.md"
"""Names of before are its subject; of links and files alone it is asked."""
FILES = re.compile(r"(?<![\w/.*{…-])([\w.-]+(?:/[\w.-]+)*\.(?:py|yml|yaml|md|sh|toml|lock|json))(?![\w*{/])")
LINKS = re.compile(r"\]\(([^)\s]+)\)")
SPANS = re.compile(r"```.*?```|`[^`\n]+`", re.DOTALL)
TARGETS = re.compile(r"\bmake ([a-z][a-z-]+)(?!\w)")
COMMANDS = re.compile(r"(?:\./|\bbin/|(?<![\w./-]))doorstep(?:\.sh)?((?: [a-z][a-z-]+)+)")
SETTINGS = re.compile(r"DOORSTEP_[A-Z0-9]+(?:_[A-Z0-9]+)*(?![A-Z0-9_…*])")
ROUTES = re.compile(r"/api/v1(?:/[\w{}.-]+)+")
OF_WHO_RUNS_IT = frozenset({
    "places.yml", "settings.json", "ports.json", "posts.yml", "ours-1.yml", "ours-2.yml", "order-2.yml", "2027.yml",
})  # fmt: skip
"""Files that a document has them make, or that come into being there."""


def texts() -> Iterator[tuple[str, str]]:
    for name in DOCUMENTS:
        yield name, (ROOT / name).read_text("utf-8")


def spans(text: str) -> Iterator[str]:
    """What stands between back quotes, in lines or blocks."""
    for found in SPANS.finditer(text):
        yield found[0].strip("`")


@pytest.fixture(scope="module")
def tracked() -> list[str]:
    told = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    return told.stdout.splitlines()


def test_there_are_documents() -> None:
    assert len(DOCUMENTS) > 30


def test_every_link_within_leads_somewhere() -> None:
    broken = []
    for name, text in texts():
        for link in LINKS.findall(re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
            path, _, anchor = link.partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            target = (ROOT / name).parent / path if path else ROOT / name
            if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
                broken.append((name, link))
    assert broken == []


def anchors(document: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_file_that_is_named_is_there(tracked: list[str]) -> None:
    known, missing = {*tracked, *OF_WHO_RUNS_IT}, []
    for name, text in texts():
        for span in spans(text):
            for file in FILES.findall(span):
                if not any(f"/{one}".endswith(f"/{file.removeprefix('./')}") for one in known):
                    missing.append((name, file))
    assert missing == []


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
    named = {(name, target) for name, text in texts() for span in spans(text) for target in TARGETS.findall(span)}
    assert {(name, target) for name, target in named if target not in targets} == set()
    assert len(named) > 20


def test_every_command_exists() -> None:
    own = set(re.findall(r"^\s*([a-z|-]+)\)", (ROOT / "doorstep.sh").read_text("utf-8"), flags=re.MULTILINE))
    of_the_script = {word for words in own for word in words.split("|")}
    named = {(name, words) for name, text in texts() if name != HISTORY
             for span in spans(text) for words in COMMANDS.findall(span)}  # fmt: skip
    wrong = {(name, words) for name, words in named
             if words.split()[0] not in of_the_script and not is_command(words.split())}  # fmt: skip
    assert wrong == set()
    assert len(named) > 40


def is_command(words: list[str]) -> bool:
    """Whether the words begin with a whole command; what comes then are its arguments."""
    place: click.Command = doorstep
    for word in words:
        if not isinstance(place, click.Group):
            return True
        found = place.get_command(click.Context(place), word)
        if found is None:
            return False
        place = found
    return True


def test_every_setting_is_read_somewhere(tracked: list[str]) -> None:
    code = "".join(
        (ROOT / file).read_text("utf-8", errors="ignore") for file in tracked if not file.endswith((".md", ".gz"))
    )
    bare = set(re.findall(r'"([A-Z][A-Z0-9_]+)"', code))
    ports = {setting_of(part) for part in DEFAULTS}
    named = {(name, one) for name, text in texts() if name != HISTORY for one in SETTINGS.findall(text)}
    unknown = {(name, one) for name, one in named
               if one not in code and one not in ports and one.removeprefix("DOORSTEP_") not in bare}  # fmt: skip
    assert unknown == set()
    assert len(named) > 40


def test_every_route_exists() -> None:
    paths = json.loads((ROOT / "docs" / "openapi.json").read_text("utf-8"))["paths"]
    known = [re.sub(r"\{\w+\}", "[^/]+", path) for path in paths]
    named = {(name, route.rstrip(".")) for name, text in texts() if name != HISTORY for route in ROUTES.findall(text)}
    unknown = {(name, route) for name, route in named if not any(re.fullmatch(one, route) for one in known)}
    assert unknown == set()
    assert len(named) > 20
