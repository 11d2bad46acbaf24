"""docs/operations.md against what it speaks of: the alerts and the operators' command."""

import re
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from services.cli.main import doorstep

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "operations.md").read_text("utf-8")
RULES: dict[str, Any] = yaml.safe_load((ROOT / "deploy/prometheus/rules/alerts.yml").read_text("utf-8"))
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}
COMMANDS = sorted(set(re.findall(r"(?:\$ |`|^ *)doorstep ([a-z-]+(?: [a-z-]+\b)?)", TEXT, re.MULTILINE)))
LINKS = sorted(set(re.findall(r"\]\(([^)#:]*)(#[^)]*)?\)", TEXT)))


def _anchors(path: Path) -> set[str]:
    """As the hosts of Markdown make them: lower case, no punctuation, hyphens for spaces."""
    headings = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}


def test_every_alert_has_its_paragraph_and_links_to_it() -> None:
    chapter = TEXT.split("\n## Alerts\n")[1].split("\n## ")[0]
    assert re.findall(r"^### (.+)$", chapter, re.MULTILINE) == list(ALERTS)
    links = {name: rule["annotations"]["runbook"] for name, rule in ALERTS.items()}
    assert links == {name: f"docs/operations.md#{name.lower()}" for name in ALERTS}


def test_an_alert_is_called_critical_or_warning_as_its_rule_says() -> None:
    told = dict(re.findall(r"^### (\w+)\n(Critical|Warning)\.", TEXT, re.MULTILINE))
    assert told == {name: rule["labels"]["severity"].capitalize() for name, rule in ALERTS.items()}


@pytest.mark.parametrize("words", COMMANDS)
def test_a_command_that_it_names_exists(words: str) -> None:
    command: click.Command | None = doorstep
    for word in words.split():
        if not isinstance(command, click.Group):
            return
        command = command.get_command(click.Context(command), word)
        assert command is not None, word


@pytest.mark.parametrize(("file", "anchor"), LINKS)
def test_a_link_leads_somewhere(file: str, anchor: str) -> None:
    target = (ROOT / "docs" / file).resolve() if file else ROOT / "docs" / "operations.md"
    assert target.exists()
    assert not anchor or anchor.removeprefix("#") in _anchors(target)
