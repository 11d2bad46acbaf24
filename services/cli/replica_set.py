"""Making a fresh mongod a replica set of one with our user, as MongoDB's localhost exception allows: once.

Until the first user exists whoever reaches the server on its own machine may do this and nothing else. The native
installation asks on loopback; in containers `prepare` shares the database's network.
"""

from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError
from pymongo.uri_parser import parse_uri

REPLICA_SET = "doorstep"
_ALREADY_INITIALISED = 23
_UNAUTHORIZED = 13
_AUTHENTICATION_FAILED = 18
_WAIT_MILLISECONDS = 1000

Client = MongoClient[dict[str, Any]]


class WrongPassword(Exception):
    """The database has users already, and ours has another password."""


@dataclass(frozen=True, slots=True)
class FirstMember:
    """The one member: where it is reached from its own machine, what others call it, and our user."""

    host: str
    port: int
    address: str
    """Under which name and port the replica set tells others to find it."""
    user: str
    password: str

    def connect(self, *, authenticated: bool) -> Client:
        return MongoClient(
            self.host,
            self.port,
            directConnection=True,
            serverSelectionTimeoutMS=_WAIT_MILLISECONDS,
            connectTimeoutMS=_WAIT_MILLISECONDS,
            socketTimeoutMS=10 * _WAIT_MILLISECONDS,
            username=self.user if authenticated else None,
            password=self.password if authenticated else None,
        )

    def is_ready(self) -> bool:
        """True once it is the primary and knows our user. Whatever of it is missing is made; False: ask again.

        Raises WrongPassword when it has users and refuses ours.
        """
        try:
            with self.connect(authenticated=True) as client:
                primary = bool(client.admin.command("hello")["isWritablePrimary"])
                if not primary:
                    self._follow_address(client)
                return primary
        except OperationFailure as error:  # no such user yet, or another password
            return self._initialise(refused=error.code == _AUTHENTICATION_FAILED)
        except PyMongoError:
            return False

    def _follow_address(self, client: Client) -> None:
        """The set remembers its member's address: after a change of the port it must be told the new one."""
        config = client.admin.command("replSetGetConfig")["config"]
        if config["members"][0]["host"] != self.address:
            config["members"][0]["host"] = self.address
            config["version"] += 1
            client.admin.command("replSetReconfig", config, force=True)

    def _initialise(self, *, refused: bool) -> bool:
        member = {"_id": 0, "host": self.address}
        try:
            with self.connect(authenticated=False) as client:
                try:
                    client.admin.command("replSetInitiate", {"_id": REPLICA_SET, "members": [member]})
                except OperationFailure as error:
                    if error.code != _ALREADY_INITIALISED:
                        raise
                if client.admin.command("hello")["isWritablePrimary"]:
                    client.admin.command("createUser", self.user, pwd=self.password, roles=["root"])
        except OperationFailure as error:
            # The localhost exception has ended: there is a user, and it is not the one that we are.
            if refused and error.code == _UNAUTHORIZED:
                raise WrongPassword from error
        except PyMongoError:
            return False
        return False


def first_member(url: str) -> FirstMember:
    """The member that a connection string of ours names, asked on this machine."""
    parsed = parse_uri(url)
    host, port = parsed["nodelist"][0]
    return FirstMember("127.0.0.1", port, f"{host}:{port}", parsed["username"] or "", parsed["password"] or "")
