"""The roles of docs/architecture.md, from the widest use to the narrowest."""

RESIDENT = "resident"
"""居民"""
ADMIN = "admin"
"""Accounts and places."""

OFFICES = {"district": 1, "street": 2, "community": 3}
"""How deep in the tree an office's area begins at most: county, street, community. What is lifted to a level goes to
whoever has its role over the place; one of a single grid would draw to himself what its own office should see."""

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
