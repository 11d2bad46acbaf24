"""How many photos somebody gets into a ticket that several people reported."""

from dataclasses import replace

from services.tickets.domain.attachments import Photo, attach
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import Actor
from tests.unit.tickets.stories import Story, at

MERGED = tuple(f"reporter-{number}" for number in range(30))
"""Who reported it by tickets that were merged into it."""


def reported(by: int = 0) -> Story:
    """By its own reporter and so many others."""
    story = Story("09:00")
    story.course.ticket = replace(story.ticket, also_reported_by=MERGED[:by])
    return story


def add(story: Story, who: Actor, most: int = 50) -> int:
    """How many photos somebody gets in."""
    for number in range(most):
        taken = len(story.ticket.history)
        try:
            story.course = Course(story.ticket, at("09:01"), answerable=who.answerable)
            attach(story.course, who, [Photo(f"p-{taken}", 1, 1, 1, "d")])
        except Refused:
            return number
    return most
