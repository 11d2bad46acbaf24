"""The route of the event feed, the same in every service that publishes."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from services.chassis import feed
from services.chassis.http import Call, Reply, query
from services.chassis.unit import Unit
from services.contracts.registry import published_by

FEED_ROLES = ("partner", "district", "admin")
"""Who may read a feed, each beneath the areas of such grants."""
MAX_PAGE = 500


class FeedPage(Schema):
    events = fields.List(fields.Dict(), required=True, metadata={"description": "CloudEvents 1.0 in JSON"})
    cursor = fields.String(required=True, metadata={"description": "send it as `after` next time, also when empty"})


def event_feed(service: str) -> type[Any]:
    """A class with the feed route of `service`, to be mixed into its API."""
    known = {event_type.name for event_type in published_by(service)}

    def only_known(types: str) -> None:
        unknown = sorted(set(types.split(",")) - known)
        if unknown:
            raise ValidationError("Must be event types of this service, separated by commas.")

    class FeedParams(Schema):
        after = fields.String(metadata={"description": "cursor of the last answer; without it: from the beginning"})
        types = fields.String(validate=only_known, metadata={"description": "event types, separated by commas"})
        limit = fields.Integer(load_default=100, validate=validate.Range(1, MAX_PAGE))

    class EventFeed:
        @query("GET", f"/api/v1/{service}/events", roles=FEED_ROLES, params=FeedParams, answer=FeedPage)
        def event_feed(self, unit: Unit, call: Call) -> Reply:
            """Events after a cursor, at least once, in order per aggregate.

            For consumers that cannot speak AMQP. Keep the cursor with what you made of the events.
            """
            types = [name for name in call.params.get("types", "").split(",") if name]
            areas = call.principal.areas(*FEED_ROLES)
            page = feed.read(
                unit.db, call.params.get("after"), types=types, area_paths=areas, limit=call.params["limit"]
            )
            return Reply({"events": page.events, "cursor": page.cursor})

    return EventFeed
