"""The colour of a ticket (三色管理 004, our reading): green, yellow from the first warning, red when breached."""

from collections.abc import Iterable

from services.tickets.domain.steps import BREACHED, PASSED, WARNED

GREEN, YELLOW, RED = "green", "yellow", "red"
COLOURS = (GREEN, YELLOW, RED)


def colour(marks: Iterable[tuple[str, int]], round: int) -> str:
    """Of a ticket in this round, by the kinds and rounds of its steps.

    A promise that was kept after a warning leaves it yellow, a broken one red, until it is reopened: a new round begins
    green. A warning that had passed when the ticket was entered late counts although nobody was told of it.
    """
    kinds = {kind for kind, of_round in marks if of_round == round}
    if BREACHED in kinds:
        return RED
    return YELLOW if kinds & {WARNED, PASSED} else GREEN
