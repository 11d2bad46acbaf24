"""Area paths as all services use them: `/county/street/community/grid/`, with a slash at both ends."""

import re


def root_of(area_path: str) -> str:
    """The root of the tree that it lies in, the county: `/hequ/`. Counties have nothing to do with each other."""
    return f"/{area_path.split('/')[1]}/"


def moved(area_path: str, place_id: str, to: str) -> str:
    """The path after a place has moved to the path `to`: what lies beneath the place, wherever it lay, lies there now.

    An id is never used for another place; what lies in another county is another's.
    """
    steps = area_path.split("/")
    if place_id not in steps or steps[1] != to.split("/")[1]:
        return area_path
    return to + "/".join(steps[steps.index(place_id) + 1 :])


def beneath_pattern(place_id: str, to: str) -> str:
    """A regular expression for what `moved` changes, and for what lies beneath `to` already."""
    return f"^/{re.escape(to.split('/')[1])}/(.*/)?{re.escape(place_id)}/"
