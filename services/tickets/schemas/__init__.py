"""Shapes of requests about tickets; of answers: `schemas_answers.py`."""

from collections.abc import Callable
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate, validates_schema

from services.chassis.http import EmailAddress, Instant, Localized, legible, seen_name
from services.chassis.http.secrets import made
from services.contracts.tickets import LEVELS, SEVERITIES, STATES
from services.tickets.domain.bigrams import sought
from services.tickets.domain.colours import COLOURS
from services.tickets.domain.routing import CHANNELS, MODES, SYSTEM
from services.tickets.domain.standing_in import SAID_AT
from services.tickets.schemas.external import ExternalId
from services.tickets.schemas.public import impersonal_code, without_any_telephone, without_personal_numbers
from services.writing.telephones import LONGEST as LONGEST_TELEPHONE

_SLUG = validate.Regexp(r"[a-z0-9][a-z0-9-]{0,62}\Z")
_CODE = validate.Regexp(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
_ID = validate.Length(1, 64)


def _text(longest: int, **options: Any) -> fields.String:
    return fields.String(validate=[validate.Length(1, longest), legible], **options)


def _searchable(text: str) -> None:
    if not sought(text):
        raise ValidationError(Localized("Give two neighbouring Chinese characters, or a whole word or number.",
                                        "请给出相连的两个汉字，或完整的单词、数字。"))  # fmt: skip


def _summary(describe: str) -> fields.String:
    """Shown in lists in clear: a telephone number in it is always a slip."""
    checks: list[Callable[[str], object]] = [validate.Length(1, 120), legible, without_any_telephone]
    return fields.String(validate=checks, metadata={"description": describe})


class Body(Schema):
    class Meta:
        unknown = RAISE


# Requests


class Reporter(Body):
    """How to reach who reported it; sealed at rest, masked in answers."""

    name = fields.String(validate=[validate.Length(1, 60), seen_name])
    telephone = _text(LONGEST_TELEPHONE, metadata={"description": "however it is written"})
    email = EmailAddress()
    locale = fields.String(validate=validate.OneOf(("zh-CN", "en")))


class ExternalRef(Body):
    system = fields.String(required=True, validate=[_CODE, without_personal_numbers])
    id = ExternalId(required=True, validate=without_personal_numbers)


class Position(Body):
    """Degrees, WGS-84."""

    latitude = fields.Float(required=True, validate=validate.Range(-90, 90))
    longitude = fields.Float(required=True, validate=validate.Range(-180, 180))


class FileTicket(Body):
    kind = fields.String(required=True, validate=_CODE)
    grid_id = fields.String(validate=_SLUG)
    compound_id = fields.String(validate=_SLUG)
    station_id = fields.String(validate=_SLUG)
    building_id = fields.String(validate=_SLUG, metadata={"description": "it says its grid and its compound"})
    description = _text(2000, required=True, metadata={"description": "in the reporter's words; sealed at rest"})
    address = _text(200)
    category = fields.String(
        validate=[_CODE, impersonal_code],
        metadata={"description": "of who is neither staff nor a partner one of those that `GET /api/v1/kinds` lists"},
    )
    service = fields.String(validate=_CODE, metadata={"description": "what is ordered: a code of the kind's catalogue"})
    promised_for = Instant(
        metadata={
            "description": "the appointment, or the matter's own date, where the kind has one; "
            "of who is not staff at least an hour ahead"
        }
    )
    position = fields.Nested(Position, metadata={"description": "where exactly; sealed at rest"})
    urgent = fields.Boolean(load_default=False, metadata={"description": "runs on the wall clock, day and night"})
    reporter = fields.Nested(Reporter)
    channel = fields.String(
        validate=validate.OneOf([channel for channel in CHANNELS if channel != SYSTEM]),
        metadata={"description": "staff only"},
    )  # fmt: skip
    summary = _summary("staff only: shown in lists, without personal data")
    occurred_at = Instant(metadata={"description": "staff only: when it occurred, if entered late"})
    late_reason = _text(200, metadata={"description": "staff only: why it is entered late"})
    origin = fields.String(
        validate=[_CODE, without_personal_numbers], metadata={"description": "staff only: the system it comes from"}
    )
    external_refs = fields.List(fields.Nested(ExternalRef), validate=validate.Length(max=10))
    external_due_at = Instant(
        metadata={"description": "staff only: the date that a partner promised (clock `external`)"}
    )
    attachments = fields.List(
        fields.String(validate=_ID), validate=validate.Length(max=10),
        metadata={"description": "photos that were uploaded to /api/v1/attachments within a day"},
    )  # fmt: skip


class Accept(Body):
    summary = _summary("shown in lists, without personal data")


class Assign(Body):
    assignee_id = fields.String(validate=_ID, metadata={"description": "a person; without it: the caller"})


class OfferTicket(Body):
    skills = fields.List(
        fields.String(validate=[_CODE, impersonal_code]), load_default=list, validate=validate.Length(max=10)
    )


class Arrive(Body):
    severity = fields.String(
        validate=validate.OneOf(SEVERITIES), metadata={"description": "in kinds that tell severities apart"}
    )


class Reclassify(Body):
    severity = fields.String(required=True, validate=validate.OneOf(SEVERITIES))
    reason = _text(500)


class Verify(Body):
    """Nothing is said: what was not found is rejected, with a reason."""


class Tick(Body):
    item = fields.String(required=True, validate=_CODE)


class HoldSession(Body):
    text = _text(2000, metadata={"description": "what was agreed; sealed at rest"})


class Pause(Body):
    reason_code = fields.String(required=True, validate=_CODE, metadata={"description": "a reason of the policy"})
    reason = _text(500, metadata={"description": "in words; sealed at rest"})


class Resume(Body):
    """Nothing is said."""


class Merge(Body):
    into = _text(64, required=True, metadata={"description": "identity or number of the ticket that goes on"})


class Transfer(Body):
    grid_id = fields.String(validate=_SLUG)
    compound_id = fields.String(validate=_SLUG)
    station_id = fields.String(validate=_SLUG)
    building_id = fields.String(validate=_SLUG, metadata={"description": "it says its grid and its compound"})
    reason = _text(500, required=True)


class PlanTicket(Body):
    planned_for = Instant()
    working_days = fields.Integer(strict=True, validate=validate.Range(1, 250))
    text = _text(2000)


class MovePlan(Body):
    planned_for = Instant()
    working_days = fields.Integer(strict=True, validate=validate.Range(1, 250))
    reason = _text(500, required=True)


class Resolve(Body):
    text = _text(2000, metadata={"description": "what was done; sealed at rest"})
    outcome = fields.String(validate=_CODE, metadata={"description": "in kinds that tell outcomes apart"})


class WithReason(Body):
    reason = _text(500, required=True)


class Word(Body):
    """The reporter's own, by account or by secret; or as staff were told it, who did not solve it themselves."""

    follow_up_secret = _text(100, metadata=made())
    on_behalf = fields.String(
        validate=validate.OneOf(SAID_AT), metadata={"description": "staff only: where the reporter told them so"}
    )


class Confirm(Word):
    rating = fields.Integer(required=True, strict=True, validate=validate.Range(1, 5))


class Reopen(Word):
    reason = _text(500, required=True)


class Cancel(Word):
    reason = _text(500)


class PrintSlip(Body):
    """Nothing is said."""


class FollowUp(Body):
    number = _text(40, required=True)
    follow_up_secret = _text(100, required=True, metadata=made())


class TicketFilter(Body):
    """What a list is narrowed by: whatever is given must hold, and one of the values of what is given twice."""

    area = fields.String(
        validate=validate.Regexp(r"/(?:[a-z0-9-]{1,64}/){1,12}\Z"), metadata={"description": "path; all beneath it"}
    )
    kind = fields.List(fields.String(validate=_CODE), validate=validate.Length(1, 20))
    state = fields.List(fields.String(validate=validate.OneOf(STATES)), validate=validate.Length(max=len(STATES)))
    colour = fields.List(fields.String(validate=validate.OneOf(COLOURS)), validate=validate.Length(1, len(COLOURS)))
    category = fields.String(validate=_CODE)
    channel = fields.String(validate=validate.OneOf(CHANNELS))
    level = fields.String(validate=validate.OneOf(LEVELS))
    handling_mode = fields.String(validate=validate.OneOf(tuple(MODES)))
    owner = fields.String(validate=_ID)
    assignee = fields.String(validate=_ID)
    number = _text(40)
    external_system = fields.String(validate=_CODE, metadata={"description": "with external_id"})
    external_id = ExternalId(metadata={"description": "with external_system; however it is written"})
    text = fields.String(
        validate=[validate.Length(2, 40), without_any_telephone, _searchable],
        metadata={"description": "in the summary: neighbouring Chinese characters, whole words and numbers"},
    )
    due_after = Instant(metadata={"description": "due then or later"})
    due_before = Instant(metadata={"description": "due earlier than then"})
    late = fields.Boolean()
    mine = fields.Boolean(load_default=False, metadata={"description": "only what the caller reported or has in hand"})
    sort = fields.String(
        validate=validate.OneOf(("newest", "due")),
        metadata={"description": "newest, unless due_after or due_before is given: then due, and only that"},
    )

    @validates_schema
    def _fits(self, given: dict[str, Any], **_: Any) -> None:
        if ("external_id" in given) != ("external_system" in given):
            missing = "external_system" if "external_id" in given else "external_id"
            raise ValidationError(Localized("Give system and id together.", "外部系统与编号须一并给出。"), missing)
        due = "due_after" in given or "due_before" in given
        if due and given.get("sort") == "newest":
            raise ValidationError(Localized("What is narrowed by due time is sorted by it.",
                                            "按到期时间筛选的列表只能按到期时间排序。"), "sort")  # fmt: skip
        if "text" in given and (due or given.get("sort") == "due"):
            raise ValidationError(Localized("A search by text is sorted by age and not narrowed by due time.",
                                            "按文字查找的结果按新旧排序，不能按到期时间筛选。"), "text")  # fmt: skip


class TicketSearch(TicketFilter):
    telephone = _text(LONGEST_TELEPHONE, metadata={"description": "the reporter's, however it is written"})


class KindFilter(Body):
    area = fields.String(
        required=True, validate=validate.Regexp(r"/(?:[a-z0-9-]{1,64}/){1,12}\Z"), metadata={"description": "its path"}
    )


# Answers
