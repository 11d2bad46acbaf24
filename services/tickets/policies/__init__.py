"""The policies that come with the program: one YAML file per kind and version, checked when they are loaded."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from services.chassis.own_yaml import read_own_yaml
from services.tickets.domain.policy import BadPolicy, Policy
from services.tickets.domain.policy_file import parse_policy

FOLDER = Path(__file__).parent
PACKS = FOLDER / "packs"


class PolicyRefused(Exception):
    """A policy file cannot be used; `faults` names file, field and what is wrong."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


@cache
def shipped_policies() -> Mapping[str, Policy]:
    """By pin. Raises PolicyRefused with every fault of every file."""
    return load_policies(FOLDER)


def load_policies(folder: Path) -> Mapping[str, Policy]:
    found: dict[str, Policy] = {}
    faults: list[str] = []
    for file in sorted(folder.glob("*.yml")):
        try:
            policy = parse_policy(read_own_yaml(file.read_text(encoding="utf-8")))
        except yaml.YAMLError as error:
            line = getattr(getattr(error, "problem_mark", None), "line", 0)
            faults.append(f"{file.name} line {line + 1}: not YAML")
        except UnicodeDecodeError:
            faults.append(f"{file.name}: not UTF-8")
        except BadPolicy as error:
            faults += [f"{file.name} {field}: {code}" for field, code in error.errors]
        else:
            if policy.pin in found:
                faults.append(f"{file.name}: {policy.pin} is defined twice")
            found[policy.pin] = policy
    if faults:
        raise PolicyRefused(faults)
    return found


def packs() -> list[str]:
    """The reports' ways of working that come as a pack, by name."""
    return sorted(folder.name for folder in PACKS.iterdir() if folder.is_dir())


def pack_files(name: str) -> list[Path]:
    return sorted((PACKS / name).glob("*.yml"))
