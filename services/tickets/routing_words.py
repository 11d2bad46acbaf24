"""Why a matter was routed as it was, in the caller's language."""

from collections.abc import Mapping
from typing import Any

from services.tickets.domain.routing import MODES, POSSIBLE, Choice, Matter, Rule, Tried

_NAMES: Mapping[str, tuple[str, str]] = {
    "kind": ("工单种类", "the kind"), "channel": ("渠道", "the channel"), "category": ("类别", "the category"),
    "category_words": ("类别用词", "a word of the category"), "service": ("服务事项", "the service"),
    "urgent": ("急难", "urgency"), "reporter": ("有反映人", "a reporter"), "area": ("区域", "the area"),
    "station_type": ("驿站类型", "the station's type"), "severity": ("等级", "the severity"),
    "level": ("层级", "the level"),
}  # fmt: skip
_NOTHING = ("无", "none")


def choice_answer(choice: Choice, locale: str) -> dict[str, Any]:
    """The rule that matched and all that were tried before it."""
    rule = choice.rule
    return {
        "rules": choice.rules.pin, "rules_title": choice.rules.title.of(locale),
        "rule": rule.id, "title": rule.title.of(locale), "mode": rule.mode, "mode_name": MODES[rule.mode].of(locale),
        "told_each_step": rule.told_each_step, "urgent": rule.urgent, "level": rule.level,
        "file_as": {"kind": rule.file_as.kind, "service": rule.file_as.service} if rule.file_as else None,
        "matter": _matter(choice.matter),
        "tried": [_tried(one, choice.matter, locale) for one in choice.tried],
        "text": _sentence(choice, locale),
    }  # fmt: skip


def _matter(matter: Matter) -> dict[str, Any]:
    return {name: getattr(matter, name) for name in Matter.__slots__}


def _tried(one: Tried, matter: Matter, locale: str) -> dict[str, Any]:
    wanted = one.rule.when.get(one.failed or "", ())
    actual = _value(getattr(matter, one.failed), "en") if one.failed and one.failed in _NAMES else one.why
    return {
        "rule": one.rule.id, "title": one.rule.title.of(locale), "matched": one.failed is None,
        "condition": one.failed, "wanted": [_value(value, "en") for value in wanted],
        "actual": actual, "text": _why(one, matter, locale),
    }  # fmt: skip


def _why(one: Tried, matter: Matter, locale: str) -> str:
    zh, title = locale == "zh-CN", one.rule.title.of(locale)
    if one.failed is None:
        return f"“{title}”：全部条件成立。" if zh else f"{title}: everything that it asks holds."
    if one.failed == POSSIBLE:
        return (
            f"“{title}”：条件成立，但按所给内容无法照办（{one.why}）。" if zh
            else f"{title}: what it asks holds, but what it wants done cannot be done with what was given ({one.why})."
        )  # fmt: skip
    wanted = ("、" if zh else ", ").join(_value(value, locale) for value in one.rule.when[one.failed])
    name, actual = _NAMES[one.failed][0 if zh else 1], _value(getattr(matter, one.failed), locale)
    return (
        f"“{title}”：要求{name}为 {wanted}，实际为 {actual}。" if zh
        else f"{title}: it asks for {name} to be {wanted}; it is {actual}."
    )  # fmt: skip


def _sentence(choice: Choice, locale: str) -> str:
    rule, count = choice.rule, len(choice.tried)
    mode = MODES[rule.mode].of(locale)
    if locale == "zh-CN":
        return f"按 {choice.rules.pin} 第 {count} 条“{rule.title.zh}”，归为“{mode}”{_besides(rule, True)}。"
    return f"By rule {count} of {choice.rules.pin}, {rule.title.en}: {mode}{_besides(rule, False)}."


def _besides(rule: Rule, zh: bool) -> str:
    said = []
    if rule.file_as is not None:
        said.append(f"转为 {rule.file_as.kind}" if zh else f"filed as {rule.file_as.kind}")
    if rule.urgent:
        said.append("按急件" if zh else "made urgent")
    if rule.level is not None:
        said.append(f"先到 {rule.level}" if zh else f"first at the level {rule.level}")
    if rule.opens is not None:
        said.append(f"另立 {rule.opens.kind}" if zh else f"a further ticket of kind {rule.opens.kind}")
    if rule.told_each_step:
        said.append("步步告知" if zh else "the reporter hears of each step")
    return "".join(("，" if zh else ", ") + one for one in said)


def _value(value: Any, locale: str) -> str:
    zh = locale == "zh-CN"
    if isinstance(value, bool):
        return ("是" if value else "否") if zh else ("yes" if value else "no")
    if isinstance(value, tuple | list):
        return (("、" if zh else ", ").join(map(str, value))) or _NOTHING[0 if zh else 1]
    return _NOTHING[0 if zh else 1] if value is None else str(value)
