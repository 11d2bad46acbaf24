"""`doorstep settings`: whether every service would accept its settings. Reaches for nothing, changes nothing."""

import click

from services.chassis.config import CLI, SettingsError, load_settings
from services.chassis.directory import SERVICES, find_service


@click.command()
def settings() -> None:
    """Check the settings of every service; name each fault, ending with status 78."""
    faults: list[str] = []
    for name in SERVICES:
        try:
            chosen, check = load_settings(name, CLI), find_service(name).check
            if check is not None:
                check(chosen)
        except SettingsError as error:
            faults += [fault for fault in error.faults if fault not in faults]
    if faults:
        raise SettingsError(faults)
    click.echo("the settings are good")
