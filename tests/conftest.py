"""Fixtures: one real broker and database per run, a namespace of its own per test or module.

Nothing starts unless a test asks for it, so that unit tests need neither.

| fixture | gives |
|---|---|
| `rabbit`, `mongo` | the broker and the database of this run |
| `namespace` | a fresh virtual host and database prefix for one test (`module_namespace`: for one file) |
| `processes` | starts service processes in it (`module_processes`: for one file) |
| `tokens` | JWTs for given grants |
| `smtp_sink` | a mail server that keeps what it gets (`module_smtp_sink`: for one file) |
"""

import gc
import os
import signal
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from services.cli.native.mongo import MongoNode
from services.cli.native.ports import free_port
from services.cli.native.programs import Children
from services.cli.native.rabbit import Login, RabbitNode, RabbitPorts
from tests.dates.watching import watch
from tests.support.namespaces import PREPARED, Namespace, fresh_namespace
from tests.support.processes import Processes, environment
from tests.support.smtp import SmtpSink, running_smtp_sink
from tests.support.tokens import Tokens

LOGIN = Login("doorstep", "for-tests-only")
OTHER_BROKER = "DOORSTEP_TEST_BROKER"
"""`amqp,management,prometheus`: ports on loopback of a broker of another version, to be tested against instead."""
_START_SECONDS = 60
# What stands beside the tests says what differs when it fails, as they do.
pytest.register_assert_rewrite("tests.compose", "tests.e2e", "tests.integration", "tests.unit")


def pytest_configure() -> None:
    """A shell starts what it runs in the background with SIGINT ignored, and every program of the tests would inherit
    that."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """What is imported and collected stays until the end: no collection of garbage looks through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def every_python_process_has_the_same_date() -> Iterator[None]:
    """What `make test-dates` shifts here must be shifted in all that is started from here."""
    unshifted = watch()
    yield
    assert not unshifted, f"started with another date: {unshifted}"


@pytest.fixture(scope="session")
def parts_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="session")
def rabbit(parts_folder: Path) -> Iterator[RabbitNode]:
    if elsewhere := os.environ.get(OTHER_BROKER):
        amqp, management, prometheus = map(int, elsewhere.split(","))
        yield RabbitNode(parts_folder, RabbitPorts(amqp, management, prometheus, 0, 0), LOGIN)
        return
    ports = RabbitPorts(free_port(), free_port(), free_port(), free_port(), free_port())
    node = RabbitNode(parts_folder / "rabbit", ports, LOGIN)
    epmd, broker = node.programs(parts_folder / "log")
    with Children() as children:
        children.start(epmd)
        children.start(broker).wait_until(node.is_ready, _START_SECONDS)
        yield node


@pytest.fixture(scope="session")
def mongo(parts_folder: Path) -> Iterator[MongoNode]:
    # The transactions of killed processes end sooner than in operation, so that the tests need not wait for them.
    node = MongoNode(parts_folder / "mongo", free_port(), LOGIN, transaction_seconds=4)
    with Children() as children:
        children.start(node.program(parts_folder / "log")).wait_until(node.is_ready, _START_SECONDS)
        yield node


@pytest.fixture(scope="session")
def prepared_as() -> str | None:
    """How the tests of a folder prepare their namespaces; what that makes may be there already. None: nothing is."""
    return PREPARED


@pytest.fixture
def namespace(rabbit: RabbitNode, mongo: MongoNode, prepared_as: str | None) -> Iterator[Namespace]:
    with fresh_namespace(rabbit, mongo, prepared_as) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def module_namespace(rabbit: RabbitNode, mongo: MongoNode, prepared_as: str | None) -> Iterator[Namespace]:
    with fresh_namespace(rabbit, mongo, prepared_as) as fresh:
        yield fresh


@pytest.fixture(scope="session")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Tokens:
    return Tokens(tmp_path_factory.mktemp("tokens"))


@pytest.fixture
def smtp_sink() -> Iterator[SmtpSink]:
    with running_smtp_sink() as sink:
        yield sink


@pytest.fixture(scope="module")
def module_smtp_sink() -> Iterator[SmtpSink]:
    with running_smtp_sink() as sink:
        yield sink


@pytest.fixture
def processes(namespace: Namespace, tokens: Tokens, tmp_path: Path) -> Iterator[Processes]:
    started = Processes(namespace, environment(namespace, tokens.jwks_url), tmp_path)
    yield started
    started.stop_all()


@pytest.fixture(scope="module")
def module_processes(
    module_namespace: Namespace, tokens: Tokens, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Processes]:
    started = Processes(
        module_namespace, environment(module_namespace, tokens.jwks_url), tmp_path_factory.mktemp("processes")
    )
    yield started
    started.stop_all()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the logs of the service processes with the test that failed."""
    report = yield
    if report.failed:
        for fixture in getattr(item, "funcargs", {}).values():
            if isinstance(fixture, Processes):
                report.sections.extend(fixture.report())
    return report
