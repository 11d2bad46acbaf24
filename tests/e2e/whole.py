"""All five services as real processes behind a real edge, in one namespace."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.accounts.administration import create_first_admin
from services.chassis.context import Context
from services.chassis.directory import SERVICES
from services.cli.demo import cast as casting
from services.cli.demo.cast import Cast
from services.cli.demo.county import County, read_county
from services.cli.demo.edge import Caller, Edge
from services.cli.demo.rest import unfinished
from services.cli.installation import all_contexts
from services.cli.native.configuration import edge_environment
from services.cli.native.parts import answers
from services.cli.native.ports import LOOPBACK, free_port
from services.cli.native.programs import Children, Program
from services.metrics.recount import recount
from services.tickets.files.places import load_places_file
from services.volunteers.audit import audit
from tests.support.eventually import eventually
from tests.support.namespaces import Namespace
from tests.support.processes import ROOT, Processes, ServiceProcess, environment
from tests.support.smtp import SmtpSink

COUNTY = Path(__file__).parent / "county.yml"
_PASSWORD = "for-tests-only-7"


@dataclass
class Whole:
    """A running system."""

    edge: Edge
    edge_url: str
    contexts: Mapping[str, Context]
    processes: Processes
    https: Mapping[str, ServiceProcess]
    workers: dict[str, ServiceProcess]
    smtp: SmtpSink

    @property
    def county(self) -> County:
        return read_county(COUNTY)

    def settle_county(self) -> Cast:
        """Load the county and open everybody's account; returns when all services know them."""
        administrator = Caller(self.edge, "administrator", "administrator", _PASSWORD)
        create_first_admin(self.contexts["accounts"], administrator.login, _PASSWORD, self.county.path)
        load_places_file(self.contexts["tickets"].units, COUNTY.read_bytes())
        self.comes_to_rest()
        cast = casting.assemble(self.edge, administrator, self.county, lambda: None)
        self.comes_to_rest()
        return cast

    def pass_time(self, **span: float) -> None:
        """Let business time go on, all at once."""
        clock = self.contexts["tickets"].clock
        clock.step(clock.now() + timedelta(**span))

    def comes_to_rest(self, within: float = 45) -> None:
        """Everything is published, consumed and sent, and what was due has fired."""
        databases = {name: context.db for name, context in self.contexts.items()}
        now = self.contexts["tickets"].clock.now()

        def at_rest() -> bool:
            under_way = unfinished(databases, now)
            assert not under_way, under_way
            return True

        eventually(at_rest, within)
        eventually(at_rest, within)

    def books_agree(self) -> None:
        """Every point has its cause, and metrics counted everything exactly once."""
        databases = {name: context.db for name, context in self.contexts.items()}
        assert audit(databases["volunteers"]) == []
        assert recount(databases) == []

    def kill_workers(self) -> None:
        """As a power cut would."""
        for worker in self.workers.values():
            self.processes.kill(worker)
        self.workers.clear()

    def start_workers(self) -> None:
        self.workers.update({name: self.processes.start(name, "worker", wait=False) for name in SERVICES})
        for worker in self.workers.values():
            worker.wait_until_ready()

    def mails_to(self, caller: Caller) -> list[str]:
        """Subjects of the mails that somebody got."""
        return [str(mail["Subject"]) for mail in self.smtp.mails if str(mail["To"]).startswith(f"{caller.login}@")]


@contextmanager
def running(namespace: Namespace, smtp: SmtpSink, folder: Path, moment: datetime) -> Iterator[Whole]:
    """Business time stands still at `moment` before the first process sees it."""
    env = {
        **environment(
            namespace,
            "http://unused.invalid/",
            SMTP_URL=smtp.url,
            MAIL_GRACE_SECONDS="1",
            PUBLIC_URL="https://doorstep.test",
        ),
    }
    with pytest.MonkeyPatch.context() as patch, Children() as children:
        for name, value in env.items():
            patch.setenv(name, value)
        contexts = all_contexts()
        contexts["tickets"].clock.step(moment)
        processes = Processes(namespace, env, folder)
        try:
            https = _start_https(processes)
            edge_url = _start_edge(children, https, folder)
            edge = Edge(edge_url)
            whole = Whole(edge, edge_url, contexts, processes, https, {}, smtp)
            whole.start_workers()
            for process in https.values():
                process.wait_until_ready()
            yield whole
            edge.close()
        finally:
            for context in contexts.values():
                context.client.close()
            processes.stop_all()


def _start_https(processes: Processes) -> Mapping[str, ServiceProcess]:
    """accounts first: the others must know where its public keys are."""
    accounts = processes.start("accounts", "http", wait=False)
    processes.env["DOORSTEP_JWKS_URL"] = f"{accounts.url}/api/v1/jwks.json"
    others = {name: processes.start(name, "http", wait=False) for name in SERVICES if name != "accounts"}
    return {"accounts": accounts, **others}


def _start_edge(children: Children, https: Mapping[str, ServiceProcess], folder: Path) -> str:
    ports = {"edge": free_port(), **{f"{name}_http": process.port for name, process in https.items()}}
    env = {**edge_environment(ports, ROOT / "docs"), "XDG_DATA_HOME": str(folder), "HOME": str(folder)}
    argv = (
        *(str(Path(sys.executable).parent / "caddy"), "run", "--adapter", "caddyfile"),
        *("--config", str(ROOT / "deploy" / "caddy" / "Caddyfile")),
    )
    url = f"http://{LOOPBACK}:{ports['edge']}"
    caddy = children.start(Program("edge", argv, folder / "edge.log", env))
    caddy.wait_until(answers(f"{url}/healthz"), 20)
    return url
