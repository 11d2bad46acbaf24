"""How far it is: metres as the crow flies, minutes on foot."""

import math

from services.tickets.domain.places import Position

_EARTH_METRES = 6_371_008.8
DETOUR = 1.3
"""Streets are longer than the straight line by this factor (ours)."""
METRES_PER_MINUTE = 75.0
"""Somebody on foot, not in a hurry: 4.5 km/h (ours)."""


def metres_between(a: Position, b: Position) -> float:
    """On a sphere; at the distances of a town it is right to within half a per cent."""
    lat_a, lat_b = math.radians(a.lat), math.radians(b.lat)
    across = math.sin((lat_b - lat_a) / 2) ** 2
    across += math.cos(lat_a) * math.cos(lat_b) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    return 2 * _EARTH_METRES * math.asin(math.sqrt(min(across, 1.0)))


def walking_minutes(metres: float) -> int:
    """Whole minutes, rounded up."""
    return math.ceil(metres * DETOUR / METRES_PER_MINUTE)


def metres_in(minutes: float) -> float:
    """How far as the crow flies somebody comes on foot in so many minutes."""
    return minutes * METRES_PER_MINUTE / DETOUR
