"""The demonstration county: Hequ's real sizes (report 003: 72 stations, 72 grids, 100 compounds), invented names."""

from collections.abc import Iterator
from itertools import count
from typing import Any

_STREETS = (
    ("qingxi", "清溪镇", (("qingyuan", "清源"), ("yuquan", "玉泉"), ("nanyuan", "南苑"), ("wenchang", "文昌"))),
    ("wangshan", "望山镇", (("dongling", "东岭"), ("songtao", "松涛"), ("heyuan", "和园"), ("xinghua", "杏花"))),
    ("liutang", "柳塘街道", (("changan", "长安里"), ("jinxiu", "锦绣"), ("fumin", "富民"), ("yongle", "永乐"))),
)
_GRIDS_PER_COMMUNITY = 6
_COMPOUNDS = 100
_FLOWERS = "兰桂荷菊梅竹松柏桐槐枫柳"
_HOURS = (
    {"hours": {"daily": ["08:00-12:00", "14:00-18:00"]}, "late": {"wednesday": ["19:00-20:00"]}},
    {"hours": {"daily": ["08:00-20:00"]}},
    {"hours": {"workdays": ["08:30-12:00", "14:30-18:00"], "weekend": ["09:00-12:00"]},
     "late": {"tuesday": ["19:00-20:00"], "friday": ["19:00-20:00"]}},
)  # fmt: skip
_SPRING_FESTIVAL = [
    {"date": "2027-02-06", "closed": True, "reason": "春节"},
    {"date": "2027-02-07", "hours": ["09:00-11:00"], "reason": "春节"},
]


def demonstration_county() -> dict[str, Any]:
    """The county in the shape of a places file, marked as a demonstration."""
    grids, compounds = count(1), _shared_out()
    return {
        "demo": True,
        "county": {"id": "hequ", "name": "河曲县(演示)"},
        "streets": [
            {
                "id": street,
                "name": name,
                "communities": [
                    _community(identity, text, [next(grids) for _ in range(_GRIDS_PER_COMMUNITY)], compounds)
                    for identity, text in communities
                ],
            }
            for street, name, communities in _STREETS
        ],
    }


def _shared_out() -> Iterator[list[int]]:
    """The numbers of the compounds of each grid: one each, and two for the first grids of the county."""
    number, grids = count(1), _GRIDS_PER_COMMUNITY * sum(len(communities) for _, _, communities in _STREETS)
    doubled = _COMPOUNDS - grids
    for grid in range(grids):
        yield [next(number) for _ in range(2 if grid < doubled else 1)]


def _community(identity: str, text: str, grids: list[int], compounds: Iterator[list[int]]) -> dict[str, Any]:
    served = {grid: next(compounds) for grid in grids}
    return {
        "id": identity,
        "name": f"{text}社区",
        "grids": [{"id": f"grid-{grid:03d}", "name": f"{text}第{place}网格"} for place, grid in enumerate(grids, 1)],
        "compounds": [
            {"id": f"compound-{number:03d}", "name": f"{text}{_FLOWERS[number % 12]}园{number}号院",
             "grids": [f"grid-{grid:03d}"]}
            for grid in grids for number in served[grid]
        ],
        "stations": [_station(text, grid, served[grid]) for grid in grids],
    }  # fmt: skip


def _station(text: str, grid: int, compounds: list[int]) -> dict[str, Any]:
    return {
        "id": f"station-{grid:03d}", "name": f"{text}{_FLOWERS[grid % 12]}驿站",
        "type": ("comprehensive", "individual", "friendly")[grid % 3], "grid": f"grid-{grid:03d}",
        "compounds": [f"compound-{number:03d}" for number in compounds], **_HOURS[grid % 3],
        "exceptions": _SPRING_FESTIVAL,
    }  # fmt: skip
