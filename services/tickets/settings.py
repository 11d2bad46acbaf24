"""The settings that only tickets has."""

from datetime import timedelta
from functools import cache

from environs import EnvValidationError, FileAwareEnv
from marshmallow import validate

from services.chassis.config import Settings, SettingsError

PHOTO_MEGABYTES = {"PERSON_HOUR": 200, "PERSON_DAY": 1_000, "ADDRESS_HOUR": 1_000, "ADDRESS_DAY": 4_000}
"""DOORSTEP_PHOTO_MEGABYTES_…: what a person, and what all behind an address, may upload in an hour and in a day
*(ours)*. A telephone's photo has 3 MB; a whole office may sit behind one address."""


def check_settings(settings: Settings) -> None:
    """Raise SettingsError for what is set wrongly."""
    personal_data_kept()
    for name in PHOTO_MEGABYTES:
        photo_bytes(name)
    open_bookings()
    filings_of_resident()
    bookings_of_address()


@cache
def photo_bytes(name: str) -> int:
    """How many bytes of photos may come in such a window: a name of PHOTO_MEGABYTES. Raises SettingsError."""
    return 1_000_000 * _whole(f"DOORSTEP_PHOTO_MEGABYTES_{name}", PHOTO_MEGABYTES[name], most=1_000_000)


@cache
def open_bookings() -> int:
    """How many places in slots yet to come one person may hold: DOORSTEP_OPEN_BOOKINGS. Raises SettingsError."""
    return _whole("DOORSTEP_OPEN_BOOKINGS", 5, most=1_000)


@cache
def bookings_of_address() -> int:
    """How many bookings for themselves residents behind one address may send in an hour *(ours)*:
    DOORSTEP_BOOKINGS_OF_ADDRESS. Accounts cost nothing there, and a station has a few dozen places a day. Raises
    SettingsError."""
    return _whole("DOORSTEP_BOOKINGS_OF_ADDRESS", 10, most=3_000)


@cache
def filings_of_resident() -> int:
    """How many tickets somebody without an office may file in an hour *(ours)*: DOORSTEP_FILINGS_OF_RESIDENT. Each
    starts a clock and is told to a worker. Raises SettingsError."""
    return _whole("DOORSTEP_FILINGS_OF_RESIDENT", 60, most=3_000)


def _whole(name: str, default: int, most: int) -> int:
    """A whole number from 1 to `most`. Raises SettingsError."""
    env = FileAwareEnv(eager=False)
    number: int = env.int(name, default, validate=validate.Range(1, most))
    try:
        env.seal()
    except EnvValidationError as error:
        raise SettingsError([f"{name}: {error.error_messages}"]) from None
    return number


@cache
def personal_data_kept() -> timedelta:
    """How long after its end a ticket keeps personal data: DOORSTEP_PERSONAL_DATA_DAYS. Raises SettingsError."""
    env = FileAwareEnv(eager=False)
    days = env.int("DOORSTEP_PERSONAL_DATA_DAYS", 400, validate=validate.Range(30, 36_500))
    try:
        env.seal()
    except EnvValidationError as error:
        raise SettingsError([f"DOORSTEP_PERSONAL_DATA_DAYS: {error.error_messages}"]) from None
    return timedelta(days=days)
