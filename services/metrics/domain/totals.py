"""Every total by name: what it counts and by which labels.

A new total is a row here and an increment in `counting`. All labels are bounded: codes of policies and contracts, and
areas down to the community, never a person, a ticket or a grid.
"""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Total:
    """One total. `labels` are exported to Prometheus; `area`, where kept, slices reports and is summed for Prometheus
    unless it is among the labels."""

    help: str
    labels: tuple[str, ...] = ()
    by_area: bool = True


EVENTS = "doorstep_events_total"
FILED = "doorstep_tickets_filed_total"
RESOLVED = "doorstep_tickets_resolved_total"
CLOSED = "doorstep_tickets_closed_total"
REOPENED = "doorstep_tickets_reopened_total"
RATED = "doorstep_ratings_total"
CLOCKS = "doorstep_clocks_total"
WARNINGS = "doorstep_clock_warnings_total"
ESCALATIONS = "doorstep_escalations_total"
POINTS_AWARDED = "doorstep_points_awarded_total"
POINTS_REVERSED = "doorstep_points_reversed_total"
AWARDS = "doorstep_point_awards_total"
REVERSALS = "doorstep_point_reversals_total"
CLAIMS = "doorstep_claims_total"
MEMBERS = "doorstep_members_approved_total"
SUSPENSIONS = "doorstep_members_suspended_total"
NOTICES = "doorstep_notices_total"
ACCOUNTS = "doorstep_accounts_opened_total"

OWN, THROUGH_STAFF = "own", "through_staff"
"""How a rating came: by the resident's own hand, or through the hands of staff."""
WAYS_THROUGH_STAFF = frozenset({"slip", "staff"})
"""As `contracts.tickets` names them."""

TOTALS: Mapping[str, Total] = {
    EVENTS: Total("Events by publisher and type.", ("publisher", "type"), by_area=False),
    FILED: Total("Tickets filed.", ("kind", "channel", "area")),
    RESOLVED: Total("Tickets resolved; in_time says whether no clock of the round was breached.", ("kind", "in_time")),
    CLOSED: Total("Tickets struck off the list (销号), by outcome.", ("kind", "outcome")),
    REOPENED: Total("Tickets reopened.", ("kind",)),
    RATED: Total(
        "Ratings given at confirmation, 1 to 5; way: own, or through_staff (by a slip, or written down by them).",
        ("rating", "way"),
    ),
    CLOCKS: Total("Promised times met and breached.", ("clock", "severity", "outcome")),
    WARNINGS: Total("Warnings before a promised time, by per cent gone.", ("clock", "threshold")),
    ESCALATIONS: Total("Tickets lifted to another level.", ("to_level", "cause")),
    POINTS_AWARDED: Total("Points paid.", ("rule",)),
    POINTS_REVERSED: Total("Points taken back.", ("rule",)),
    AWARDS: Total("Payments of points.", ("rule",)),
    REVERSALS: Total("Payments of points taken back.", ("rule",)),
    CLAIMS: Total("Claims of offered tickets, won and released.", ("outcome",)),
    MEMBERS: Total("Volunteers approved, also again after a suspension."),
    SUSPENSIONS: Total("Volunteers suspended."),
    NOTICES: Total("What became of notices: sent, failed, undeliverable.", ("channel", "outcome")),
    ACCOUNTS: Total("Accounts opened.", ("kind",), by_area=False),
}


@dataclass(frozen=True, slots=True)
class Key:
    """One counter: a total, the community that it happened in, and the values of its labels in their order."""

    total: str
    labels: tuple[str, ...] = ()
    area: str = ""


def make_key(total: str, area_path: str = "", **labels: object) -> Key:
    """The counter for these labels. Raises KeyError when one is missing."""
    definition = TOTALS[total]
    area = community_of(area_path) if definition.by_area else ""
    values = {**labels, "area": area}
    return Key(total, tuple(_text(values[name]) for name in definition.labels), area)


def community_of(area_path: str) -> str:
    """The community (社区) of an area path: its first three steps. What is wider stays as it is."""
    steps = area_path.split("/")
    return "/".join(steps[:4]) + "/" if len(steps) > 5 else area_path


def _text(value: object) -> str:
    if value is None:
        return "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
