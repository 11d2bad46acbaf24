"""What people see: the table after `make up`, and `make status`."""

from collections.abc import Sequence
from datetime import UTC, datetime

from services.cli.native.parts import Installation, Part
from services.cli.native.ports import LOOPBACK
from services.cli.native.supervise import Control, State

FIRST_ADMINISTRATOR = "doorstep admin create"


def status_table(parts: Sequence[Part], states: dict[str, State]) -> tuple[str, bool]:
    """(the table, whether every part is healthy)."""
    rows = [("part", "state", "address", "pid", "up for")]
    healthy = True
    for part in parts:
        state = states.get(part.name)
        word = _health(part, state)
        healthy = healthy and word == "healthy"
        pid, uptime = (str(state.pid), _uptime(state)) if state and state.pid else ("–", "–")
        rows.append((part.name, word, f"{LOOPBACK}:{part.port}" if part.port else "–", pid, uptime))
    return _aligned(rows), healthy


def welcome(installation: Installation) -> str:
    """Where to look, once all is healthy."""
    url = installation.url
    mode = installation.mode
    lines = [
        ("API (the edge)", f"{url('edge')}/api/v1/…"),
        ("OpenAPI, AsyncAPI", f"{url('edge')}/api/openapi.json  {url('edge')}/api/asyncapi.json"),
        ("Prometheus", url("prometheus")),
        ("Alertmanager", url("alertmanager")),
        ("RabbitMQ management", f"{url('rabbitmq_management')}  user doorstep, password in "
         f"{installation.layout.secrets / 'rabbitmq_password'}"),
        ("Databases, virtual host", f"{mode.prefix}_…, {mode.prefix}"),
        ("Logs", f"make logs S=tickets   ({installation.layout.logs})"),
        ("First administrator", f".venv/bin/{FIRST_ADMINISTRATOR}"),
    ]  # fmt: skip
    if mode.mail_sink:
        lines.append(("Mail that was sent", str(installation.layout.data / "mail")))
    return _aligned(lines)


def reachable(control: Control) -> dict[str, State]:
    """States of all programs; none when supervisord does not run."""
    return control.states() if control.answers() else {}


def _health(part: Part, state: State | None) -> str:
    if state is None or not state.pid:
        return "stopped" if state is None else state.state.lower()
    return "healthy" if part.ready() else "not ready"


def _uptime(state: State) -> str:
    minutes, seconds = divmod(int((datetime.now(UTC) - state.since).total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
                     for row in rows)  # fmt: skip
