"""The services by name. Apart from the launcher, which patches the interpreter when it is imported."""

import importlib

from services.chassis.context import Service

SERVICES = ("accounts", "tickets", "volunteers", "notifications", "metrics")


def find_service(name: str) -> Service:
    """The `SERVICE` that `services/{name}/service.py` declares."""
    service: Service = importlib.import_module(f"services.{name}.service").SERVICE
    return service
