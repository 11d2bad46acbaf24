"""Offers follow their ticket when its place moves in the tree, in whatever order the events arrive."""

from dataclasses import replace
from itertools import permutations

import pytest

from services.contracts.types import Event
from services.volunteers.domain.offers import OfferState
from services.volunteers.handlers.table import handle
from tests.unit.volunteers.world import GRID, World, ticket_event

ELSEWHERE = "/hequ/xikou/dongmen/grid-012/"


def relocated(sequence: int, area_path: str) -> Event:
    event = ticket_event("ticket.relocated", sequence)
    return replace(event, data={**event.data, "ticket": {**event.data["ticket"], "area_path": area_path}})


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_an_offer_is_seen_where_its_place_lies_now(order: tuple[int, ...]) -> None:
    world = World()
    events = [
        ticket_event("ticket.offered", 2, state="offered", offer_id="o", skills=[]),
        relocated(3, "/hequ/xikou/ximen/grid-012/"),
        relocated(4, ELSEWHERE),
    ]
    for index in order:
        handle(world, events[index])
        handle(world, events[index])
    assert (world.offers["o"].area_path, world.offers["o"].state) == (ELSEWHERE, OfferState.OPEN)


def test_what_is_offered_after_the_move_lies_where_it_was_offered() -> None:
    world = World()
    handle(world, relocated(2, ELSEWHERE))
    handle(world, ticket_event("ticket.offered", 3, state="offered", offer_id="o", skills=[]))
    assert world.offers["o"].area_path == GRID


def test_a_move_closes_no_offer_and_opens_none() -> None:
    world = World()
    handle(world, ticket_event("ticket.offered", 2, state="offered", offer_id="o", skills=[]))
    handle(world, ticket_event("ticket.resolved", 3, state="resolved"))
    handle(world, relocated(4, ELSEWHERE))
    assert (world.offers["o"].state, world.offers["o"].reason) == (OfferState.CLOSED, "resolved")
