"""Three sets of keys: what a service keeps, what goes over the private exchange, what signs tokens."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from services.chassis.directory import SERVICES
from services.chassis.seal import Keys, KeysMissing, Sealer, Unsealable
from tests.support.eventually import eventually
from tests.support.processes import SEALING_KEYS, Processes, sealer_of

PASSWORD = "correct horse battery"
CONTACT = {"name": "Li Na", "telephone": "13812340001", "email": "li@example.org", "locale": "en"}
RINGS: Mapping[str, Keys] = {
    **{service: Keys((key,)) for service, key in SEALING_KEYS.items()},
    "exchange": sealer_of("accounts").exchange,
    "signing": sealer_of("accounts").signing,
}
"""Every set of keys by itself."""


@dataclass(frozen=True)
class Town:
    """Somebody with an account has said how he is reached, and notifications has learnt of it."""

    processes: Processes

    def opened_by(self, service: str, collection: str, **wanted: Any) -> set[str]:
        """The sets of keys that open what is sealed in these rows; each token by exactly one of them."""
        namespace = self.processes.namespace
        rows = list(namespace.mongo[f"{namespace.prefix}_{service}"][collection].find(wanted))
        opening = [[name for name, keys in RINGS.items() if _opens(keys, token)] for token in _sealed_in(rows)]
        assert all(len(names) == 1 for names in opening), opening
        return {name for names in opening for name in names}


@pytest.fixture(scope="module")
def town(module_processes: Processes, tmp_path_factory: pytest.TempPathFactory) -> Town:
    town, file = Town(module_processes), tmp_path_factory.mktemp("town") / "password"
    accounts = module_processes.start("accounts", "http", wait=False)
    for service in ("accounts", "notifications"):
        module_processes.start(service, "worker", wait=False)
    accounts.wait_until_ready()
    Path(file).write_text(PASSWORD)
    module_processes.cli("admin", "create", "--login", "wang", "--area", "/hequ/", "--password-file", str(file))
    token = accounts.http.post("/api/v1/sessions", json={"login": "wang", "password": PASSWORD}).json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert accounts.http.put("/api/v1/accounts/me/contact", json=CONTACT, headers=headers).status_code == 204
    eventually(lambda: town.opened_by("notifications", "recipients"), 40)
    return town


def test_what_a_service_keeps_only_its_own_keys_open(town: Town) -> None:
    assert town.opened_by("accounts", "accounts") == {"accounts"}
    assert town.opened_by("notifications", "recipients") == {"notifications"}


def test_what_is_told_of_a_person_only_the_keys_of_the_exchange_open(town: Town) -> None:
    assert town.opened_by("accounts", "outbox", type="recipient.upserted") == {"exchange"}


def test_the_keys_that_sign_tokens_only_a_set_of_their_own_opens(town: Town) -> None:
    assert town.opened_by("accounts", "signing_keys") == {"signing"}


def test_digests_of_one_service_are_not_found_by_anothers_key() -> None:
    digests = {sealer_of(service).lookup("telephone", "13812340001") for service in SERVICES}
    assert len(digests) == len(SERVICES)


def test_a_process_without_a_set_of_keys_can_neither_seal_nor_open_with_it() -> None:
    sealer = Sealer((SEALING_KEYS["metrics"],), "k" * 32)
    for keys in (sealer.exchange, sealer.signing):
        with pytest.raises(KeysMissing):
            keys.seal("anything")
        with pytest.raises(KeysMissing):
            keys.unseal(sealer.seal("anything"))


def _sealed_in(value: Any) -> Iterator[bytes]:
    """Every sealed token in rows."""
    if isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _sealed_in(inner)
    token = value.encode() if isinstance(value, str) else value
    if isinstance(token, bytes) and token.startswith(b"gAAAAA"):
        yield token


def _opens(keys: Keys, token: bytes) -> bool:
    try:
        keys.unseal_bytes(token)
    except Unsealable:
        return False
    return True
