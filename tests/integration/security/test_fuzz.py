"""Whatever is sent to whatever route by whoever: never a 5xx, and every answer is as the OpenAPI document says."""

import json
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.cli.documents import FOLDER, documents
from tests.integration.security.things import Things
from tests.integration.security.town import A, Person, Town, service_of

EXAMPLES = 8
"""Per operation: about 500 calls in all. They are the same in each run."""
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
SOUND, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
API = schemathesis.openapi.from_dict(json.loads(documents()[FOLDER / "openapi.json"]))
OPERATIONS = [found.ok() for found in API.get_all_operations() if isinstance(found, Ok)]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_no_input_makes_it_fail_or_answer_what_is_not_described(
    town: Town, things: Mapping[str, Things], operation: APIOperation[Any, Any, Any, Any]
) -> None:
    callers = [None, *town.districts[A].people.values()]
    known = {one.name: things[A][one.name] for one in operation.path_parameters}

    @settings(
        max_examples=EXAMPLES, derandomize=True, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.data())
    def any_call(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from([SOUND, SOUND, WRONG]))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        if data.draw(st.booleans()):
            case.path_parameters = dict(known)
        check(town, case, data.draw(st.sampled_from(callers)))

    any_call()


def check(town: Town, case: Case[Any], who: Person | None) -> None:
    client = town.clients[service_of(case.method, case.path)]
    sent = {"Authorization": f"Bearer {who.token}"} if who else {}
    if case.method == "POST":
        sent["Idempotency-Key"] = uuid4().hex
    case.call_and_validate(base_url=str(client.base_url), headers=sent, checks=CHECKS)
