"""Start one process of one service: `python -m services.chassis.launch SERVICE ROLE`.

nameko's own command line is not used: it needs pkg_resources and knows no roles.
"""

import os
import warnings

# Each thread that has hashed a password keeps some 19 MB: eventlet's 20 made 415 MB of a process of 75.
os.environ.setdefault("EVENTLET_THREADPOOL_SIZE", "2")
# eventlet announces the end of its own life on every import; docs/adr says why we are on it all the same.
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

import eventlet  # noqa: E402

eventlet.monkey_patch()

# The patch must come before anything that opens a socket is imported.
import argparse  # noqa: E402
import logging  # noqa: E402
import signal  # noqa: E402
import sys  # noqa: E402
from typing import Any  # noqa: E402

from nameko.runners import ServiceRunner  # noqa: E402

from services.chassis.config import Settings, SettingsError, load_settings  # noqa: E402
from services.chassis.context import CONFIG_KEY, Service, make_context  # noqa: E402
from services.chassis.directory import SERVICES, find_service  # noqa: E402
from services.chassis.machinery import export_machinery  # noqa: E402
from services.chassis.observability import configure_logging, log_failure  # noqa: E402

EXIT_SETTINGS = 78
"""EX_CONFIG of sysexits.h."""
HTTP_WORKERS = 100
log = logging.getLogger(__name__)


def run(settings: Settings, service: Service) -> int:
    """Run until SIGTERM or SIGINT, then stop gracefully. Returns the exit status."""
    context = make_context(settings, service)
    export_machinery(context)
    runner = ServiceRunner({
        CONFIG_KEY: context,
        "WEB_SERVER_ADDRESS": f"{settings.http_host}:{settings.http_port}",
        "max_workers": HTTP_WORKERS,
    })  # fmt: skip
    runner.add_service(service.api if "http" in settings.roles else service.worker)
    wanted: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda received, frame: wanted.append(received))
    runner.start()
    log.info("started", extra={"roles": settings.roles, "port": settings.http_port})
    died: list[BaseException] = []
    eventlet.spawn_n(_watch, runner, died)
    while not wanted and not died:
        eventlet.sleep(0.1)
    if died:
        log_failure(log, "a part of the process died", died[0])
        return 1
    log.info("stopping")
    runner.stop()
    context.client.close()
    log.info("stopped")
    return 0


def _watch(runner: Any, died: list[BaseException]) -> None:
    try:
        runner.wait()
    except Exception as error:
        died.append(error)


def main() -> int:
    parser = argparse.ArgumentParser(prog="services.chassis.launch", description=__doc__.splitlines()[0])
    parser.add_argument("service", choices=SERVICES)
    parser.add_argument("role", help="http, worker, or one or more of consumers,timers,relay")
    arguments = parser.parse_args()
    try:
        settings = load_settings(arguments.service, arguments.role)
        service = find_service(settings.service)
        if service.check is not None:
            service.check(settings)
    except SettingsError as error:
        for fault in error.faults:
            print(f"doorstep: {fault}", file=sys.stderr)
        return EXIT_SETTINGS
    configure_logging(arguments.service, arguments.role, settings.log_level)
    return run(settings, service)


if __name__ == "__main__":
    sys.exit(main())
