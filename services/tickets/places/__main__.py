"""Write the demonstration county as a places file: `python -m services.tickets.places > deploy/demo/hequ.yml`."""

import sys

from services.tickets.files.places_export import as_yaml
from services.tickets.places import demonstration_county

_HEAD = """\
# The demonstration county: Hequ's real sizes (report 003), invented names. Made by `python -m services.tickets.places`.
"""


def places_file() -> str:
    return _HEAD + as_yaml(demonstration_county())


if __name__ == "__main__":
    sys.stdout.write(places_file())
