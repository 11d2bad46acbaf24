"""How the domain says no."""


class Refused(Exception):
    """A rule forbids what was asked; nothing was changed.

    `slug` names the rule and is stable; `params` fill the words that the caller reads and hold nothing personal.
    """

    def __init__(self, slug: str, **params: object) -> None:
        super().__init__(slug)
        self.slug = slug
        self.params = params
