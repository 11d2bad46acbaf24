"""A private RabbitMQ node: own data folder, own ports, loopback only, no system service, no shared epmd."""

import secrets
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx

from services.cli.native.ports import LOOPBACK
from services.cli.native.programs import NotReady, Program
from services.contracts.queues import POLICY, POLICY_NAME

_INSTALLED = Path("/usr/lib/rabbitmq/lib")
_PLUGINS = "[rabbitmq_management,rabbitmq_prometheus,rabbitmq_shovel].\n"


@dataclass(frozen=True, slots=True)
class RabbitPorts:
    amqp: int
    management: int
    prometheus: int
    distribution: int
    epmd: int


@dataclass(frozen=True, slots=True)
class Login:
    user: str
    password: str


class RabbitNode:
    """What is needed to run one node, and the way to its management API."""

    def __init__(self, folder: Path, ports: RabbitPorts, login: Login) -> None:
        self.folder = folder
        self.ports = ports
        self.login = login
        self._api = f"http://{LOOPBACK}:{ports.management}/api"

    def url(self, vhost: str = "/") -> str:
        """The administrator's."""
        return self.url_of(self.login, vhost)

    def url_of(self, login: Login, vhost: str) -> str:
        user, password = quote(login.user, safe=""), quote(login.password, safe="")
        return f"amqp://{user}:{password}@{LOOPBACK}:{self.ports.amqp}/{quote(vhost, safe='')}"

    def programs(self, logs: Path) -> tuple[Program, Program]:
        """epmd and the node, in the order in which they start; writes the node's configuration."""
        self._write_configuration()
        port = str(self.ports.epmd)
        epmd = Program("epmd", (_find("epmd"), "-port", port, "-address", LOOPBACK), logs / "epmd.log", stop_seconds=5)
        # With RABBITMQ_ALLOW_INPUT the script becomes the Erlang machine itself instead of waiting for it as a
        # shell, so that a signal to the process reaches the node.
        broker = Program(
            "rabbitmq", (str(_server_script()), "-noinput"), logs / "rabbitmq.log", self._environment(), stop_seconds=60
        )
        return epmd, broker

    def is_ready(self) -> bool:
        """The node runs and listens for AMQP."""
        try:
            check = f"health/checks/port-listener/{self.ports.amqp}"
            return self._request("GET", check).status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def add_vhost(self, vhost: str) -> None:
        """Create a virtual host, if it is not there, with our user and the policy of its quorum queues."""
        name, user = quote(vhost, safe=""), quote(self.login.user, safe="")
        self._put(f"vhosts/{name}", {})
        self._put(f"permissions/{name}/{user}", {"configure": ".*", "write": ".*", "read": ".*"})
        self._put(
            f"policies/{name}/{POLICY_NAME}",
            {"pattern": ".*", "apply-to": "queues", "priority": 0, "definition": dict(POLICY)},
        )

    def remove_vhost(self, vhost: str) -> None:
        """Take it away, and those of outside consumers that belong to it."""
        for name in self.vhosts():
            if name == vhost or name.startswith(f"{vhost}.outside."):
                self._request("DELETE", f"vhosts/{quote(name, safe='')}")

    def vhosts(self) -> list[str]:
        return [row["name"] for row in self._request("GET", "vhosts").json()]

    def effective_policy(self, vhost: str, queue: str) -> dict[str, object]:
        """What policies say about one queue; empty while the node has not yet told its management plugin."""
        answer = self._request("GET", f"queues/{quote(vhost, safe='')}/{quote(queue, safe='')}")
        definition: dict[str, object] = answer.json().get("effective_policy_definition") or {}
        return definition

    def dead_letters(self, vhost: str, queue: str) -> int:
        """Messages that a queue has given up on and still keeps until the queue of the dead has confirmed them."""
        answer = self._request("GET", f"queues/{quote(vhost, safe='')}/{quote(queue, safe='')}")
        return int(answer.json().get("messages_dlx") or 0)

    def queue_lengths(self, vhost: str) -> dict[str, int]:
        """Messages in each queue, as the node last told its management plugin: it may be some seconds behind."""
        rows = self._request("GET", f"queues/{quote(vhost, safe='')}").json()
        return {row["name"]: int(row.get("messages", 0)) for row in rows}

    def _put(self, path: str, body: dict[str, object]) -> None:
        answer = self._request("PUT", path, body)
        if answer.is_error:
            raise NotReady(f"RabbitMQ refused PUT {path}: {answer.status_code} {answer.text}")

    def _request(self, method: str, path: str, body: dict[str, object] | None = None) -> httpx.Response:
        auth = (self.login.user, self.login.password)
        # The environment's proxies are not for a node on this machine.
        with httpx.Client(auth=auth, timeout=10, trust_env=False, verify=False) as client:  # noqa: S501 (no TLS)
            return client.request(method, f"{self._api}/{path}", json=body)

    def _environment(self) -> dict[str, str]:
        folder = self.folder
        return {
            "HOME": str(folder),  # the Erlang cookie lies there
            "ERL_EPMD_PORT": str(self.ports.epmd),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            # Every Erlang machine that the script starts, also its short-lived helpers: distribution on loopback.
            "ERL_AFLAGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_NODENAME": "doorstep@localhost",
            "RABBITMQ_NODE_PORT": str(self.ports.amqp),
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_DIST_PORT": str(self.ports.distribution),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            # Nothing of a system-wide installation's settings may reach a private node.
            "RABBITMQ_CONFIG_FILES": str(folder / "conf.d"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(folder / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "rabbitmq-env.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            # Idle Erlang schedulers give the processor back at once: they share it with everything else.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+sbwt none +sbwtdcpu none +sbwtdio none",
        }

    def _write_configuration(self) -> None:
        for name in ("data", "log", "conf.d"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        (self.folder / "enabled_plugins").write_text(_PLUGINS)
        _write_private(self.folder / "rabbitmq.conf", "".join(f"{k} = {v}\n" for k, v in self._settings()))
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            _write_private(cookie, secrets.token_hex(20))
            cookie.chmod(0o400)

    def _settings(self) -> Sequence[tuple[str, object]]:
        return (
            ("listeners.tcp.1", f"{LOOPBACK}:{self.ports.amqp}"),
            ("management.tcp.ip", LOOPBACK),
            ("management.tcp.port", self.ports.management),
            ("prometheus.tcp.ip", LOOPBACK),
            ("prometheus.tcp.port", self.ports.prometheus),
            ("default_user", self.login.user),
            ("default_pass", self.login.password),
            ("disk_free_limit.absolute", "200MB"),
            ("raft.wal_max_size_bytes", 32 * 1024 * 1024),
            ("log.console", "true"),
            ("log.console.level", "info"),
            ("log.connection.level", "warning"),
        )


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600, exist_ok=True)
    path.write_text(text)


def _server_script() -> Path:
    """The node's own start script; the wrapper in /usr/sbin changes the user and cannot write to our folder."""
    scripts = sorted(_INSTALLED.glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    if not scripts:
        raise NotReady(f"RabbitMQ is not installed (nothing under {_INSTALLED}): run `make setup`")
    return scripts[-1]


def _find(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise NotReady(f"{program} is not installed: run `make setup`")
    return found
