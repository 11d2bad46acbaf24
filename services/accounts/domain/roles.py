"""The roles of docs/architecture.md, from the widest use to the narrowest."""

RESIDENT = "resident"
"""居民"""
ADMIN = "admin"
"""Accounts and places."""

ROLES: tuple[str, ...] = (
    RESIDENT,
    "member",  # 志愿者、党员
    "grid_worker",  # 网格员
    "grid_head",  # 网格长
    "station_head",  # 站长
    "community",  # 社区
    "street",  # 街道
    "district",  # 区县
    "ops",  # sees machinery, no tickets
    ADMIN,
    "partner",  # other services
)
