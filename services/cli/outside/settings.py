"""Where the broker's management is, and how outside consumers reach the broker."""

from dataclasses import dataclass
from pathlib import Path

from environs import EnvValidationError, FileAwareEnv
from marshmallow import validate

from services.chassis.config import SettingsError, faults_of
from services.chassis.context import Context
from services.cli.management import Management


@dataclass(frozen=True, slots=True)
class OutsideSettings:
    """`amqp_url` without login and virtual host: where outsiders connect to, if that is not where our services do."""

    management_url: str
    """Empty only where it was not required."""
    amqp_url: str | None
    ca_file: str | None
    """The certificate of who signed the broker's, for outsiders that connect by TLS."""

    def authority(self) -> str | None:
        """That certificate in PEM. Raises SettingsError when it cannot be read."""
        if self.ca_file is None:
            return None
        try:
            return Path(self.ca_file).read_text("ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError([f"DOORSTEP_OUTSIDE_CA_FILE: {self.ca_file} cannot be read ({error})"]) from None


def load_outside_settings(*, required: bool = True) -> OutsideSettings:
    """Raises SettingsError naming what is missing or wrong. `required`: the management has to be named."""
    missing = {} if required else {"default": None}
    env = FileAwareEnv(eager=False, strip_whitespace=True)
    with env.prefixed("DOORSTEP_"):
        management = env.str("RABBITMQ_MANAGEMENT_URL", validate=validate.Regexp(r"https?://.+"), **missing)
        address = env.str("OUTSIDE_AMQP_URL", None, validate=validate.Regexp(r"amqps?://[^/@]+/?\Z"))
        ca_file = env.str("OUTSIDE_CA_FILE", None)
    try:
        env.seal()
    except EnvValidationError as error:
        raise SettingsError(faults_of(error)) from None
    return OutsideSettings(management or "", address, ca_file)


def management_of(context: Context) -> Management:
    """The management of the broker that our services use. Raises SettingsError."""
    return Management(load_outside_settings().management_url, context.settings.amqp_url)
