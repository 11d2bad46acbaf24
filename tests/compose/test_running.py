"""An installation that runs: healthy, closed, watched, and unmoved by the restart of any of its containers."""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest

from services.chassis.directory import SERVICES
from services.cli.demo.edge import Caller
from tests.compose.installation import ONE_SHOT, Facts, Installation, docker, wait_for

pytestmark = pytest.mark.timeout(900)

PROCESSES = {f"{service}-{role}" for service in SERVICES for role in ("http", "worker")}
STAYING = PROCESSES | {"keeper", "rabbitmq", "mongodb", "edge", "prometheus", "alertmanager", "node-exporter"}
HANDS = 3


def test_everything_runs_and_is_healthy(installation: Installation) -> None:
    containers = installation.containers()
    assert set(containers) == STAYING | {"prepare", "edge-folder", "journal-folder"}
    assert installation.unhealthy() == {}
    assert {name: containers[name]["State"]["ExitCode"] for name in ONE_SHOT & set(containers)} == {
        "prepare": 0, "edge-folder": 0, "journal-folder": 0,
    }  # fmt: skip


def test_starting_again_changes_nothing(installation: Installation) -> None:
    before = {name: one["Id"] for name, one in installation.containers().items()}
    installation.sh("up")
    assert {name: one["Id"] for name, one in installation.containers().items()} == before


def test_every_container_runs_without_rights_on_a_file_system_that_it_cannot_change(installation: Installation) -> None:
    for name, one in installation.containers().items():
        host = one["HostConfig"]
        assert host["ReadonlyRootfs"], name
        assert host["CapDrop"] == ["ALL"], name
        assert "no-new-privileges:true" in host["SecurityOpt"], name
        assert not host["Privileged"], name
        assert host["Memory"] > 0, name
        assert host["LogConfig"]["Config"] == {"max-size": "10m", "max-file": "3"}, name
        assert (host["CapAdd"] or []) == _added(name), name
        user = one["Config"]["User"].partition(":")[0]
        assert (user == "0") == name.endswith("-folder"), name


def _added(name: str) -> list[str]:
    return {"edge": ["NET_BIND_SERVICE"], "edge-folder": ["CHOWN"], "journal-folder": ["CHOWN"]}.get(name, [])


def test_what_runs_is_what_was_asked_for(installation: Installation) -> None:
    """The engine's word is one thing, the kernel's another."""
    for name in sorted(STAYING):
        pid = installation.containers()[name]["State"]["Pid"]
        lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
        status = dict(line.split(":", 1) for line in lines)
        assert status["Uid"].split()[0] != "0", name
        assert int(status["CapEff"], 16) == 0, name
        assert status["NoNewPrivs"].strip() == "1", name


def test_nothing_but_the_edge_is_published(installation: Installation) -> None:
    published = {
        name: {binding["HostIp"] for bindings in ports.values() for binding in bindings or ()}
        for name, one in installation.containers().items()
        if any((ports := one["NetworkSettings"]["Ports"]).values())
    }
    assert published == {"edge": {"127.0.0.1"}}


def test_the_edge_shows_nothing_of_what_is_inside(installation: Installation) -> None:
    for path in ("/metrics", "/readyz", "/api/v1/metrics", "/debug", "/config/", "/grafana/api/health"):
        answer = httpx.get(installation.edge + path, trust_env=False)
        assert answer.status_code in (404, 503), path
        assert "doorstep_" not in answer.text
    assert httpx.get(f"{installation.edge}/healthz", trust_env=False).status_code == 200


def test_the_edge_reaches_neither_database_nor_broker_by_name_or_by_address(installation: Installation) -> None:
    def answers(name: str, host: str, port: int) -> bool:
        asked = ("exec", "-T", name, "wget", "-q", "-T", "5", "-O", "/dev/null", f"http://{host}:{port}/metrics")
        return installation.run(["./doorstep.sh", "compose", *asked], check=False).returncode == 0

    containers = installation.containers()
    assert answers("prometheus", "rabbitmq", 15692), "who may, does: MongoDB and RabbitMQ answer HTTP"
    for name, port in (("mongodb", 27017), ("rabbitmq", 15692)):
        networks = containers[name]["NetworkSettings"]["Networks"].values()
        for host in (name, *(network["IPAddress"] for network in networks)):
            assert not answers("edge", host, port), host
    assert not answers("prometheus", "mongodb", 27017)


def test_no_secret_is_in_an_environment_an_image_or_a_log(installation: Installation) -> None:
    folder = installation.folder / "secrets"
    secrets = [file.read_text().strip() for file in folder.iterdir() if "\n" not in file.read_text().strip()]
    passwords = [urlsplit(secret).password or "" if "://" in secret else secret for secret in secrets if secret]
    assert len(passwords) > 4
    seen = json.dumps(list(installation.containers().values())) + installation.compose("logs", "--no-color")
    seen += "".join(docker("history", "--no-trunc", image) for image in set(_images(installation)))
    assert [secret for secret in passwords if secret in seen] == []


def _images(installation: Installation) -> Iterator[str]:
    for one in installation.containers().values():
        yield one["Config"]["Image"]


def test_prometheus_reaches_every_target(installation: Installation) -> None:
    def down() -> list[str]:
        targets = _prometheus(installation, "targets")["activeTargets"]
        assert {target["labels"]["job"] for target in targets} == {
            "services", "rabbitmq", "rabbitmq-queues", "prometheus", "alertmanager", "node",
        }  # fmt: skip
        assert sum(target["labels"]["job"] == "services" for target in targets) == len(PROCESSES)
        return [target["scrapeUrl"] for target in targets if target["health"] != "up"]

    wait_for("every target is up", lambda: down() == [])


def _prometheus(installation: Installation, path: str) -> Facts:
    """Asked inside: it is not reached from elsewhere."""
    answer = docker(
        "exec", installation.container("prometheus"), "wget", "-q", "-O", "-", f"http://127.0.0.1:9090/api/v1/{path}"
    )
    data: Facts = json.loads(answer)["data"]
    return data


def test_alerts_are_shown(installation: Installation) -> None:
    assert "Alertname" in installation.sh("alerts")


class Filing:
    """People who file while something happens, each request with a key, tried again until it is answered."""

    def __init__(self, callers: list[Caller]) -> None:
        self._callers = callers
        self._over = threading.Event()
        self._hands: list[Future[None]] = []
        self.filed: list[str] = []
        self._whose: dict[str, Caller] = {}

    @contextmanager
    def meanwhile(self) -> Iterator[None]:
        with ThreadPoolExecutor(len(self._callers)) as hands:
            self._hands = [hands.submit(self._file, caller) for caller in self._callers]
            try:
                yield
            finally:
                self._over.set()
        for hand in self._hands:
            hand.result()

    def wait_for_more_than(self, many: int) -> None:
        """Until people are served again. Raises what one of them was refused."""

        def served() -> bool:
            for hand in self._hands:
                if hand.done():
                    hand.result()
            return len(self.filed) > many

        wait_for("people are served", served)

    def is_there(self, ticket: str) -> bool:
        """Whether who filed it still finds it."""
        return bool(self._whose[ticket].get(f"/api/v1/tickets/{ticket}")["id"] == ticket)

    def _file(self, caller: Caller) -> None:
        while not self._over.is_set():
            body = {"kind": "request", "category": "lighting", "description": "楼道灯不亮", "grid_id": "grid-1"}
            ticket = caller.post("/api/v1/tickets", body, uuid4().hex).data["id"]
            self._whose[ticket] = caller
            self.filed.append(ticket)
            time.sleep(0.2)


def test_each_container_is_restarted_under_load_and_nothing_is_lost(
    installation: Installation, administrator: Caller
) -> None:
    residents = [_resident(administrator, number) for number in range(HANDS)]
    filing = Filing(residents)
    with filing.meanwhile():
        for name in sorted(STAYING - {"node-exporter"}):
            before = len(filing.filed)
            docker("restart", "--time", "20", installation.container(name))
            wait_for(f"all is healthy after {name}", lambda: installation.unhealthy() == {}, 90)
            filing.wait_for_more_than(before)
    assert len(set(filing.filed)) == len(filing.filed) > len(STAYING)
    wait_for("all is published", lambda: set(_events(installation).values()) == {0}, 90)
    with ThreadPoolExecutor(4) as hands:
        assert all(hands.map(filing.is_there, filing.filed))
    wait_for(
        "all is counted", lambda: installation.run(["./doorstep.sh", "metrics", "recount"], check=False).returncode == 0
    )
    installation.sh("points", "audit")
    assert "0 message" in installation.sh("parked", "list")


def _resident(administrator: Caller, number: int) -> Caller:
    caller = Caller(administrator.edge, f"resident {number}", f"resident-{number}", uuid4().hex)
    area = "/hequ/east/spring/grid-1/"
    administrator.post("/api/v1/accounts", {
        "login": caller.login, "password": caller.password, "area_path": area,
        "grants": [{"role": "resident", "area_path": area}],
        "contact": {"name": f"测试{number}", "telephone": f"1900001{number:04d}", "locale": "zh-CN"},
    })  # fmt: skip
    return caller


def _events(installation: Installation) -> Mapping[str, int]:
    """How many events of each publisher are not published yet."""
    lines = installation.sh("events", "count").splitlines()
    rows = [line.replace(":", " ").replace(",", " ").split() for line in lines if "not yet published" in line]
    return {row[0]: int(row[3]) for row in rows}


@contextmanager
def _https(installation: Installation, kind: str, certificates: Path) -> Iterator[str]:
    """The address of the edge by TLS; then it is put back."""
    installation.write_settings(
        DOORSTEP_EDGE_SITE="https://localhost", DOORSTEP_EDGE_TLS=kind, DOORSTEP_EDGE_CERTIFICATES=str(certificates)
    )
    try:
        installation.sh("up")
        yield f"https://localhost:{installation.settings['DOORSTEP_EDGE_TLS_PORT']}"
    finally:
        installation.write_settings(DOORSTEP_EDGE_SITE="http://:8080", DOORSTEP_EDGE_TLS="off")
        installation.sh("up")


def test_https_by_an_authority_of_its_own(installation: Installation, tmp_path: Path) -> None:
    with _https(installation, "internal", tmp_path) as url:
        source = f"{installation.container('edge')}:/srv/edge/caddy/pki/authorities/local/root.crt"
        docker("cp", source, str(tmp_path / "root.crt"))
        trust = ssl.create_default_context(cafile=tmp_path / "root.crt")
        assert httpx.get(f"{url}/healthz", verify=trust, trust_env=False).json() == {"status": "alive"}
        plain = httpx.get(f"{installation.edge}/healthz", headers={"Host": "localhost"}, trust_env=False)
        assert plain.status_code == 308
        assert plain.headers["location"].startswith("https://localhost")


def test_https_by_certificates_of_ones_own(installation: Installation, tmp_path: Path) -> None:
    secrets = installation.folder / "secrets"
    both = (secrets / "amqps_certificate").read_text()
    split = both.index("-----BEGIN EC PRIVATE KEY-----")
    for name, text in (("edge.crt", both[:split]), ("edge.key", both[split:])):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o644)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    with _https(installation, "files", tmp_path) as url:
        trust = ssl.create_default_context(cafile=secrets / "authority.crt")
        assert httpx.get(f"{url}/healthz", verify=trust, trust_env=False).json() == {"status": "alive"}


def test_the_host_reaches_no_other_port(installation: Installation) -> None:
    for port in (5672, 15672, 15692, 27017, 9090, 9093, 9100, 3000):
        for name, one in installation.containers().items():
            bound = one["NetworkSettings"]["Ports"].get(f"{port}/tcp")
            assert not bound, (name, port)
    with socket.socket() as probe:
        probe.settimeout(2)
        assert probe.connect_ex(("127.0.0.1", int(installation.settings["DOORSTEP_AMQPS_PORT"]))) != 0
