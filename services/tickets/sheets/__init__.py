"""The themes of services and the station standards that come with the program, checked when they are loaded."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from services.chassis.own_yaml import read_own_yaml
from services.tickets.domain.policy import BadPolicy
from services.tickets.domain.sheets import Sheet, parse_sheet
from services.tickets.policies import PolicyRefused

FOLDER = Path(__file__).parent


@cache
def shipped_sheets() -> Mapping[str, Sheet]:
    """By pin. Raises PolicyRefused with every fault of every file."""
    found: dict[str, Sheet] = {}
    faults: list[str] = []
    for file in sorted(FOLDER.glob("*.yml")):
        try:
            sheet = parse_sheet(read_own_yaml(file.read_text(encoding="utf-8")))
        except BadPolicy as error:
            faults += [f"{file.name} {field}: {code}" for field, code in error.errors]
        else:
            found[sheet.pin] = sheet
    if faults:
        raise PolicyRefused(faults)
    return found
