"""What `make up` writes before it starts anything."""

import configparser
import stat
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from services.chassis.directory import SERVICES
from services.cli.native.addresses import DEFAULTS
from services.cli.native.chosen import NAMES, choose_settings, remember_settings
from services.cli.native.layout import Layout
from services.cli.native.modes import MODES
from services.cli.native.parts import Installation
from services.cli.native.programs import NotReady
from services.cli.native.supervise import configuration
from tests.support.processes import ROOT


def _installation(folder: Path, chosen: Mapping[str, str] | None = None, mode: str = "live") -> Installation:
    return Installation(Layout(folder), DEFAULTS, chosen or {}, MODES[mode])


def _secrets(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in (folder / "secrets").iterdir()}


def test_secrets_are_made_once_and_only_their_owner_reads_them(tmp_path: Path) -> None:
    _installation(tmp_path).write_files()
    made = _secrets(tmp_path)
    _installation(tmp_path).write_files()
    assert _secrets(tmp_path) == made
    for path in [*(tmp_path / "secrets").iterdir(), tmp_path / "operator.env", tmp_path / "settings.json"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_password_stands_in_the_command_lines_or_the_supervisors_configuration(tmp_path: Path) -> None:
    installation = _installation(tmp_path, {"DOORSTEP_SMTP_URL": "smtp://me:mail-password@mail.example.org"})
    installation.write_files()
    text = configuration(installation.layout, installation.parts())
    for secret in [*_secrets(tmp_path).values(), "mail-password"]:
        assert secret not in text
        assert secret not in (tmp_path / "operator.env").read_text()


def test_every_service_runs_as_http_and_as_worker_on_a_port_of_its_own(tmp_path: Path) -> None:
    parts = _installation(tmp_path).parts()
    names = {part.name for part in parts}
    assert {f"{service}-{role}" for service in SERVICES for role in ("http", "worker")} <= names
    assert len({part.port for part in parts}) == len(parts)


def test_the_supervisors_configuration_is_read_back_as_it_was_meant(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("d") / "100% it's"  # a socket's path is short
    installation = _installation(folder)
    parser = configparser.RawConfigParser(inline_comment_prefixes=None)
    parser.read_string(configuration(installation.layout, installation.parts()))
    section = parser["program:tickets-worker"]
    assert section["command"].endswith("-m services.chassis.launch tickets worker")
    assert "100%% it's" in section["stdout_logfile"]
    assert 'DOORSTEP_DATABASE_PREFIX="doorstep"' in section["environment"]
    assert section["autorestart"] == "true"


def test_nobody_is_told_where_the_secrets_of_others_are(tmp_path: Path) -> None:
    installation = _installation(tmp_path)

    def told(owner: str) -> set[str]:
        names = {name for name in installation.settings_of(owner) if name.endswith("_FILE")}
        return {name.removeprefix("DOORSTEP_").removesuffix("_FILE") for name in names}

    assert told("metrics") == {"MONGO_URL_METRICS", "AMQP_URL_METRICS", "SEALING_KEYS_METRICS", "LOOKUP_KEY_METRICS"}
    assert told("keeper") == {"MONGO_URL_KEEPER", "AMQP_URL", *(f"AMQP_URL_{name.upper()}" for name in SERVICES)}
    assert {"AMQP_URL", "MONGO_URL"} & told("tickets") == set()
    installation.write_files()
    for service in SERVICES:
        assert (tmp_path / "secrets" / f"amqp_url_{service}").read_text().startswith(f"amqp://doorstep_{service}:")


def test_the_demonstration_has_its_own_databases_virtual_host_and_mail_server(tmp_path: Path) -> None:
    demo = _installation(tmp_path, mode="demo")
    demo.write_files()
    assert demo.settings["DOORSTEP_DATABASE_PREFIX"] == "demo"
    assert (tmp_path / "secrets" / "amqp_url").read_text().endswith("/demo")
    assert (tmp_path / "secrets" / "smtp_url").read_text() == f"smtp://127.0.0.1:{DEFAULTS['mail']}"
    assert "mail" in {part.name for part in demo.parts()}
    assert "mail" not in {part.name for part in _installation(tmp_path).parts()}


def test_a_setting_chosen_once_holds_until_it_is_taken_back(tmp_path: Path) -> None:
    remembered = tmp_path / "settings.json"
    remember_settings(remembered, choose_settings(remembered, {"DOORSTEP_TIMEZONE": "Asia/Urumqi"}))
    assert choose_settings(remembered, {}) == {"DOORSTEP_TIMEZONE": "Asia/Urumqi"}
    assert choose_settings(remembered, {"DOORSTEP_TIMEZONE": ""}) == {}


def test_a_data_folder_too_deep_for_a_socket_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(NotReady, match="DOORSTEP_DATA="):
        _installation(tmp_path / ("x" * 100))


def test_only_one_up_or_down_works_on_a_data_folder_at_a_time(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with layout.locked(), pytest.raises(NotReady, match="another"), layout.locked():
        pass


def test_what_containers_let_one_choose_is_chosen_here_as_well() -> None:
    """A setting that `make up` ignores without a word is worse than one that does not exist."""
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
    chosen = {name for name, value in compose["x-environment"].items() if str(value).startswith("${")}
    assert chosen - {f"DOORSTEP_{name}" for name in NAMES} == set()
    assert len(chosen) > 10
