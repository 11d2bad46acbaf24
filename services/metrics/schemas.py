"""Shapes of what metrics answers and is asked."""

from marshmallow import Schema, fields, validate

_AREA_PATH = r"/(?:[a-z0-9-]{1,64}/){1,3}\Z"
"""County, street, community: totals know nothing narrower."""


def _counts(description: str) -> fields.Dict:
    return fields.Dict(
        keys=fields.String(), values=fields.Integer(), required=True, metadata={"description": description}
    )


class SummaryFilter(Schema):
    area_path = fields.String(
        load_default=None,
        validate=validate.Regexp(_AREA_PATH),
        metadata={"description": "an area down to the community; without it all that the caller may see"},
    )


class TicketCounts(Schema):
    filed = fields.Integer(required=True)
    resolved = fields.Integer(required=True)
    resolved_in_time = fields.Integer(required=True, metadata={"description": "no clock of the round was breached"})
    reopened = fields.Integer(required=True)
    closed = _counts("by outcome: confirmed, unanswered, rejected, cancelled, merged")
    ratings = _counts("by grade, 1 to 5; given by residents themselves")
    ratings_through_staff = _counts(
        "by grade, 1 to 5; by a slip that staff printed, written down by them, or by who left no way to be reached"
    )


class ClockCounts(Schema):
    met = fields.Integer(required=True)
    breached = fields.Integer(required=True)


class PointCounts(Schema):
    awarded = fields.Integer(required=True, metadata={"description": "sum of points"})
    reversed = fields.Integer(required=True, metadata={"description": "sum of points"})
    awards = fields.Integer(required=True)
    reversals = fields.Integer(required=True)


class Summary(Schema):
    areas = fields.List(fields.String(), required=True, metadata={"description": "of which the numbers are"})
    tickets = fields.Nested(TicketCounts, required=True)
    clocks = fields.Nested(ClockCounts, required=True)
    escalated = _counts("by the level that a ticket was lifted to")
    points = fields.Nested(PointCounts, required=True)
    claims = _counts("by outcome: won, released")
    members_approved = fields.Integer(required=True)
    members_suspended = fields.Integer(required=True)
    notices = _counts("by outcome: sent, failed, undeliverable")
