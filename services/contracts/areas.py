"""Area paths as all services use them: `/county/street/community/grid/`, with a slash at both ends."""

from dataclasses import dataclass

from services.contracts.types import Event


def root_of(area_path: str) -> str:
    """The root of the tree that it lies in, the county: `/hequ/`. Counties have nothing to do with each other."""
    return f"/{area_path.split('/')[1]}/"


def place_id_of(area_path: str) -> str:
    """The id of the place that lies there, if one does. An id is never used for another place."""
    return area_path.rstrip("/").rpartition("/")[2]


def may_move(area_path: str) -> bool:
    """Whether what lies there can ever lie elsewhere: only what lies beneath a community can (ADR 16)."""
    return area_path.count("/") > len(("county", "street", "community")) + 1


def moved(area_path: str, from_path: str, to: str) -> str:
    """The path after a place has moved from one path to another: what lay there, or beneath it, lies at `to` now.

    What lies anywhere else is left alone, even if the place's id is in its path: the place never lay there.
    """
    return to + area_path.removeprefix(from_path) if area_path.startswith(from_path) else area_path


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a place lies, as far as a consumer has heard; `sequence` is that of the event which said so."""

    place_id: str
    area_path: str
    sequence: int
    is_there: bool
    """False: it was removed. It may come again, at the same path or another."""


def heard(known: Whereabouts | None, event: Event) -> Whereabouts:
    """What is known of a place after one of its events, in whatever order they come: the latest holds."""
    place = event.data["place"]
    if known is not None and known.sequence >= event.sequence:
        return known
    return Whereabouts(place["id"], place["area_path"], event.sequence, event.type != "area.removed")
