"""The HTTP interface of tickets: parse, call one handler, answer."""

from services.tickets.api.absences import Absences
from services.tickets.api.accesses import AccessList
from services.tickets.api.acts import ActList
from services.tickets.api.alike import Duplicates
from services.tickets.api.appointments import Appointments
from services.tickets.api.attachments import Attachments
from services.tickets.api.coverage import Coverage
from services.tickets.api.deeds import Deeds
from services.tickets.api.departments import Departments
from services.tickets.api.export import Export
from services.tickets.api.filing import Filing
from services.tickets.api.inspections import Inspections
from services.tickets.api.kinds import Kinds
from services.tickets.api.places import Places
from services.tickets.api.posts import DutyPosts
from services.tickets.api.presence import Presence
from services.tickets.api.reading import Reading
from services.tickets.api.routing import Routing
from services.tickets.api.service_records import ServiceRecords
from services.tickets.api.six_parties import SixParties
from services.tickets.api.stations import Stations


class Tickets(
    Filing, Deeds, Reading, Export, Duplicates, Kinds, Places, Stations, Attachments, Routing, ServiceRecords,
    Inspections, SixParties, Coverage, Presence, DutyPosts, Absences, Departments, Appointments, AccessList,
    ActList,
):  # fmt: skip
    """All routes."""
