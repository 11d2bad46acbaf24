"""What `make test-dates` shifts is shifted in each process of a service and in the operators' command."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from tests.dates.shifting import OWN_SHIFT, shifted
from tests.support.namespaces import Namespace
from tests.support.processes import Processes, environment
from tests.support.tokens import Tokens

AHEAD = timedelta(days=400)


def test_every_process_of_a_service_has_the_shifted_date(
    namespace: Namespace, tokens: Tokens, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in shifted(int(AHEAD.total_seconds())).items():
        monkeypatch.setenv(name, value)
    processes = Processes(namespace, environment(namespace, tokens.jwks_url), tmp_path)
    try:
        for role in ("http", "worker"):
            answered = processes.start("volunteers", role).http.get("/healthz").headers["Date"]
            assert_ahead(parsedate_to_datetime(answered))
        assert_ahead(datetime.fromisoformat(processes.cli("clock", "show").stdout.split()[0]))
    finally:
        processes.stop_all()


def assert_ahead(shown: datetime) -> None:
    really = datetime.now(UTC) - timedelta(seconds=OWN_SHIFT)
    assert abs(shown - really - AHEAD) < timedelta(minutes=10)
