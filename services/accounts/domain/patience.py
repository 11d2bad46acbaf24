"""How long a login must wait after wrong passwords: guessing gets slow, a person who mistypes does not notice."""

from dataclasses import dataclass
from datetime import datetime, timedelta

FREE_FAILURES = 5
LONGEST = timedelta(minutes=5)
"""Short enough that nobody can keep somebody else out for a day by failing on purpose."""
FORGOTTEN_AFTER = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Attempts:
    """The wrong passwords of one login since the last right one."""

    failures: int = 0
    not_before: datetime | None = None

    def wait(self, now: datetime) -> timedelta:
        """How long the next attempt has to wait."""
        if self.not_before is None or not now < self.not_before <= now + LONGEST:
            return timedelta()  # further ahead than anybody waits: a clock that was ahead has set it
        return self.not_before - now

    def failed(self, now: datetime) -> "Attempts":
        """One more failure: after the free ones the wait doubles each time, from two seconds on."""
        failures = self.failures + 1
        beyond = failures - FREE_FAILURES
        if beyond <= 0:
            return Attempts(failures)
        return Attempts(failures, now + min(timedelta(seconds=2.0 ** min(beyond, 20)), LONGEST))
