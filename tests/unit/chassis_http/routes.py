"""Every service that there is, and every route of it."""

from importlib.util import find_spec

from services.chassis.directory import SERVICES, find_service
from services.chassis.http import routes_of

ALL = [find_service(name) for name in SERVICES if find_spec(f"services.{name}.service")]
ROUTES = [(service, route) for service in ALL for route in routes_of(service.api)]
