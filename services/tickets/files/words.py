"""What is wrong with a policy or a calendar, in words. A code may carry what it is about behind a colon."""

from collections.abc import Mapping

from services.tickets.files import place_words

# fmt: off
_WORDS: Mapping[str, tuple[str, str]] = {
    "not-a-code": ("应为 1 至 40 位小写字母、数字、- 或 _。", "Must be 1 to 40 of a-z, 0-9, - and _."),
    "not-a-list-of-codes": ("应为代码列表。", "Must be a list of codes."),
    "not-a-duration": ("应为时长,如 10 min、4 h、1 d。", "Must be a duration like 10 min, 4 h, 1 d."),
    "not-a-positive-number": ("应为正整数。", "Must be a whole number above zero."),
    "not-rising-percentages": ("应为递增的百分数列表,如 [50, 80]。", "Must be rising percentages like [50, 80]."),
    "not-one-of": ("应为以下之一:{about}。", "Must be one of: {about}."),
    "not-some-of": ("应为以下若干项的列表:{about}。", "Must be a list of some of: {about}."),
    "one-of": ("必须且只能有其中之一:{about}。", "Give exactly one of: {about}."),
    "needs-target": ("逐次计时须给出 target。", "A clock for each step needs a target."),
    "needs-on-site": ("不到现场的工单不分等级。", "Without anybody on site nobody sets a severity."),
    "never-happens-in-this-kind": ("这类工单不会有这一步,时限永不开始或结束。",
                                   "This step never happens in this kind: the clock would never begin or end."),
    "ends-where-it-begins": ("时限的开始与结束不能是同一步(逐次计时除外)。",
                             "A clock cannot end with the step that it begins with, unless it is one for each."),
    "callback-needs-top": ("回访的层级须到区（县）一级。", "The ladder of a callback reaches the district."),
    "kind-without-severities": ("该类工单不分等级,请给出单一时限。", "This kind has no severities: give one target."),
    "name-taken": ("名称 {about} 重复或为层级名。", "The name {about} is used twice, or is that of a level."),
    "code-taken": ("代码 {about} 重复。", "The code {about} is used twice."),
    "not-in-order": ("层级须由低到高。", "Levels must go upwards."),
    "not-a-year": ("应为年份,如 2027。", "Must be a year like 2027."),
    "other-year": ("日期不在该年或上年十二月内。", "The date lies neither in the year nor in December before it."),
    "not-a-whole-year": ("全年法定节假日不会这么少或这么多。", "No whole year has so few or so many holidays."),
    "works-anyhow": ("工作日无须列为调休上班。", "A weekday works anyhow: only made-up weekends are named."),
    "too-many-rules": ("最多 {about} 条规则。", "At most {about} rules."),
    "only-at-filing": ("等级和层级在提交时还不知道,以此为条件的规则只能定办理方式、告知和另立联动。",
                       "Severity and level are not known at filing: a rule that asks for them cannot do this."),
    "turned-in-these-modes": ("只有这些办理方式才转为另一类工单:{about}。",
                              "Only these modes turn a ticket into another kind: {about}."),
    "opened-in-this-mode": ("只有这种办理方式才另立工单:{about}。", "Only this mode opens a further ticket: {about}."),
    "too-many-items": ("最多 {about} 项。", "At most {about} items."),
    "not-points": ("分值应为 1 至 1000 的整数。", "Points must be a whole number from 1 to 1000."),
    "half-needs-even-points": ("可部分达到的项目分值须为偶数。",
                               "What may be half there needs an even number of points."),
    "asks-nothing": ("when 为空;对一切都适用的规则请不写 when。",
                     "Asks nothing; leave `when` out of the rule that matches everything."),
    "not-a-list-of-paths": ("应为区域路径列表,如 [/hequ/xikou/]。",
                            "Must be a list of area paths like [/hequ/xikou/]."),
    "never-reached": ("此规则永远轮不到:规则 {about} 已先适用于同样的情形。",
                      "This rule is never reached: the rule {about} takes all that it would match."),
    "no-rule-for-the-rest": ("最后一条规则必须不设条件(不写 when),适用于其余一切。",
                             "The last rule must ask nothing (no `when`), so that every matter has one."),
    "rest-not-always-possible": ("最后一条规则不能转类或改层级,因为未必办得到。",
                                 "The last rule cannot turn or lift what is filed: that is not always possible."),
    "longer-than-a-day": ("不能超过一天。", "Must not be longer than a day."),
    "only-for-a-week": ("只有按周（each: week）的定额才写 days。", "Only a quota for each week has days."),
    "holiday-too": ("同一天既放假又上班。", "The day is named as a holiday too."),
}
# fmt: on


def words(code: str) -> tuple[str, str]:
    """The sentence for an error's code in zh-CN and en."""
    name, _, about = code.partition(":")
    if name not in _WORDS:
        return place_words.words(name, {})
    zh, en = _WORDS[name]
    return zh.format(about=about.replace(",", "、")), en.format(about=about.replace(",", ", "))
