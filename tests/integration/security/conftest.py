"""One whole Doorstep for all files of this folder: all processes, two districts, somebody in every role.

| fixture | gives |
|---|---|
| `town` | the running system with its people |
| `things` | by district: what they have filed, offered, claimed and been told |
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from services.cli.native.mongo import MongoNode
from services.cli.native.rabbit import RabbitNode
from tests.e2e.whole import running
from tests.integration.security.things import Things, live_a_morning
from tests.integration.security.town import Town, settle
from tests.support.namespaces import PREPARED, fresh_namespace
from tests.support.smtp import running_smtp_sink

MORNING = datetime(2026, 11, 18, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Wednesday; business time stands still, so that nothing becomes due while a test looks."""


@pytest.fixture(scope="package")
def town(rabbit: RabbitNode, mongo: MongoNode, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("security")
    with (
        fresh_namespace(rabbit, mongo, PREPARED) as namespace,
        running_smtp_sink() as smtp,
        running(namespace, smtp, folder, MORNING) as whole,
    ):
        yield settle(whole)


@pytest.fixture(scope="package")
def things(town: Town) -> Mapping[str, Things]:
    return {id: live_a_morning(town, district) for id, district in town.districts.items()}
