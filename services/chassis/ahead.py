"""What a system clock that was ahead has left behind: leases and waits that end further ahead than they could.

A clock that is an hour ahead at boot and is then corrected must hold nothing up for that hour. Whoever looks for what
is free or due also takes what ends later than its own length from now: only a clock that was ahead can have written it.
Taking a lease that somebody does hold does no harm: each is fenced by its token, or its effect happens once.
"""

from datetime import datetime, timedelta
from typing import Any

Document = dict[str, Any]
SLACK = timedelta(seconds=5)
"""So much later may a neighbour have written than the moment for which is looked: he is not ahead yet."""


def is_over(end: datetime, now: datetime, longest: timedelta) -> bool:
    """Whether a lease or wait of at most `longest` that ends at `end` holds nobody up any more."""
    return end <= now or end > now + longest + SLACK


def over(field: str, now: datetime, longest: timedelta) -> Document:
    """The same as a condition on a stored moment; one that is not set holds nobody up."""
    return {"$or": [{field: None}, {field: {"$lte": now}}, {field: {"$gt": now + longest + SLACK}}]}
