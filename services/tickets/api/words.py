"""Codes of a ticket's fields as people read them: Chinese, English. A code that is not here is shown as it is."""

from collections.abc import Mapping

from services.chassis.http.problems import Locale

WORDS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "kind": {
        "request": ("诉求", "request"), "order": ("点单", "order"), "wish": ("微心愿", "wish"),
        "errand": ("帮办代办", "errand"), "hazard": ("随手拍", "hazard"), "dispute": ("调解", "dispute"),
        "topic": ("议事", "topic"), "joint": ("联动", "joint"), "visit": ("走访", "visit"), "loan": ("借用", "loan"),
        "project": ("项目", "project"), "callback": ("回访", "callback"),
    },
    "state": {
        "filed": ("待受理", "filed"), "accepted": ("已受理", "accepted"), "offered": ("待认领", "offered"),
        "assigned": ("已派单", "assigned"), "on_site": ("已到场", "on site"), "planned": ("已定方案", "planned"),
        "resolved": ("已办结", "resolved"), "confirmed": ("已确认", "confirmed"), "closed": ("已销号", "closed"),
        "rejected": ("不予受理", "rejected"), "cancelled": ("已撤销", "cancelled"),
        "merged": ("已并案", "merged"),
    },
    "colour": {"green": ("绿", "green"), "yellow": ("黄", "yellow"), "red": ("红", "red")},
    "level": {
        "grid": ("网格", "grid"), "community": ("社区", "community"), "street": ("街道", "street"),
        "district": ("区县", "district"),
    },
    "severity": {
        "ordinary": ("普通", "ordinary"), "complex": ("复杂", "complex"), "special": ("特殊", "special"),
        "major": ("重大", "major"),
    },
    "channel": {
        "desk": ("窗口", "desk"), "online": ("网上", "online"), "mailbox": ("信箱", "mailbox"),
        "hotline": ("热线", "hotline"), "visit": ("走访", "visit"), "patrol": ("巡查", "patrol"),
        "snapshot": ("随手拍", "snapshot"), "night_talk": ("居民夜谈", "night talk"),
        "partner": ("合作系统", "partner"),
        "system": ("系统", "system"),
    },
    "cancelled": {
        "station_closed": ("驿站不开放", "the station is closed"),
        "no_staff": ("没有工作人员", "nobody of the staff is there"),
        "service_not_possible": ("无法提供该项服务", "the service is not possible"),
        "asked_by_person": ("应本人要求", "asked for by who was to come"),
    },
    "urgent": {"True": ("是", "yes"), "False": ("否", "no")},
}  # fmt: skip


def word(field: str, code: object, locale: Locale) -> str:
    """What a code of a field is called; the code itself where nobody has named it."""
    found = WORDS.get(field, {}).get(str(code))
    if found is None:
        return str(code)
    return found[0] if locale == "zh-CN" else found[1]
