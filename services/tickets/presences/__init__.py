"""The quotas of presence that come with the program, checked when they are loaded."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from services.chassis.own_yaml import read_own_yaml
from services.tickets.domain.policy import BadPolicy
from services.tickets.domain.presence_quotas import QuotaSet, parse_quotas
from services.tickets.policies import PolicyRefused

FOLDER = Path(__file__).parent


@cache
def shipped_quotas() -> Mapping[str, QuotaSet]:
    """By pin. Raises PolicyRefused with every fault of every file."""
    found: dict[str, QuotaSet] = {}
    faults: list[str] = []
    for file in sorted(FOLDER.glob("*.yml")):
        try:
            quotas = parse_quotas(read_own_yaml(file.read_text(encoding="utf-8")))
        except BadPolicy as error:
            faults += [f"{file.name} {field}: {code}" for field, code in error.errors]
        else:
            found[quotas.pin] = quotas
    if faults:
        raise PolicyRefused(faults)
    return found
