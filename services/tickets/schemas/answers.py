"""Shapes of answers about tickets."""

from marshmallow import Schema, fields

from services.chassis.http import page_of
from services.tickets.schemas import ExternalRef


def _moment(describe: str | None = None) -> fields.String:
    more = {"description": describe} if describe else {}
    return fields.String(allow_none=True, metadata={"format": "date-time", **more})


class ClockOut(Schema):
    name = fields.String()
    round = fields.Integer()
    state = fields.String()
    started_at = _moment()
    due_at = _moment()
    finished_at = _moment()


class MaskedReporter(Schema):
    name = fields.String(allow_none=True)
    telephone = fields.String(allow_none=True)


class ItemOut(Schema):
    code = fields.String()
    done_at = _moment()


class TicketOut(Schema):
    id = fields.String()
    number = fields.String()
    kind = fields.String()
    channel = fields.String()
    category = fields.String(allow_none=True)
    state = fields.String()
    round = fields.Integer()
    revision = fields.Integer()
    urgent = fields.Boolean()
    severity = fields.String(allow_none=True)
    level = fields.String()
    area_path = fields.String()
    grid_id = fields.String()
    compound_id = fields.String(allow_none=True)
    building_id = fields.String(allow_none=True)
    station_id = fields.String(allow_none=True)
    reporter_id = fields.String(allow_none=True)
    reporter = fields.Nested(MaskedReporter, metadata={"description": "masked"})
    description = fields.String(allow_none=True, metadata={"description": "in clear for the reporter only; see reveal"})
    summary = fields.String(
        allow_none=True,
        metadata={"description": "written by staff; of a callback null for whom it asks about, and for programs"},
    )
    owner_id = fields.String(allow_none=True)
    assignee_id = fields.String(allow_none=True)
    assignee_kind = fields.String(allow_none=True)
    service = fields.String(allow_none=True)
    promised_for = _moment()
    items = fields.List(fields.Nested(ItemOut))
    waiting_for = fields.String(allow_none=True)
    outcome = fields.String(allow_none=True)
    transfers = fields.Integer()
    verified_at = _moment()
    parent_id = fields.String(allow_none=True)
    merged_into = fields.String(allow_none=True)
    merged_into_number = fields.String(allow_none=True, metadata={"description": "under which number it goes on"})
    also_reported_by = fields.List(
        fields.String(), metadata={"description": "reporters of tickets merged into it; a reporter sees himself alone"}
    )
    report_withdrawn = fields.Boolean(
        metadata={"description": "for who took his report back while it goes on for others"}
    )
    occurred_at = _moment()
    recorded_at = _moment()
    arrived_at = _moment()
    planned_for = _moment()
    plan_moves = fields.Integer()
    resolved_at = _moment()
    confirmed_at = _moment()
    closed_at = _moment()
    rating = fields.Integer(allow_none=True)
    handling_mode = fields.String(
        allow_none=True, metadata={"description": "which of the five ways of handling (五必办); `routing` says why"}
    )
    told_each_step = fields.Boolean(metadata={"description": "whether the reporter hears of each step"})
    policy = fields.String()
    origin = fields.String(allow_none=True)
    external_refs = fields.List(fields.Nested(ExternalRef))
    external_due_at = _moment()
    late = fields.Boolean()
    colour = fields.String(
        metadata={"description": "green; yellow from the first warning on; red: a promise is broken"}
    )
    due_at = _moment("the earliest due time of what is still promised")
    clocks = fields.List(fields.Nested(ClockOut))


class TicketFiled(TicketOut):
    follow_up_secret = fields.String(
        allow_none=True, metadata={"description": "given once, to a reporter without an account who files themselves"}
    )


class Slip(Schema):
    """For the reporter, on paper."""

    number = fields.String()
    follow_up_secret = fields.String(metadata={"description": "given once; ends the slip before it"})
    printed_at = _moment()


TicketPage = page_of(TicketOut)


class Alike(Schema):
    ticket = fields.Nested(TicketOut)
    metres = fields.Integer(allow_none=True, metadata={"description": (
        "between both, up to the next ten; null: one says no position, or you may not reveal both"
    )})  # fmt: skip


class AlikeList(Schema):
    items = fields.List(fields.Nested(Alike), metadata={"description": "the nearest, then the newest first"})


class SegmentOut(Schema):
    start = _moment()
    end = _moment()
    seconds = fields.Integer()
    counts = fields.Boolean()
    why = fields.String()
    note = fields.String(allow_none=True)
    text = fields.String(metadata={"description": "in the caller's language"})


class ThresholdOut(Schema):
    threshold = fields.Integer(metadata={"description": "per cent; 100 is the breach, 0 for met"})
    reached_at = _moment()
    told = fields.Boolean(metadata={"description": "false: it had passed before the ticket was entered"})


class ClockExplained(ClockOut):
    calendar = fields.String()
    target_seconds = fields.Integer(allow_none=True)
    used_before_seconds = fields.Integer(
        metadata={"description": "by a level in this round before; `target_seconds` is what it had left"}
    )
    counted_seconds = fields.Integer()
    remaining_seconds = fields.Integer(allow_none=True)
    breached_at = _moment()
    thresholds = fields.List(fields.Nested(ThresholdOut))
    segments = fields.List(fields.Nested(SegmentOut))
    text = fields.String(metadata={"description": "in the caller's language"})


class HeldOut(Schema):
    by = fields.String(metadata={"description": "a level, or a person's identity"})
    since = _moment()
    until = _moment("null: still")
    seconds = fields.Integer(metadata={"description": "of the wall clock"})


class ClocksOut(Schema):
    ticket_id = fields.String()
    number = fields.String()
    policy = fields.String()
    as_of = _moment()
    clocks = fields.List(fields.Nested(ClockExplained))
    hours = fields.List(
        fields.Dict(keys=fields.String()),
        metadata={
            "description": "for each round the opening hours that it keeps, as places files have them; null: none"
        },
    )
    levels = fields.List(fields.Nested(HeldOut), metadata={"description": "how long each level had it (责任时钟)"})
    hands = fields.List(fields.Nested(HeldOut), metadata={"description": "how long each had it in hand"})
    duty = fields.List(
        fields.Dict(keys=fields.String()),
        metadata={
            "description": (
                "where a post named the owner, or somebody was skipped or nobody there: post; who, why and until when "
                "for staff over its place, to others they are null"
            )
        },
    )


class StepOut(Schema):
    kind = fields.String()
    at = _moment()
    round = fields.Integer()
    by = fields.String(allow_none=True)
    words_withheld = fields.Boolean(
        metadata={"description": "somebody wrote a reason or a text, which is not for this reader; `detail` lacks it"}
    )
    detail = fields.Dict(keys=fields.String())


class HistoryOut(Schema):
    ticket_id = fields.String()
    number = fields.String()
    steps = fields.List(fields.Nested(StepOut))


class Revealed(Schema):
    name = fields.String(allow_none=True)
    telephone = fields.String(allow_none=True)
    email = fields.String(allow_none=True)
    address = fields.String(allow_none=True)
    description = fields.String(allow_none=True)
    position = fields.Dict(keys=fields.String(), allow_none=True)


class ServiceItemOut(Schema):
    code = fields.String()
    title = fields.String()


class ServiceOut(Schema):
    code = fields.String()
    title = fields.String()
    skills = fields.List(fields.String())
    items = fields.List(fields.Nested(ServiceItemOut), metadata={"description": "the checklist"})


class KindOut(Schema):
    kind = fields.String()
    policy = fields.String(metadata={"description": "name and version that a ticket filed now keeps"})
    title = fields.String()
    asks = fields.List(fields.String(), metadata={"description": "what filing must give"})
    takes_date = fields.Boolean(metadata={"description": "whether filing may give promised_for"})
    filed_by = fields.String(metadata={"description": "anybody, staff, system"})
    on_site = fields.String(metadata={"description": "needed, possible, none"})
    severities = fields.Boolean()
    verified = fields.Boolean(metadata={"description": "whether somebody else looks first"})
    volunteers = fields.Boolean()
    sessions = fields.Boolean()
    outcomes = fields.List(fields.String())
    pauses = fields.List(fields.String(), metadata={"description": "for which reasons it may wait"})
    services = fields.List(fields.Nested(ServiceOut))


class KindList(Schema):
    items = fields.List(fields.Nested(KindOut))
    categories = fields.List(
        fields.String(), metadata={"description": "from which who is neither staff nor a partner chooses there"}
    )
    categories_complete = fields.Boolean(
        metadata={"description": "false: places have more departments, or these more categories, than may be "
                                 "registered now; those of the first are listed, all may be chosen"}
    )  # fmt: skip


class WorkingDaysOut(Schema):
    year = fields.Integer()
    count = fields.Integer()
    working_days = fields.List(fields.String(metadata={"format": "date"}))
