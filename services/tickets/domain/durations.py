"""Durations as policies write them: "10 min", "4 h", "1 d"."""

import re

_UNITS = {"s": 1, "min": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"([1-9]\d{0,6}) ?(s|min|h|d)")


def parse_duration(text: object) -> int:
    """Whole seconds. Raises ValueError("duration")."""
    match = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError("duration")
    return int(match.group(1)) * _UNITS[match.group(2)]
