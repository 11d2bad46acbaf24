"""The clocks of a ticket as `GET …/clock` shows them."""

from datetime import datetime

from tests.integration.tickets.conftest import WORKER, Document, House, done


def explained(house: House, ticket: Document, language: str = "en") -> Document:
    headers = {**house.headers(WORKER), "Accept-Language": language}
    return done(house.api.http.get(f"/api/v1/tickets/{ticket['id']}/clock", headers=headers))


def clock(house: House, ticket: Document, name: str, language: str = "en") -> Document:
    return next(one for one in explained(house, ticket, language)["clocks"] if one["name"] == name)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
