"""The routes of the event feeds: one in every service that publishes, and one over all of them."""

from collections.abc import Set
from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from services.chassis import feed, mongo, whole_feed
from services.chassis.context import Context
from services.chassis.http import Call, Reply, query
from services.chassis.unit import Unit
from services.contracts.registry import EVENT_TYPES, PUBLISHERS, published_by
from services.contracts.types import EventType

FEED_ROLES = ("partner", "district", "admin")
"""Who may read a feed, each beneath the areas of such grants."""
MAX_PAGE = 500
LONGEST_CURSOR = 2000
"""Characters: a cursor of the feed over all services names a position in each."""
LONGEST_PATH = 800
"""Characters: twelve levels of 64 (docs/architecture.md, area paths)."""


class Cursor(Schema):
    cursor = fields.String(required=True, metadata={"description": "send it as `after`"})


class FeedPage(Schema):
    events = fields.List(fields.Dict(), required=True, metadata={"description": "CloudEvents 1.0 in JSON"})
    cursor = fields.String(required=True, metadata={"description": "send it as `after` next time; it stays at the end"})


def _params(known: Set[str]) -> type[Schema]:
    longest = len(",".join(known))

    def only_known(types: str) -> None:
        if set(types.split(",")) - known:
            raise ValidationError("Must be event types of this feed, separated by commas.")

    class FeedParams(Schema):
        after = fields.String(
            validate=validate.Length(max=LONGEST_CURSOR),
            metadata={"description": "cursor of the last answer; without it: from the beginning"},
        )
        types = fields.String(
            validate=[validate.Length(max=longest), only_known],
            metadata={"description": "event types, separated by commas"},
        )
        area = fields.String(
            validate=[
                validate.Length(max=LONGEST_PATH),
                validate.Regexp(r"/([^/\s]+/)+\Z", error="Must be an area path such as /hequ/qingxi/."),
            ],
            metadata={"description": "only events beneath this area: /hequ/qingxi/"},
        )
        limit = fields.Integer(load_default=100, validate=validate.Range(1, MAX_PAGE))

    return FeedParams


def _wanted(call: Call) -> tuple[list[str], list[str]]:
    """The types (none: all) and the areas that were asked for and may be read. Raises Problem 403."""
    areas = feed.narrowed(call.principal.areas(*FEED_ROLES), call.params.get("area"))
    if not areas:
        call.principal.require(call.params["area"], *FEED_ROLES)
    return [name for name in call.params.get("types", "").split(",") if name], areas


def _is_read(event_type: EventType) -> bool:
    return event_type.in_feed and not event_type.private


def event_feed(service: str) -> type[Any]:
    """A class with the feed route of `service`, to be mixed into its API."""
    known = {event_type.name for event_type in published_by(service) if _is_read(event_type)}

    class EventFeed:
        @query("GET", f"/api/v1/{service}/events", roles=FEED_ROLES, params=_params(known), answer=FeedPage)
        def event_feed(self, unit: Unit, call: Call) -> Reply:
            """Events of this service after a cursor, at least once, in order per aggregate.

            For consumers that cannot speak AMQP. Keep the cursor with what you made of the events. A page may hold none
            that you asked for though more come: go on until the cursor stays.
            """
            types, areas = _wanted(call)
            page = feed.read(
                unit.db, call.params.get("after"), types=types, area_paths=areas, limit=call.params["limit"]
            )
            return Reply({"events": page.events, "cursor": page.cursor})

    return EventFeed


class WholeEventFeed:
    """The feed over all publishers, to be mixed into the API of the service that answers for it."""

    chassis: Any

    @query("GET", "/api/v1/events", roles=FEED_ROLES, tags=("events",), answer=FeedPage,
           params=_params({name for name, kind in EVENT_TYPES.items() if _is_read(kind)}))  # fmt: skip
    def all_events(self, unit: Unit, call: Call) -> Reply:
        """Events of all services after a cursor, at least once, in order per aggregate.

        For consumers that cannot speak AMQP. Keep the cursor with what you made of the events. A page may hold none
        that you asked for though more come: go on until the cursor stays.
        """
        types, areas = _wanted(call)
        page = whole_feed.read(
            self._logs(), call.params.get("after"), types=types, area_paths=areas, limit=call.params["limit"]
        )
        return Reply({"events": page.events, "cursor": page.cursor})

    @query("GET", "/api/v1/events/cursor", roles=FEED_ROLES, tags=("events",), answer=Cursor)
    def present_cursor(self, unit: Unit, call: Call) -> Reply:
        """The cursor after everything published until now.

        To begin without the past: ask for this first, then read the present state, then the feed from this cursor.
        """
        return Reply({"cursor": whole_feed.present(self._logs())})

    def _logs(self) -> whole_feed.Logs:
        context: Context = self.chassis
        prefix = context.settings.database_prefix
        return {name: mongo.database(context.client, f"{prefix}_{name}") for name in PUBLISHERS}
