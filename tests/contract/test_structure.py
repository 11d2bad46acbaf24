"""The house is as docs/architecture.md says: what is declared is wired, and what is generated is up to date."""

import inspect
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from nameko.extensions import ENTRYPOINT_EXTENSIONS_ATTR

from services.chassis.consumers import EventQueue
from services.chassis.dead_letters import DeadLetters
from services.chassis.directory import SERVICES, find_service
from services.chassis.relay import Relay
from services.cli.documents import documents
from services.contracts.queues import QUEUES
from services.contracts.registry import PUBLISHERS

every_service = pytest.mark.parametrize("name", SERVICES)


def entrypoints(service_class: type) -> list[Any]:
    methods = (method for _, method in inspect.getmembers(service_class, inspect.isfunction))
    return [entry for method in methods for entry in _of(method)]


def _of(method: Any) -> Any:
    return getattr(method, ENTRYPOINT_EXTENSIONS_ATTR, ())


@every_service
def test_every_queue_is_consumed_by_exactly_one_method_of_its_service(name: str) -> None:
    methods = inspect.getmembers(find_service(name).worker, inspect.isfunction)
    found = {(of, e.queue.name) for of, method in methods for e in _of(method) if isinstance(e, EventQueue)}
    consumed = Counter(queue for _, queue in found)
    assert consumed == Counter(queue.name for queue in QUEUES.values() if queue.consumer == name)


@every_service
def test_http_processes_consume_nothing(name: str) -> None:
    assert not [e for e in entrypoints(find_service(name).api) if isinstance(e, EventQueue)]


@every_service
def test_who_publishes_has_a_relay_and_who_consumes_drains_its_dead_letters(name: str) -> None:
    dependencies = {type(value) for _, value in inspect.getmembers(find_service(name).worker)}
    assert (Relay in dependencies) == (name in PUBLISHERS)
    assert (DeadLetters in dependencies) == any(queue.consumer == name for queue in QUEUES.values())


@every_service
def test_every_service_has_the_same_rooms(name: str) -> None:
    folder = Path("services") / name
    assert (folder / "README.md").exists()
    assert (folder / "service.py").exists()


@pytest.mark.parametrize("path", ["docs/openapi.json", "docs/asyncapi.json"])
def test_generated_documents_are_up_to_date(path: str) -> None:
    assert Path(path).read_text(encoding="utf-8") == documents()[Path(path)], "run `make docs`"
