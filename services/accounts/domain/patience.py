"""Patience with wrong passwords: guessing gets slow, a person who mistypes does not notice, and nobody who guesses from
elsewhere keeps the owner of a login out where he signs in.

What is counted, each for twelve hours from its first failure:

- the failures of a login at one address. Five are free, then each wait is twice as long, five minutes at most; where
  the login signed in within 90 days twenty are free, and the longest wait is half a minute;
- the failures of a login at all addresses where it did not sign in lately: fifty are free. Each address adds five at
  most, so that nobody drives this count up alone;
- the failures of an address with whatever logins that did not sign in there lately: two hundred are free, and the
  longest wait is ten seconds, since a whole county may sit behind one address.

Whoever signs in where he did so lately waits for the first count alone. A wait begins with the last failure; an
attempt during it is not looked at and not counted.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

FORGOTTEN_AFTER = timedelta(hours=12)
KNOWN_FOR = timedelta(days=90)
"""How long it is remembered that a login signed in from an address. *(ours)*"""
MOST_ADDED_BY_ADDRESS = 5


@dataclass(frozen=True, slots=True)
class Rule:
    """So many failures are free; after them each wait is twice as long as the one before, up to the longest."""

    free: int
    longest: timedelta


STRANGE = Rule(5, timedelta(minutes=5))
KNOWN = Rule(20, timedelta(seconds=30))
ELSEWHERE = Rule(50, timedelta(minutes=5))
ADDRESS = Rule(200, timedelta(seconds=10))


def by_address(free: int) -> Rule | None:
    """The rule for an address where so many failures are free; 0: there is none."""
    return replace(ADDRESS, free=free) if free else None


@dataclass(frozen=True, slots=True)
class Failures:
    """Wrong passwords since `since`, the last at `last`."""

    count: int = 0
    since: datetime | None = None
    last: datetime | None = None

    def wait(self, rule: Rule, now: datetime) -> timedelta:
        """How long the next attempt has to wait."""
        beyond = self.count - rule.free
        if beyond <= 0 or self.last is None or self.is_over(now):
            return timedelta()
        left = self.last + min(timedelta(seconds=2.0 ** min(beyond, 20)), rule.longest) - now
        # Further ahead than anybody waits: a clock that was ahead has set it.
        return left if timedelta() < left <= rule.longest else timedelta()

    def is_over(self, now: datetime) -> bool:
        """Whether they are forgotten; also those of a clock that was far ahead."""
        return self.since is None or not abs(now - self.since) < FORGOTTEN_AFTER

    def plus(self, amount: int, now: datetime) -> "Failures":
        """With so many more, and a wait that begins anew."""
        if self.is_over(now):
            return Failures(amount, now, now)
        return Failures(self.count + amount, self.since, now)


class Because(StrEnum):
    """Which count made an attempt wait."""

    HERE = "login-here"
    ELSEWHERE = "login-elsewhere"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of an attempt before its password is looked at."""

    known: bool = False
    """Whether this login signed in from this address within KNOWN_FOR."""
    here: Failures = Failures()
    elsewhere: Failures = Failures()
    address: Failures = Failures()

    def wait(self, now: datetime, address: Rule | None = ADDRESS) -> tuple[timedelta, Because]:
        """The longest wait that holds for this attempt, with this rule for its address; none is zero."""
        waits = [(self.here.wait(KNOWN if self.known else STRANGE, now), Because.HERE)]
        if not self.known:
            waits.append((self.elsewhere.wait(ELSEWHERE, now), Because.ELSEWHERE))
            if address is not None:
                waits.append((self.address.wait(address, now), Because.ADDRESS))
        return max(waits, key=lambda each: each[0])

    def added_elsewhere(self, now: datetime) -> int:
        """How much one more failure, where the login is not known, adds to the login's failures elsewhere."""
        before = 0 if self.here.is_over(now) else self.here.count
        return int(before < MOST_ADDED_BY_ADDRESS)
