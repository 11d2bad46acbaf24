"""Six-party registers in MongoDB: `six_parties`, a document for each compound that has one."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from pymongo.client_session import ClientSession
from pymongo.database import Database

from services.tickets.domain.six_parties import OTHERS, PARTIES, Organisation, Overview, Register
from services.tickets.storage.documents import Document

COLLECTION = "six_parties"


class RegisterRows:
    """The queries for registers, of one unit of work."""

    _db: Database[Document]
    _session: ClientSession | None

    def registers(self, compound_ids: Sequence[str]) -> Mapping[str, Register]:
        """By compound; one that nobody has defined is an empty one."""
        rows = self._db[COLLECTION].find({"_id": {"$in": list(compound_ids)}}, session=self._session)
        known = {row["_id"]: _entity(row) for row in rows}
        return {id: known.get(id, Register(id)) for id in compound_ids}

    def overviews(self, compound_ids: Sequence[str]) -> Mapping[str, Overview]:
        """By compound; the names stay in the database, since a page of full registers is megabytes."""
        numbers = {party: {"$size": {"$ifNull": [f"$parties.{party}", []]}} for party in (*PARTIES, OTHERS)}
        asked: list[Document] = [
            {"$match": {"_id": {"$in": list(compound_ids)}}},
            {"$project": {"at": 1, "by": 1, "numbers": numbers}},
        ]
        rows = self._db[COLLECTION].aggregate(asked, session=self._session)
        known = {row["_id"]: Overview(row["_id"], row["numbers"], row["at"], row["by"]) for row in rows}
        return {id: known.get(id, Overview(id)) for id in compound_ids}

    def put_register(self, register: Register) -> None:
        row = {name: value for name, value in asdict(register).items() if name != "compound_id"}
        self._db[COLLECTION].replace_one({"_id": register.compound_id}, row, upsert=True, session=self._session)


def _entity(row: Document) -> Register:
    parties = {
        party: tuple(Organisation(one["name"], one["contact_id"]) for one in found)
        for party, found in row["parties"].items()
    }
    return Register(row["_id"], parties, row["revision"], row["at"], row["by"])
