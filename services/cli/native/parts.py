"""What runs: every part of a native installation, how it is started and how it says that it is ready."""

import os
import shutil
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import httpx

from services.chassis.broker_rights import broker_setting_of
from services.chassis.config import KEEPER, exchanging
from services.chassis.directory import SERVICES
from services.chassis.rights import USERS, role_of, setting_of
from services.cli.native.addresses import ROLES, remember_ports
from services.cli.native.chosen import remember_settings
from services.cli.native.configuration import (
    alertmanager_file,
    edge_environment,
    prometheus_file,
    write_alertmanager,
    write_prometheus,
)
from services.cli.native.layout import ROOT, Layout
from services.cli.native.modes import Mode
from services.cli.native.mongo import MongoNode
from services.cli.native.ports import LOOPBACK, accepts
from services.cli.native.programs import NotReady, Program
from services.cli.native.rabbit import Login, RabbitNode, RabbitPorts
from services.cli.native.secret_files import lookup_key, new_keys, secret, write_secret


@dataclass(frozen=True, slots=True)
class Part:
    """One program under supervision. Parts of a stage start together; a stage starts when the one before is ready."""

    program: Program
    stage: int
    ready: Callable[[], bool]
    port: int
    """0: nobody calls it."""

    @property
    def name(self) -> str:
        return self.program.name


BASE, SERVING, WATCHING = 1, 2, 3
_ADMIN_URL = "mongo_url_admin"
KEYS: Mapping[str, Collection[str]] = {
    "exchange_keys": exchanging(),
    "signing_keys": {"accounts"},
    **{f"{name}_{service}": {service} for name in ("sealing_keys", "lookup_key") for service in SERVICES},
}
"""Which services need a file of keys."""
_OWNERS: Mapping[str, Collection[str]] = {
    "DOORSTEP_AMQP_URL_FILE": {KEEPER},
    # The keeper makes the users of an emptied broker again, with their passwords.
    **{f"DOORSTEP_{broker_setting_of(service)}_FILE": {service, KEEPER} for service in SERVICES},
    **{f"DOORSTEP_{setting_of(user)}_FILE": {user} for user in USERS},
    **{f"DOORSTEP_{name.upper()}_FILE": owners for name, owners in KEYS.items()},
}
"""Whose a setting is beside the operators', who have all; what is not among them is everybody's."""
STAGES = (BASE, SERVING, WATCHING)


class Installation:
    """Everything of one installation in one mode. Making it makes missing secrets; `write_files` writes the rest."""

    def __init__(self, layout: Layout, ports: Mapping[str, int], chosen: Mapping[str, str], mode: Mode) -> None:
        layout.create()
        self.layout = layout
        self.ports = ports
        self.chosen = chosen
        self.mode = mode
        self.rabbit = RabbitNode(layout.data / "rabbitmq", _rabbit_ports(ports), self._login("rabbitmq_password"))
        self.mongo = MongoNode(layout.data / "mongodb", ports["mongod"], self._login("mongodb_password"), 0.5)
        self._secret_urls = self._urls()
        self.settings = self._settings()

    def settings_of(self, owner: str) -> dict[str, str]:
        """Settings of a service's processes, or of the keeper: none of them is told where others' secrets are."""
        everybody = (*SERVICES, KEEPER)
        return {name: value for name, value in self.settings.items() if owner in _OWNERS.get(name, everybody)}

    def settings_to_prepare(self) -> dict[str, str]:
        """Settings of `doorstep prepare`, which alone is the database's administrator: it makes all users."""
        return {**self.settings, f"DOORSTEP_{_ADMIN_URL.upper()}_FILE": str(self.layout.secrets / _ADMIN_URL)}

    def parts(self) -> list[Part]:
        return [*self._base(), *self._services(), self._keeper(), *self._watching()]

    def url(self, name: str) -> str:
        return f"http://{LOOPBACK}:{self.ports[name]}"

    def settings_to_check(self) -> dict[str, str]:
        """The settings with the URLs themselves: their files are written only once all is accepted."""
        urls = {f"DOORSTEP_{name.upper()}": url for name, url in self._secret_urls.items() if name != _ADMIN_URL}
        return {**{k: v for k, v in self.settings.items() if k.removesuffix("_FILE") not in urls}, **urls}

    def write_files(self) -> None:
        """What the parts and the operators' command read: URLs with passwords, configuration, choices."""
        for name, url in self._secret_urls.items():
            write_secret(self.layout.secrets / name, url)
        lines = [f"{name}={value}\n" for name, value in sorted(self.settings.items())]
        write_secret(self.layout.operator_env, "".join(lines))
        write_prometheus(self.layout, self.ports)
        write_alertmanager(self.layout)
        remember_ports(self.layout.ports_file, self.ports)
        remember_settings(self.layout.settings_file, self.chosen)
        self.layout.mode_file.write_text(self.mode.name)

    def _login(self, name: str) -> Login:
        return Login("doorstep", secret(self.layout.secrets, name))

    def _urls(self) -> dict[str, str]:
        urls = {"amqp_url": self.rabbit.url(self.mode.prefix), _ADMIN_URL: self.mongo.url}
        for user in USERS:
            login = Login(role_of(user, self.mode.prefix), secret(self.layout.secrets, f"mongodb_password_{user}"))
            urls[setting_of(user).lower()] = self.mongo.url_of(login)
        for service in SERVICES:
            password = secret(self.layout.secrets, f"rabbitmq_password_{service}")
            login = Login(role_of(service, self.mode.prefix), password)
            urls[broker_setting_of(service).lower()] = self.rabbit.url_of(login, self.mode.prefix)
        if self.mode.mail_sink:
            urls["smtp_url"] = f"smtp://{LOOPBACK}:{self.ports['mail']}"
        elif "DOORSTEP_SMTP_URL" in self.chosen:
            urls["smtp_url"] = self.chosen["DOORSTEP_SMTP_URL"]
        return urls

    def _settings(self) -> dict[str, str]:
        """Settings of the operators' command, the services' among them; docs/architecture.md says what each means."""
        folder = self.layout.secrets
        for name in ("exchange_keys", "signing_keys", *(f"sealing_keys_{service}" for service in SERVICES)):
            secret(folder, name, partial(new_keys, folder))
        for service in SERVICES:
            secret(folder, f"lookup_key_{service}", partial(lookup_key, folder, service))
        files = (*KEYS, *(name for name in self._secret_urls if name != _ADMIN_URL))
        return {
            "DOORSTEP_RABBITMQ_MANAGEMENT_URL": self.url("rabbitmq_management"),
            "DOORSTEP_JWKS_URL": f"{self.url('accounts_http')}/api/v1/jwks.json",
            **{name: value for name, value in self.chosen.items() if name != "DOORSTEP_SMTP_URL"},
            **{f"DOORSTEP_{name.upper()}_FILE": str(folder / name) for name in files},
            "DOORSTEP_DATABASE_PREFIX": self.mode.prefix,
            **({"DOORSTEP_JOURNAL": str(self.layout.journal)} if self.mode.journal else {}),
        }

    def _base(self) -> Iterator[Part]:
        logs = self.layout.logs
        epmd, broker = self.rabbit.programs(logs)
        yield Part(epmd, BASE, lambda: accepts(self.ports["epmd"]), self.ports["epmd"])
        yield Part(broker, BASE, self.rabbit.is_ready, self.ports["rabbitmq"])
        yield Part(self.mongo.program(logs), BASE, self.mongo.is_ready, self.ports["mongod"])
        if self.mode.mail_sink:
            yield self._mail_sink()

    def _services(self) -> Iterator[Part]:
        for service in SERVICES:
            for role in ROLES:
                port = self.ports[f"{service}_{role}"]
                argv = (sys.executable, "-m", "services.chassis.launch", service, role)
                env = {**self.settings_of(service), "DOORSTEP_HTTP_PORT": str(port), "PYTHONUNBUFFERED": "1"}
                program = self._program(f"{service}-{role}", argv, env)
                yield Part(program, SERVING, answers(f"{self.url(f'{service}_{role}')}/readyz"), port)

    def _keeper(self) -> Part:
        argv = (sys.executable, "-m", "services.cli.main", "broker", "keep")
        env = {**self.settings_of(KEEPER), "DOORSTEP_ENV_FILE": os.devnull, "PYTHONUNBUFFERED": "1"}
        return Part(self._program("keeper", argv, env), SERVING, lambda: True, 0)

    def _watching(self) -> Iterator[Part]:
        yield self._edge()
        listen = f"--web.listen-address={LOOPBACK}:{self.ports['prometheus']}"
        config = prometheus_file(self.layout)
        storage = self.layout.data / "prometheus"
        argv = ("prometheus", f"--config.file={config}", f"--storage.tsdb.path={storage}", listen)
        yield self._watcher("prometheus", (*argv, "--storage.tsdb.retention.time=30d"))
        listen = f"--web.listen-address={LOOPBACK}:{self.ports['alertmanager']}"
        storage, config = self.layout.data / "alertmanager", alertmanager_file(self.layout)
        argv = ("prometheus-alertmanager", f"--config.file={config}", f"--storage.path={storage}", listen)
        yield self._watcher("alertmanager", (*argv, "--cluster.listen-address="))

    def _edge(self) -> Part:
        folder = self.layout.data / "caddy"
        env = {**edge_environment(self.ports, ROOT / "docs"), "XDG_DATA_HOME": str(folder), "HOME": str(folder)}
        argv = (
            *(str(Path(sys.executable).parent / "caddy"), "run", "--adapter", "caddyfile"),
            *("--config", str(ROOT / "deploy" / "caddy" / "Caddyfile")),
        )
        return Part(
            self._program("edge", argv, env), WATCHING, answers(f"{self.url('edge')}/healthz"), self.ports["edge"]
        )

    def _mail_sink(self) -> Part:
        folder, address = self.layout.data / "mail", f"{LOOPBACK}:{self.ports['mail']}"
        argv = (sys.executable, "-m", "aiosmtpd", "-n", "-l", address, "-c", "aiosmtpd.handlers.Mailbox", str(folder))
        return Part(self._program("mail", argv, {}), BASE, lambda: accepts(self.ports["mail"]), self.ports["mail"])

    def _watcher(self, name: str, argv: tuple[str, ...]) -> Part:
        found = shutil.which(argv[0])
        if found is None:
            raise NotReady(f"{argv[0]} is not installed: run `make setup`")
        return Part(self._program(name, (found, *argv[1:]), {}), WATCHING, answers(f"{self.url(name)}/-/ready"),
                    self.ports[name])  # fmt: skip

    def _program(self, name: str, argv: tuple[str, ...], env: Mapping[str, str]) -> Program:
        return Program(name, argv, self.layout.logs / f"{name}.log", env, stop_seconds=30)


def answers(url: str) -> Callable[[], bool]:
    """A check that holds once a GET of `url` is answered with 200."""

    def check() -> bool:
        try:
            # To read all the world's authorities takes longer than what is asked, and is for TLS only.
            return httpx.get(url, timeout=3, trust_env=False, verify=False).status_code == httpx.codes.OK  # noqa: S501
        except httpx.TransportError:
            return False

    return check


def _rabbit_ports(ports: Mapping[str, int]) -> RabbitPorts:
    return RabbitPorts(
        amqp=ports["rabbitmq"],
        management=ports["rabbitmq_management"],
        prometheus=ports["rabbitmq_prometheus"],
        distribution=ports["rabbitmq_distribution"],
        epmd=ports["epmd"],
    )
