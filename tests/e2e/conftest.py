"""The whole of Doorstep for tests: all five services as processes behind the real edge, with a real mail server.

| fixture | gives |
|---|---|
| `doorstep` | the running system, its business time standing still; one for a file |
| `cast` | a small county loaded into it, with staff, residents and volunteers |
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from services.cli.demo.cast import Cast
from tests.e2e.whole import Whole, running
from tests.support.namespaces import Namespace
from tests.support.smtp import SmtpSink

MORNING = datetime(2026, 11, 18, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
"""A Wednesday, the stations are open."""


@pytest.fixture(scope="module")
def doorstep(
    module_namespace: Namespace, module_smtp_sink: SmtpSink, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Whole]:
    folder: Path = tmp_path_factory.mktemp("whole")
    with running(module_namespace, module_smtp_sink, folder, MORNING) as whole:
        yield whole


@pytest.fixture(scope="module")
def cast(doorstep: Whole) -> Cast:
    return doorstep.settle_county()
