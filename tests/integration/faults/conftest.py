"""A small system that ran without any fault, at rest, and what it left behind."""

from collections.abc import Iterator

import pytest

from tests.faults import run, traffic
from tests.faults.evidence import Evidence
from tests.faults.rest import come_to_rest, take_evidence
from tests.faults.run import Plan
from tests.faults.system import running_system
from tests.faults.traffic import Traffic

PLAN = Plan(seed=20, tickets=70, seconds=35, replicas=1, grids=2, rate=280.0, faults=())


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evidence]:
    start = run.start_of(PLAN)
    with running_system(tmp_path_factory.mktemp("faults"), print, start, replicas=PLAN.replicas) as system:
        county = traffic.few_grids(traffic.COUNTY, PLAN.grids)
        cast = traffic.settle_county(system, county)
        flow = Traffic.of(system, county, cast, PLAN.seed, PLAN.tickets, start, PLAN.seconds, PLAN.rate)
        flow.start()
        flow.wait(run.LAST_STORIES)
        now, _, left = come_to_rest(system)
        assert not left
        yield take_evidence(system, cast, flow.journal, now)
