"""Write the demonstration county as a places file: `python -m services.tickets.places > deploy/demo/hequ.yml`."""

import sys

import yaml

from services.tickets.places import demonstration_county

_HEAD = """\
# The demonstration county: Hequ's real sizes (report 003), invented names. Made by `python -m services.tickets.places`.
"""


class _Plain(yaml.SafeDumper):
    """Repeats what is the same instead of pointing to it, so that people can edit the file."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def places_file() -> str:
    return _HEAD + yaml.dump(
        demonstration_county(), Dumper=_Plain, allow_unicode=True, sort_keys=False, width=120, default_flow_style=None
    )


if __name__ == "__main__":
    sys.stdout.write(places_file())
