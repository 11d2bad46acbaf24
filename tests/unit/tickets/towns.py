"""A small county, as a places file tells it: one community, two grids, two compounds, two stations."""

from typing import Any

HOURS = {"daily": ["08:00-12:00"]}


def town(**station: Any) -> dict[str, Any]:
    """A county with one community, two grids, two compounds, a centre and a station that `station` says more of."""
    stations = [
        {"id": "centre", "name": "Centre", "grid": "g1", "hours": HOURS, "type": "comprehensive"},
        {
            "id": "st",
            "name": "Station",
            "grid": "g1",
            "compounds": ["k"],
            "hours": {"daily": ["09:00-17:00"]},
            **station,
        },
    ]
    community = {
        "id": "m", "name": "M", "grids": [{"id": "g1", "name": "G1"}, {"id": "g2", "name": "G2"}],
        "compounds": [{"id": "k", "name": "K", "grids": ["g1", "g2"]}, {"id": "l", "name": "L", "grids": ["g2"]}],
        "stations": stations,
    }  # fmt: skip
    return {
        "county": {"id": "c", "name": "C"}, "streets": [{"id": "s", "name": "S", "communities": [community]}]
    }  # fmt: skip
