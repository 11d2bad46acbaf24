"""HTTP as a service sees it: declare routes, get checked calls, answer replies, refuse with problems."""

from services.chassis.http.call import Call, Reply
from services.chassis.http.contact import EmailAddress, Telephone
from services.chassis.http.entrypoints import command, query, routes_of
from services.chassis.http.indexes import create_indexes
from services.chassis.http.instants import Instant
from services.chassis.http.language import MOST_TOLD, Localized
from services.chassis.http.paging import Page, PageSize, page_of
from services.chassis.http.probes import Probes
from services.chassis.http.problems import Problem, ProblemType
from services.chassis.http.routes import ANYONE, SIGNED_IN, AtOnce, Limit, Raw, Route
from services.chassis.http.texts import legible, seen_name

__all__ = [
    "ANYONE", "MOST_TOLD", "SIGNED_IN", "AtOnce", "Call", "EmailAddress", "Instant", "Limit", "Localized", "Page",
    "PageSize", "Probes", "Problem", "ProblemType", "Raw", "Reply", "Route", "Telephone", "command", "create_indexes",
    "legible", "page_of", "query", "routes_of", "seen_name",
]  # fmt: skip
