"""What is wrong with a places file, in words."""

from collections.abc import Mapping

# fmt: off
_WORDS: Mapping[str, tuple[str, str]] = {
    "not-a-mapping": ("应为键值结构。", "Must be a mapping."),
    "not-a-list": ("应为列表。", "Must be a list."),
    "unknown-field": ("没有这个字段。", "Unknown field."),
    "required": ("必须填写。", "Missing data for required field."),
    "not-a-slug": ("编号只能用小写字母、数字和连字符,1 至 63 位。", "Must be 1 to 63 of a-z, 0-9 and hyphens."),
    "not-a-short-text": ("应为 1 至 60 个字的文字，写在一行内，没有看不见的字符。",
                         "Must be a text of 1 to 60 characters on one line, none of them unseen."),
    "not-true-or-false": ("应为 true 或 false。", "Must be true or false."),
    "not-one-of": ("应为以下之一:{choices}。", "Must be one of: {choices}."),
    "id-taken": ("编号 {id} 重复。", "The id {id} is used twice."),
    "no-such-place": ("没有编号为 {id} 的 {level}。", "There is no {level} with the id {id}."),
    "other-community": ("{id} 属于另一个社区。", "{id} lies in another community."),
    "grid-not-of-compound": (
        "小区 {compound} 不在网格 {id} 内。", "The compound {compound} does not lie in the grid {id}.",
    ),
    "already-served": ("小区 {id} 已由驿站 {by} 服务。", "The compound {id} is already served by the station {by}."),
    "never-open": ("驿站至少要有一次开放时间。", "A station must be open at some time."),
    "not-a-list-of-hours": ("应为时段列表,如 [\"08:30-12:00\"]。", "Must be a list of hours like [\"08:30-12:00\"]."),
    "hours-format": ("时段应写作 08:30-12:00。", "Hours are written 08:30-12:00."),
    "hours-order": ("时段的结束必须晚于开始,且不超过 24:00。", "Hours must end after they begin, and by 24:00."),
    "hours-short": ("每个时段至少 {least} 分钟。", "Each opening takes at least {least} minutes."),
    "hours-few": ("驿站每周至少开放 {least} 小时。", "A station is open at least {least} hours a week."),
    "hours-overlap": ("时段有重叠。", "Hours overlap."),
    "not-a-date": ("应为日期,如 2026-10-01。", "Must be a date like 2026-10-01."),
    "date-twice": ("同一日期出现两次。", "The date is given twice."),
    "closed-or-hours": ("closed 与 hours 必须且只能有一个。", "Give either closed or hours."),
    "not-degrees": ("应为 -{most} 至 {most} 之间的度数(WGS-84)。",
                    "Must be degrees (WGS-84) between -{most} and {most}."),
    "no-telephone": ("不能含有手机号码。", "Must not hold a mobile telephone number."),
    "no-identity-card": ("不能含有身份证号码。", "Must not hold the number of an identity card."),
    "too-many": ("最多 {most} 项。", "At most {most} items."),
    "id-reserved": ("编号 {id} 是保留字。", "The id {id} is reserved."),
    "parent-cycle": ("驿站 {id} 不能直接或间接以自己为中心。", "The station {id} would be a centre above itself."),
    "state-cannot-follow": ("驿站目前为 {now},不能变为 {state}。", "The station is {now} and cannot become {state}."),
    "moved": ("{id} 不能从 {from} 移到 {to}:只有网格、小区和驿站可以在本县(区)内移动。",
              "{id} cannot move from {from} to {to}: grids, compounds and stations move, within their county."),
    "still-followed": ("刚刚搬迁,工单还在跟随,约一分钟后再撤销。",
                       "has just moved and its tickets still follow: remove it in a minute or two."),
    "has-tickets": ("还有 {count} 件未办结的工单,不能撤销。",
                    "{count} tickets have not ended there: it cannot be removed."),
    "unknown-column": ("没有这一列。", "There is no such column."),
    "column-twice": ("这一列出现两次。", "The column is there twice."),
    "column-missing": ("缺少这一列。", "The column is missing."),
    "table-twice": ("同一种表给了两个。", "Two tables of the same sort."),
    "too-many-cells": ("这一行的单元格多于表头。", "The line has more cells than the heading."),
    "not-csv": ("不是合格的 CSV。", "This is not well-formed CSV."),
    "not-utf-8-or-gb18030": ("文件既不是 UTF-8 也不是 GB18030。", "The file is neither UTF-8 nor GB18030."),
    "no-county": ("没有县(区)这一行。", "No line is the county's."),
    "one-county": ("只能有一个县(区)。", "There can be one county only."),
    "which-county": ("表中没有县(区),已知的有:{known}。请同时给出区域表。",
                     "Which county? There are: {known}. Give the table of areas too."),
    "one-yaml-or-tables": ("请给出一个 YAML 文件,或一至两个 CSV 表。", "Give one YAML file, or one or two CSV tables."),
    "not-utf-8": ("文件不是 UTF-8。", "The file is not UTF-8."),
    "not-yaml": ("不是合格的 YAML。", "This is not well-formed YAML."),
    "too-deep": ("嵌套过深或内容过多。", "Nested too deep, or too much of it."),
    "too-large": ("文件过大。", "The file is too large."),
    "field-twice": ("同一字段出现两次。", "The field is given twice."),
}
# fmt: on


def words(code: str, params: Mapping[str, str]) -> tuple[str, str]:
    """The sentence for an error's code in zh-CN and en."""
    zh, en = _WORDS[code]
    return zh.format_map(params), en.format_map(params)
