"""Whatever is sent to whatever route by whoever: never a 5xx, every answer is as the OpenAPI document says, and nothing
of another district is in it.

`make fuzz N=50` sends more inputs to each operation, drawn from another seed each time; the seed is printed.
"""

import json
import os
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
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
from tests.integration.security.public_routes import PUBLIC
from tests.integration.security.things import Things, identities
from tests.integration.security.town import ROLES, A, B, Person, Town, service_of

INPUTS = int(os.environ.get("FUZZ_INPUTS", "3"))
"""Per operation; each is sent by somebody in every role and by nobody. The same in each run, unless FUZZ_SEED says."""
SEED = int(os.environ.get("FUZZ_SEED", "1341"))
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]
SOUND, WRONG = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
API = schemathesis.openapi.from_dict(json.loads(documents()[FOLDER / "openapi.json"]))
OPERATIONS = [found.ok() for found in API.get_all_operations() if isinstance(found, Ok)]
_OPEN = {name.replace("<", "{").replace(">", "}") for name in PUBLIC}


@pytest.mark.timeout(60 + 20 * INPUTS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_no_input_of_any_role_makes_it_fail_or_tell_what_it_should_not(
    town: Town, things: Mapping[str, Things], operation: APIOperation[Any, Any, Any, Any]
) -> None:
    callers = [None, *(town.districts[A].people[role] for role in ROLES)]
    named = {id: {one.name: things[id][one.name] for one in operation.path_parameters} for id in (A, B)}

    @seed(SEED)
    @settings(
        max_examples=INPUTS, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck), print_blob=True,
    )  # fmt: skip
    @given(st.data())
    def any_call(data: st.DataObject) -> None:
        mode = data.draw(st.sampled_from([SOUND, SOUND, WRONG]))
        case = data.draw(operation.as_strategy(generation_mode=mode))
        district = data.draw(st.sampled_from([None, A, B]))
        if district is not None:
            case.path_parameters = dict(named[district])
        for who in callers:
            send(town, case, who, things[B])

    any_call()


def send(town: Town, case: Case[Any], who: Person | None, others: Things) -> None:
    """One call, checked; whoever asks belongs to district A, or to none."""
    client = town.clients[service_of(case.method, case.path)]
    sent = {"Authorization": f"Bearer {who.token}"} if who else {}
    if case.method == "POST":
        sent["Idempotency-Key"] = uuid4().hex
    answer = case.call_and_validate(base_url=str(client.base_url), headers=sent, checks=CHECKS)
    if case.operation.label not in _OPEN:
        asked, seen = f"{answer.request.url} {case.body!r}", answer.content.decode("utf-8", "replace")
        told = [value for value in identities(others) if value in seen and value not in asked]
        assert not told, f"{who and who.role}: {case.operation.label} tells of the other district: {told}"
