"""The two ways in which `make up` and `make demo` run the same parts: each with its own databases and virtual host."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mode:
    name: str
    prefix: str
    """`DOORSTEP_DATABASE_PREFIX`, and the name of the virtual host."""
    mail_sink: bool
    """Mail goes to a server of ours that keeps it in a folder instead of sending it on."""
    journal: bool
    """It is noted outside of the databases what a restore must not undo; a demonstration is thrown away."""


MODES = {
    "live": Mode("live", "doorstep", mail_sink=False, journal=True),
    "demo": Mode("demo", "demo", mail_sink=True, journal=False),
}
