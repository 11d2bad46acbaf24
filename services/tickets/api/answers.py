"""Tickets, clocks and histories as they are answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.tickets.domain import steps
from services.tickets.domain.attachments import HIDDEN
from services.tickets.domain.clocks import Clock
from services.tickets.domain.colours import colour
from services.tickets.domain.explain import WORDS, counted_seconds, segments
from services.tickets.domain.handled import MERGED_OFFICE
from services.tickets.domain.hours import from_plain
from services.tickets.domain.place_plain import plain_hours
from services.tickets.domain.reading import (
    is_listed,
    may_read,
    reads_as_reporter,
    sees_own_reporter,
    sees_reporters,
    sees_who_is_away,
    shown_by,
    summary_for,
)
from services.tickets.domain.responsibility import Held, by_hands, by_levels
from services.tickets.domain.settle import Rules, next_due
from services.tickets.domain.steps import Step
from services.tickets.domain.ticket import Ticket
from services.tickets.domain.transitions import Actor
from services.tickets.handlers.ports import House
from services.tickets.handlers.publishing import ticket_state
from services.tickets.handlers.revealing import masked, personal

_CLOCK_NAMES = {
    "arrival": ("到达现场", "arrival on site"), "solution": ("解决问题", "solution"), "plan": ("形成方案", "plan"),
    "planned_date": ("方案日期", "planned date"), "verification": ("核实情况", "verification"),
    "dispatch": ("派单", "dispatch"), "taken": ("接单", "being taken up"), "appointment": ("约定时间", "appointment"),
    "done": ("办结", "completion"), "step": ("办理一步", "next step"), "first_session": ("首次调解", "first session"),
    "own_date": ("约定日期", "its own date"), "return": ("归还", "return"),
    "external": ("来源系统时限", "partner's date"),
    "community": ("社区办理", "community's time"),
    "street": ("街道办理", "street's time"), "district": ("区县办理", "district's time"),
}  # fmt: skip
_STATES = {
    "running": ("计时中", "running"), "paused": ("已暂停", "paused"), "met": ("按时完成", "kept"),
    "breached": ("已超时", "breached"), "waived": ("不再适用", "waived"),
    "solved-beneath": ("由下级办结,本级时限不再计,不算按时完成", "waived, solved from beneath, not counted as kept"),
    "unknown": ("工作日历未载入,尚不能判断", "not known yet: the calendar is not loaded"),
}  # fmt: skip
_SKIPPED = {
    "absent": ("不在岗,已跳过", "absent, skipped"), "disabled": ("账号已停用,已跳过", "account disabled, skipped"),
    "not_staff": ("已不在该处任职,已跳过", "no longer staff there, skipped"),
    "rated": ("回访的被评价人,已跳过", "rated in what it looks into, skipped"),
    "beneath_level": ("没有该级或以上的角色,已跳过", "no role of the level or above, skipped"),
    None: ("有人当时不能负责,已跳过", "somebody could not answer for it then and was skipped"),
}  # fmt: skip
_SEALED_DETAIL = frozenset({"reason", "text", "late_reason"})
_HIDDEN_DETAIL = HIDDEN | {"hours"}
_REPORTERS_DETAIL = frozenset({
    "reporters", "person_id", "word_of", "filed_by", "handlers", "solvers", "workers", "worked", "took_in", "holders",
    "mergers", MERGED_OFFICE,
})  # fmt: skip
"""Who else reported it, and who had to do with what was merged into it: not for other reporters."""


_ABOUT_SOMEBODY: Mapping[str, frozenset[str]] = {
    steps.HANDED_BACK: frozenset({"reason_code"}),
    steps.CLAIM_DECLINED: frozenset({"reason_code"}),
    steps.OFFERED: frozenset({"reason_code", "answerable_id"}),
}
"""Why it was taken from somebody, or his claim declined: his account is disabled, he has no role there any more, or he
is suspended."""


def ticket_answer(
    house: House, store: Any, ticket: Ticket, actor: Actor | None, now: datetime,
    known: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """The ticket for this caller: the reporter sees their own words, everybody else what is masked.

    `known` is what `personal` says, where it has been unsealed already.
    """
    rules = house.rules(store, ticket.policy)
    clocks = rules.clocks(ticket, steps.whole_second(now))
    own, others = actor is not None and "author" in actor.parts, actor is not None and not sees_reporters(actor)
    shown = (own or not others) and (actor is None or sees_own_reporter(ticket, actor))
    due, known = next_due(clocks, ticket), personal(house, ticket) if known is None else known
    return {
        **ticket_state(ticket, clocks),
        **(_of_himself(ticket, actor) if actor is not None and others else {}),
        "id": ticket.id,
        "revision": ticket.revision,
        "summary": ticket.summary if actor is None else summary_for(ticket, actor),
        "plan_moves": ticket.plan_moves,
        "reporter": masked(known if shown else {}),
        "merged_into_number": ticket.merged_into_number,
        "description": known.get("description") if own else None,
        "due_at": due.isoformat() if due else None,
        "colour": colour(((step.kind, step.round) for step in ticket.history), ticket.round),
    }


def _of_himself(ticket: Ticket, actor: Actor) -> dict[str, Any]:
    """Of the reporters the reader alone, of references those of his own report, and no word of whom it went on for."""
    also = [actor.reports_as] if actor.reports_as in ticket.also_reported_by else []
    is_own, left = actor.reports_as == ticket.reporter_id, actor.reports_as in ticket.withdrawn_by
    return {
        "reporter_id": ticket.reporter_id if is_own else None, "also_reported_by": also, "report_withdrawn": left,
        **({} if is_own else {"external_refs": [], "origin": None}), **({"rating": None} if left else {}),
    }  # fmt: skip


def clocks_answer(rules: Rules, ticket: Ticket, actor: Actor, now: datetime, locale: str) -> dict[str, Any]:
    """Every clock, explained: what counted, what did not, and why."""
    named = sees_who_is_away(actor)
    clocks = rules.clocks(ticket, now)
    return {
        "ticket_id": ticket.id, "number": ticket.number, "policy": ticket.policy, "as_of": now.isoformat(),
        "clocks": [_clock(clock, ticket, now, locale) for clock in clocks],
        "hours": [_counted_by(step) for step in ticket.history if step.kind in steps.ROUND_STARTS],
        "levels": [_held(one, now) for one in by_levels(ticket)],
        "hands": [_held(one, now) for one in by_hands(ticket)],
        "duty": [_duty(step, named, locale) for step in ticket.history if "duty" in step.detail],
    }  # fmt: skip


def _clock(clock: Clock, ticket: Ticket, now: datetime, locale: str) -> dict[str, Any]:
    counted = counted_seconds(clock, now)
    target = clock.promise.seconds
    remaining = max(target - counted, 0) if target is not None and clock.is_open else None
    return {
        "name": clock.name, "round": clock.round, "state": clock.state, "calendar": clock.timeline.calendar_name,
        "started_at": clock.started_at.isoformat(), "due_at": _text(clock.due_at),
        "finished_at": _text(clock.finished_at), "breached_at": _text(clock.breached_at), "target_seconds": target,
        "used_before_seconds": clock.used_before, "counted_seconds": counted, "remaining_seconds": remaining,
        "thresholds": [_threshold(step) for step in ticket.history if _of(step, clock)],
        "segments": [
            {"start": span.start.isoformat(), "end": span.end.isoformat(), "seconds": span.seconds,
             "counts": span.counts, "why": span.why, "note": span.note, "text": _why(span.why, span.note, locale)}
            for span in segments(clock, now)
        ],
        "text": _sentence(clock, counted, locale),
    }  # fmt: skip


def _counted_by(step: Step) -> dict[str, Any]:
    """By which hours a round counts: those of its station as they were when it began."""
    kept = step.detail.get("hours")
    return {"since": step.at.isoformat(), **(plain_hours(from_plain(kept)) if kept is not None else {"hours": None})}


def _held(one: Held, now: datetime) -> dict[str, Any]:
    return {"by": one.by, "since": one.since.isoformat(), "until": _text(one.until), "seconds": one.seconds(now)}


def _duty(step: Step, named: bool, locale: str) -> dict[str, Any]:
    kept = _named(step.detail["duty"], named)
    language = 0 if locale == "zh-CN" else 1
    return {
        "at": step.at.isoformat(), "level": kept["level"], "vacant": kept["vacant"],
        "post": kept.get("post"),
        "skipped": [{**one, "text": _SKIPPED[one["why"]][language]} for one in kept["skipped"]],
    }  # fmt: skip


def _named(duty: Mapping[str, Any], named: bool) -> Mapping[str, Any]:
    """Who was skipped; to who may not learn that, at most that somebody was."""
    if named or not duty["skipped"]:
        return duty
    return {**duty, "skipped": [{"person_id": None, "why": None, "until": None}]}


def _of(step: Step, clock: Clock) -> bool:
    return step.kind in steps.MARKS and (step.detail["clock"], step.detail["round"]) == (clock.name, clock.round)


def _threshold(step: Step) -> dict[str, Any]:
    told = step.kind != steps.PASSED and not step.detail["replayed_late"]
    return {"threshold": step.detail["threshold"], "reached_at": _text(step.detail["reached_at"]), "told": told}


def _why(code: str, note: str | None, locale: str) -> str:
    zh, en = WORDS[code]
    if locale == "zh-CN":
        return f"{zh}({note})" if note else zh
    return f"{en} ({note})" if note else en


def _sentence(clock: Clock, counted: int, locale: str) -> str:
    name_zh, name_en = _CLOCK_NAMES.get(clock.base, (clock.base, clock.base))
    beneath = clock.state == "waived" and clock.solved_beneath
    state_zh, state_en = _STATES["solved-beneath" if beneath else clock.state]
    target, used = clock.promise.seconds, ""
    if clock.used_before:
        used_zh, used_en = WORDS["used-before"]
        used = (
            f"({used_zh} {_span(clock.used_before, locale)})" if locale == "zh-CN"
            else f" ({used_en} {_span(clock.used_before, locale)})"
        )  # fmt: skip
    if locale == "zh-CN":
        promised = f",时限 {_span(target, 'zh-CN')}{used}" if target is not None else ""
        return f"{name_zh}:{state_zh}{promised},已计时 {_span(counted, 'zh-CN')}。"
    promised = f", {_span(target, 'en')} promised{used}" if target is not None else ""
    return f"{name_en}: {state_en}{promised}, {_span(counted, 'en')} counted."


def _span(seconds: int, locale: str) -> str:
    names = (("天", "小时", "分", "秒") if locale == "zh-CN" else ("d", "h", "min", "s"))  # fmt: skip
    parts = (seconds // 86400, seconds % 86400 // 3600, seconds % 3600 // 60, seconds % 60)
    said = [f"{number} {name}" for number, name in zip(parts, names, strict=True) if number]
    return " ".join(said) or f"0 {names[3]}"


def history_answer(house: House, ticket: Ticket, actor: Actor) -> dict[str, Any]:
    """All steps in order, but photos of which the reader learns nothing. What people wrote is sealed at rest, and left
    out for who may not read it: `may_read`."""
    reporter = not sees_reporters(actor)
    return {
        "ticket_id": ticket.id, "number": ticket.number,
        "steps": [
            {"kind": step.kind, "at": step.at.isoformat(), "round": step.round,
             "by": shown_by(ticket, actor, step),
             "words_withheld": _has_words(step) and not may_read(ticket, actor, step),
             "detail": _detail(house, _without_what_is_for_staff(step, actor), may_read(ticket, actor, step), reporter)}
            for step in ticket.history
            if step.kind != steps.ATTACHED or is_listed(ticket, actor, step)
        ],
    }  # fmt: skip


def _without_what_is_for_staff(step: Step, actor: Actor) -> Mapping[str, Any]:
    """What a step says, but not who is away, whose account is disabled, who is suspended, or who answers for a program,
    where that is for staff alone."""
    if sees_who_is_away(actor):
        return step.detail
    names = {steps.ANSWERABLE, *_ABOUT_SOMEBODY.get(step.kind, ())}
    detail = {name: value for name, value in step.detail.items() if name not in names}
    return {**detail, "duty": _named(detail["duty"], False)} if "duty" in detail else detail


def reads_others_words(ticket: Ticket, actor: Actor) -> bool:
    """Whether somebody reads, in its history, what another wrote, and not as one of its reporters alone."""
    others = (step for step in ticket.history if _has_words(step) and step.by != actor.person_id)
    return any(may_read(ticket, actor, step) and not reads_as_reporter(ticket, actor, step) for step in others)


def _has_words(step: Step) -> bool:
    return any(step.detail.get(name) is not None for name in _SEALED_DETAIL)


def _detail(house: House, detail: Mapping[str, Any], may_read: bool, reporter: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for name, value in detail.items():
        if (
            name in _HIDDEN_DETAIL
            or (reporter and name in _REPORTERS_DETAIL)
            or (name in _SEALED_DETAIL and not may_read)
        ):
            continue
        if name in _SEALED_DETAIL and value is not None:
            value = house.seal.unseal(value)
        shown[name] = value.isoformat() if isinstance(value, datetime) else value
    return shown


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
