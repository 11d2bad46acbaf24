"""The coverage report: request and answer."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.chassis.http import Localized
from services.tickets.domain.coverage import STATES
from services.tickets.schemas import Body
from services.tickets.schemas.places import PATH

MINUTES = 15
"""A circle of so many minutes of life (000) where nothing else is asked."""
MOST_METRES, MOST_MINUTES = 50_000, 600


class CoverageParams(Body):
    area = fields.String(required=True, validate=PATH, metadata={"description": "path; all beneath it"})
    metres = fields.Integer(validate=validate.Range(1, MOST_METRES), metadata={"description": "as the crow flies"})
    minutes = fields.Integer(
        validate=validate.Range(1, MOST_MINUTES), metadata={"description": "on foot; not together with metres"}
    )

    @validates_schema
    def _one_of_both(self, given: dict[str, Any], **_: Any) -> None:
        if "metres" in given and "minutes" in given:
            raise ValidationError(
                Localized("Give metres or minutes, not both.", "米数与分钟数只能给出一个。"), "minutes"
            )


class ReachOut(Schema):
    compound_id = fields.String()
    name = fields.String()
    area_path = fields.String()
    state = fields.String(validate=validate.OneOf(STATES))
    station_id = fields.String(allow_none=True, metadata={"description": "the nearest that is open; none is known"})
    distance_metres = fields.Integer(allow_none=True, metadata={"description": "as the crow flies"})
    walking_minutes = fields.Integer(allow_none=True, metadata={"description": "estimated, rounded up"})


class CoverageOut(Schema):
    area = fields.String()
    within_metres = fields.Integer(metadata={"description": "as the crow flies; of minutes: estimated, cut"})
    compounds = fields.Integer()
    covered = fields.Integer()
    uncovered = fields.Integer()
    without_position = fields.Integer()
    share = fields.Float(
        allow_none=True, metadata={"description": "per cent of those whose position is known; cut, so that 100 is all"}
    )
    items = fields.List(
        fields.Nested(ReachOut),
        metadata={"description": "the uncovered, the farthest first; then those without a position; then the covered"},
    )
