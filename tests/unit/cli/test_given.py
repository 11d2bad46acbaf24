"""A setting whose file cannot be read is named, whoever reads it: in containers not everybody is given every secret."""

from collections.abc import Callable

import pytest

from services.chassis.config import SettingsError
from services.cli.broker_users import broker_urls
from services.cli.database_users import administrator_url, user_urls

READERS: dict[str, Callable[[], object]] = {
    "AMQP_URL_TICKETS": broker_urls, "MONGO_URL_TICKETS": user_urls, "MONGO_URL_ADMIN": administrator_url,
}  # fmt: skip


@pytest.mark.parametrize("name", READERS)
def test_a_secret_that_is_not_there_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(f"DOORSTEP_{name}", raising=False)
    monkeypatch.setenv(f"DOORSTEP_{name}_FILE", "/run/secrets/not-mounted")
    with pytest.raises(SettingsError) as caught:
        READERS[name]()
    assert f"DOORSTEP_{name}_FILE" in str(caught.value.faults)
