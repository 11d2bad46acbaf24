"""Whatever is counted under a label that is known beforehand is named where counters begin."""

import importlib
import re
from pathlib import Path

from services.chassis.directory import find_service
from services.chassis.observability import DEFERRED_BECAUSE

SERVICES = Path(__file__).parents[3] / "services"
_REASON = re.compile(r'(?:Undecodable|NotYetKnown)\("([a-z0-9-]+)"\)|EVENTS_DEFERRED\.labels\(\w+, "([a-z-]+)"\)')
_TIMER = re.compile(r"(?:timers\.set|timer_rows\.row|\brow)\(\s*[^,()]+(?:\([^()]*\))?,\s*([A-Z_]{4,})\b")


def test_every_reason_to_put_a_delivery_aside_is_known() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (SERVICES / "chassis").glob("*.py")]
    found = {reason for text in sources for pair in _REASON.findall(text) for reason in pair if reason}
    assert "dead-letter" in found
    assert found | {"failed"} == set(DEFERRED_BECAUSE)


def test_every_kind_of_timer_is_known() -> None:
    for name in ("accounts", "tickets", "volunteers", "notifications", "metrics"):
        kinds = set()
        for path in (SERVICES / name).rglob("*.py"):
            module = ".".join(("services", *path.relative_to(SERVICES).with_suffix("").parts)).removesuffix(".__init__")
            for constant in _TIMER.findall(path.read_text(encoding="utf-8")):
                kinds.add(getattr(importlib.import_module(module), constant))
        assert kinds == set(find_service(name).timer_kinds), name
