"""Real service processes, started as in operation and stopped by SIGTERM."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
from cryptography.fernet import Fernet

from services.chassis.broker_rights import broker_setting_of
from services.chassis.directory import SERVICES
from services.chassis.rights import setting_of
from services.chassis.seal import Sealer
from services.cli.native.ports import LOOPBACK, free_port
from services.cli.native.programs import Child, Program, base_environment, last_lines
from tests.support.forked import ForkedChild, run_forked
from tests.support.namespaces import Namespace, learn

ROOT = Path(__file__).parents[2]
EXCHANGE_KEY, SIGNING_KEY = (Fernet.generate_key().decode() for _ in range(2))
SEALING_KEYS = {service: Fernet.generate_key().decode() for service in SERVICES}


def sealer_of(service: str) -> Sealer:
    """Seals and opens as the processes of a service do."""
    return Sealer((SEALING_KEYS[service],), _lookup_key(service), (EXCHANGE_KEY,), (SIGNING_KEY,))


def opener_of_all() -> Sealer:
    """Opens whatever any service has sealed; finds again as tickets does."""
    return Sealer((*SEALING_KEYS.values(), EXCHANGE_KEY, SIGNING_KEY), _lookup_key("tickets"))


def _lookup_key(service: str) -> str:
    return f"a-lookup-key-for-tests-of-{service}-of-at-least-32-bytes"


def python_path() -> str:
    """Where our Python programs find this checkout, and what shifts their date where that is asked for."""
    return os.pathsep.join(filter(None, (str(ROOT), base_environment().get("PYTHONPATH"))))


def environment(namespace: Namespace, jwks_url: str, **settings: str) -> dict[str, str]:
    """The settings of docs/architecture.md for one namespace; `settings` overrides, names without `DOORSTEP_`.

    Every process reaches database and broker as its own user, unless `settings` has a MONGO_URL for all.
    """
    users = {} if "MONGO_URL" in settings else namespace.user_urls
    chosen = {
        **{setting_of(user): url for user, url in users.items()},
        "AMQP_URL": namespace.amqp_url,
        **{broker_setting_of(service): url for service, url in namespace.amqp_urls.items()},
        "RABBITMQ_MANAGEMENT_URL": f"http://{LOOPBACK}:{namespace.rabbit.ports.management}",
        "DATABASE_PREFIX": namespace.prefix,
        **{f"SEALING_KEYS_{service.upper()}": key for service, key in SEALING_KEYS.items()},
        **{f"LOOKUP_KEY_{service.upper()}": _lookup_key(service) for service in SERVICES},
        "EXCHANGE_KEYS": EXCHANGE_KEY,
        "SIGNING_KEYS": SIGNING_KEY,
        "JWKS_URL": jwks_url,
        "RETRY_DELAYS": "1,1,1,1",
        # All of a test comes from one address, and as quickly as it can.
        "ADDRESS_REQUESTS": "0",
        "BOOKINGS_OF_ADDRESS": "3000",
        "FILINGS_OF_RESIDENT": "3000",
        "CLAIMS_OF_MEMBER_DAY": "1000",
        # Nobody kills a broker within a second but the tests that do, and they say so.
        "BROKER_SETTLING_SECONDS": "0",
        **settings,
    }
    # A running `make up` of this checkout leaves a file of settings: it is not for tests.
    own = {"PYTHONPATH": python_path(), "DOORSTEP_ENV_FILE": os.devnull}
    return {**own, **{f"DOORSTEP_{name}": value for name, value in chosen.items()}}


class ServiceProcess:
    """`python -m services.chassis.launch SERVICE ROLE`, ready to answer."""

    def __init__(
        self,
        service: str,
        role: str,
        env: Mapping[str, str],
        log: Path,
        module: Sequence[str] = (),
        port: int | None = None,
    ) -> None:
        self.name = f"{service} {role}"
        self.port = port or free_port()
        self.url = f"http://{LOOPBACK}:{self.port}"
        argv = (sys.executable, "-m", *(module or ("services.chassis.launch", service)), role)
        self._program = Program(self.name, argv, log, {**env, "DOORSTEP_HTTP_PORT": str(self.port)})
        self._child = ForkedChild(self._program)
        self.http = httpx.Client(base_url=self.url, timeout=20, trust_env=False, verify=False)

    @property
    def log(self) -> str:
        """Everything the process has written so far."""
        return self._program.log.read_text(errors="replace")

    @property
    def pid(self) -> int:
        return self._child.pid

    def wait_until_ready(self, within: float = 40) -> None:
        self._child.wait_until(self.is_ready, within)

    def has_ended(self) -> bool:
        return self.exit_status() is not None

    def exit_status(self) -> int | None:
        """None while it runs; negative: the signal that ended it."""
        return self._child.exit_status()

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, such as SIGSTOP for a process that is paused."""
        self._child.signal(number)

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL."""
        self.http.close()
        self._child.kill()

    def stop(self) -> int:
        """End it as an operator would: SIGTERM; its exit status."""
        self.http.close()
        return self._child.stop()

    def last_lines(self) -> str:
        return last_lines(self._program.log, 60)

    def is_ready(self) -> bool:
        try:
            return self.http.get("/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


class Processes:
    """Starts service processes in one namespace; at the end each must stop cleanly."""

    def __init__(self, namespace: Namespace, env: Mapping[str, str], logs: Path) -> None:
        self.namespace = namespace
        self.env = dict(env)
        self._logs = logs
        self._all: list[ServiceProcess] = []
        self._running: list[ServiceProcess] = []
        self._prepared = False

    def prepare(self) -> None:
        """`doorstep prepare`: migrations, indexes, exchanges and queues, once before anything starts."""
        if not self._prepared:
            self.cli("prepare")
            learn(self.namespace)
            self._prepared = True

    @property
    def running(self) -> list[ServiceProcess]:
        """What was started and neither stopped nor killed by the test; some may have died by themselves."""
        return list(self._running)

    def mark_prepared(self) -> None:
        """The test has prepared what it needs by itself."""
        learn(self.namespace)
        self._prepared = True

    def cli(self, *arguments: str, check: bool = True, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run the operators' command in this namespace. Raises AssertionError when it fails, unless not `check`."""
        command = [sys.executable, "-m", "services.cli.main", *arguments]
        done = run_forked(command, {**base_environment(), **self.env, **settings}, ROOT, 120)
        assert not check or done.returncode == 0, f"doorstep {' '.join(arguments)}: {done.stdout}{done.stderr}"
        return done

    def start(
        self, service: str, role: str, *, wait: bool = True, module: Sequence[str] = (), **settings: str
    ) -> ServiceProcess:
        """Start one process; `settings` as in `environment`. Returns when it is ready, unless told not to wait.

        `module` is a program of the tests to start in the place of the launcher.
        """
        self.prepare()
        extra = {f"DOORSTEP_{name}": value for name, value in settings.items()}
        log = self._logs / f"{service}-{role}-{len(self._all)}.log"
        process = ServiceProcess(service, role, {**self.env, **extra}, log, module)
        self._all.append(process)
        self._running.append(process)
        if wait:
            process.wait_until_ready()
        return process

    @contextmanager
    def keeper(self) -> Iterator[Child]:
        """`doorstep broker keep`, which looks after the broker, until the end of the block."""
        argv = (sys.executable, "-m", "services.cli.main", "broker", "keep", "--every", "0.2")
        child = ForkedChild(Program("keeper", argv, self._logs / "keeper.log", self.env))
        try:
            yield child
        finally:
            status = child.stop()
        assert status == 0, last_lines(self._logs / "keeper.log")

    def kill(self, process: ServiceProcess) -> None:
        self._running.remove(process)
        process.kill()

    def stop(self, process: ServiceProcess) -> None:
        """SIGTERM; fails when the process does not end by itself with status 0."""
        self._running.remove(process)
        status = process.stop()
        assert status == 0, f"{process.name} ended with {status}:\n{process.last_lines()}"

    def stop_all(self) -> None:
        """Stop what still runs, all of it, then fail if any did not end cleanly."""
        running = list(reversed(self._running))
        with ThreadPoolExecutor(max(1, len(running))) as together:
            ended = list(zip(running, together.map(ServiceProcess.stop, running), strict=True))
        self._running.clear()
        unclean = [f"{p.name} ended with {status}:\n{p.last_lines()}" for p, status in ended if status != 0]
        assert not unclean, "\n".join(unclean)

    def report(self) -> list[tuple[str, str]]:
        """(title, last lines) of every process that was started, for the report of a failed test."""
        return [(f"log of {process.name} ({process.pid})", process.last_lines()) for process in self._all]
