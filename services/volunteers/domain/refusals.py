"""What the domain refuses, by a stable code that the boundary puts into the caller's language."""

from typing import Any


class Refused(Exception):
    """The command is not allowed and changes nothing. `slug` names the problem type, `params` fill in its text."""

    def __init__(self, slug: str, **params: Any) -> None:
        super().__init__(slug)
        self.slug = slug
        self.params = params
