"""docs/operations.md against the alerts."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs" / "operations.md").read_text("utf-8")
RULES: dict[str, Any] = yaml.safe_load((ROOT / "deploy/prometheus/rules/alerts.yml").read_text("utf-8"))
ALERTS = {rule["alert"]: rule for group in RULES["groups"] for rule in group["rules"]}


def test_every_alert_has_its_paragraph_and_links_to_it() -> None:
    chapter = TEXT.split("\n## Alerts\n")[1].split("\n## ")[0]
    assert re.findall(r"^### (.+)$", chapter, re.MULTILINE) == list(ALERTS)
    links = {name: rule["annotations"]["runbook"] for name, rule in ALERTS.items()}
    assert links == {name: f"docs/operations.md#{name.lower()}" for name in ALERTS}


def test_an_alert_is_called_critical_or_warning_as_its_rule_says() -> None:
    told = dict(re.findall(r"^### (\w+)\n(Critical|Warning)\.", TEXT, re.MULTILINE))
    assert told == {name: rule["labels"]["severity"].capitalize() for name, rule in ALERTS.items()}
