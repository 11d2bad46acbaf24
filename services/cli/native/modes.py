"""The two ways in which `make up` and `make demo` run the same parts: each with its own databases and virtual host."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mode:
    name: str
    prefix: str
    """`DOORSTEP_DATABASE_PREFIX`, and the name of the virtual host."""
    mail_sink: bool
    """Mail goes to a server of ours that keeps it in a folder instead of sending it on."""


MODES = {
    "live": Mode("live", "doorstep", mail_sink=False),
    "demo": Mode("demo", "demo", mail_sink=True),
}
