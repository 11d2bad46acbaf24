"""Numbers of tickets, as they are read over the telephone."""

from datetime import datetime

from services.tickets.domain.numbers import new_number
from services.tickets.domain.refused import Refused
from services.tickets.handlers.ports import House, Store


def free_number(store: Store, house: House, now: datetime) -> str:
    """A ticket number of the day. Raises Refused("numbers-exhausted")."""
    day = now.astimezone(house.zone).date()
    number = store.free_number(day, lambda: new_number(day, house.random_below))
    if number is None:
        raise Refused("numbers-exhausted")
    return number
