"""Moments on the command line."""

from datetime import datetime
from typing import Any

import click

from services.chassis.clock import to_milliseconds
from services.chassis.context import Context

MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S%z"])


def local(value: datetime, context: Context) -> datetime:
    """In the installation's zone, unless one was given."""
    zone: Any = context.settings.timezone
    return to_milliseconds(value if value.tzinfo else value.replace(tzinfo=zone))
