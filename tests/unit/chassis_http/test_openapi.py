"""Every route of every service says who may call it, and the description of them all is sound."""

from collections import Counter
from typing import Any

import pytest
from openapi_spec_validator import validate

from services.accounts.domain.roles import ROLES
from services.chassis.context import Service
from services.chassis.http import Route
from services.chassis.http.entrypoints import ApiEntrypoint
from services.chassis.http.openapi import build
from services.chassis.http.probes import ProbeEntrypoint
from services.chassis.http.problems import Catalog
from services.chassis.http.routes import Access
from tests.unit.chassis_http.routes import ALL, ROUTES

each_route = pytest.mark.parametrize(
    ("service", "route"), ROUTES, ids=[f"{service.name} {route.name}" for service, route in ROUTES]
)


@each_route
def test_every_route_states_its_authentication(service: Service, route: Route) -> None:
    assert isinstance(route.roles, Access) or set(route.roles) <= set(ROLES)


@each_route
def test_every_route_is_described(service: Service, route: Route) -> None:
    assert route.summary.endswith(".")


@each_route
def test_the_problems_that_a_route_names_are_declared(service: Service, route: Route) -> None:
    assert set(route.problems) <= {kind.slug for kind in Catalog(service.problems)}


@each_route
def test_what_creates_is_a_post(service: Service, route: Route) -> None:
    assert route.method == "POST" or not route.creates


@pytest.mark.parametrize("service", ALL, ids=lambda service: service.name)
def test_no_entrypoint_listens_beside_the_declared_routes(service: Service) -> None:
    """A nameko `@http` would be open to anyone and answer HTML."""
    kinds = {
        type(entrypoint)
        for kind in (service.api, service.worker)
        for name in dir(kind)
        for entrypoint in getattr(getattr(kind, name), "nameko_entrypoints", ())
        if hasattr(entrypoint, "get_url_rule")
    }
    assert kinds <= {ApiEntrypoint, ProbeEntrypoint}
    assert ProbeEntrypoint in kinds


def test_the_description_is_valid_openapi() -> None:
    document: Any = build(ALL)
    assert document["openapi"] == "3.1.0"
    validate(document)


def test_the_description_is_the_same_each_time() -> None:
    assert build(ALL) == build(ALL)


def test_an_operation_tells_what_a_caller_must_know() -> None:
    operation = build(ALL)["paths"]["/api/v1/accounts"]["post"]
    assert operation["security"] == [{"bearer": []}]
    assert {"Idempotency-Key"} == {p["name"] for p in operation["parameters"] if p.get("required")}
    assert operation["responses"]["409"]["content"]["application/problem+json"]["schema"] == {
        "$ref": "#/components/schemas/Problem"
    }
    assert operation["responses"]["201"]["content"]["application/json"]["schema"]["$ref"].endswith(
        "/AccountsAccountOut"
    )


@pytest.mark.parametrize("service", ALL, ids=lambda service: service.name)
def test_no_part_of_an_interface_hides_a_route_of_another(service: Service) -> None:
    """The parts are base classes of one: of two methods with one name only the first would be there."""
    declared = [name for part in service.api.__mro__ for name, method in vars(part).items() if hasattr(method, "route")]
    assert [name for name, times in Counter(declared).items() if times > 1] == []
