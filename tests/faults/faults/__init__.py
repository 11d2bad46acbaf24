"""The faults, by name: what `make faults` does to a running system, one after another."""

from tests.faults.faults.absent_consumer import FAULTS as ABSENT_CONSUMER
from tests.faults.faults.broker import FAULTS as BROKER
from tests.faults.faults.database import FAULTS as DATABASE
from tests.faults.faults.fault import Faults, Lasting
from tests.faults.faults.line import FAULTS as LINE
from tests.faults.faults.points import FAULTS as POINTS
from tests.faults.faults.poison import FAULTS as POISON
from tests.faults.faults.processes import FAULTS as PROCESSES

__all__ = ["FAULTS", "Lasting"]

FAULTS: Faults = {**ABSENT_CONSUMER, **PROCESSES, **POINTS, **BROKER, **LINE, **DATABASE, **POISON}
