"""The house's rules and secrets, put together from a process's settings."""

import secrets
from functools import cache

from services.chassis.context import Context
from services.chassis.ids import new_id
from services.tickets.handlers.ports import House
from services.tickets.policies import shipped_policies
from services.tickets.presences import shipped_quotas
from services.tickets.routings import shipped_routings
from services.tickets.sheets import shipped_sheets
from services.tickets.workdays import published_years

_SECRET_BYTES = 18


@cache
def house_of(context: Context) -> House:
    """Raises PolicyRefused when a policy that comes with the program is broken."""
    return House(
        policies=shipped_policies(),
        zone=context.settings.timezone,
        years=published_years(),
        seal=context.sealer,
        new_id=new_id,
        random_below=secrets.randbelow,
        new_secret=lambda: secrets.token_urlsafe(_SECRET_BYTES),
        routings=shipped_routings(),
        sheets=shipped_sheets(),
        quotas=shipped_quotas(),
    )


def check_policies(context: Context) -> None:
    """Raise PolicyRefused now, at `doorstep prepare`, rather than at the first ticket."""
    shipped_policies()
    shipped_routings()
    shipped_sheets()
    shipped_quotas()
