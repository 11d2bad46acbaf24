"""YAML documents that come with the program, or that an operator names: read by libyaml, ten times as quick.

What somebody sends over HTTP is not read here: libyaml's reader has no bound on its depth.
"""

from typing import Any

import yaml

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_own_yaml(text: str) -> Any:
    """Its plain data. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_LOADER)  # noqa: S506  # both are safe loaders
