"""The one private event: how a person can be reached, sealed, for notifications alone."""

from marshmallow import fields

from services.contracts.types import EventData, EventType


class RecipientUpserted(EventData):
    """`sealed` is a Fernet token over JSON {"name", "telephone", "email", "locale"}, each of which may be null; with a
    ticket also "follow_up_secret", for its reporter alone."""

    person_id = fields.String(required=True)
    ticket_id = fields.String(
        allow_none=True, load_default=None,
        metadata={"description": "it holds for what concerns this ticket only; without one for everything"},
    )  # fmt: skip
    sealed = fields.String(required=True)


EVENTS = (
    EventType(
        "recipient.upserted",
        ("accounts", "tickets", "volunteers"),
        "How a person can be reached, sealed; published on the private exchange only.",
        RecipientUpserted,
        lambda: {"person_id": "01920c5e-0000-7000-8000-0000000000bb", "sealed": "gAAAAA-example"},
        version="1.1",
        private=True,
    ),
)
