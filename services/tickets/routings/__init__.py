"""The rule sets (五必办) that come with the program, checked when they are loaded.

What is in `examples` holds nowhere by itself.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from services.chassis.own_yaml import read_own_yaml
from services.tickets.domain.policy import BadPolicy
from services.tickets.domain.routing import RuleSet
from services.tickets.domain.routing_file import parse_rule_set
from services.tickets.policies import PolicyRefused

FOLDER = Path(__file__).parent


@cache
def shipped_routings() -> Mapping[str, RuleSet]:
    """By pin. Raises PolicyRefused with every fault of every file."""
    found: dict[str, RuleSet] = {}
    faults: list[str] = []
    for file in sorted(FOLDER.glob("*.yml")):
        try:
            rules = parse_rule_set(read_own_yaml(file.read_text(encoding="utf-8")))
        except BadPolicy as error:
            faults += [f"{file.name} {field}: {code}" for field, code in error.errors]
        else:
            found[rules.pin] = rules
    if faults:
        raise PolicyRefused(faults)
    return found
