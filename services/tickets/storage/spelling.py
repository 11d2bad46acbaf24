"""What was kept before its spelling was one: telephones by which people are found again, in one county; identities of
partners."""

from collections.abc import Iterator
from itertools import count

from pymongo import UpdateOne
from pymongo.database import Database

from services.chassis.seal import Sealer
from services.tickets.domain.ticket import ExternalRef
from services.tickets.handlers.filing import person_key
from services.tickets.storage.documents import Document, telephone_list
from services.writing.telephones import normal_telephone

_BATCH = 1_000
_Move = tuple[str, str, UpdateOne]


def telephones_in_one_spelling(db: Database[Document], sealer: Sealer) -> None:
    """Move digests of telephones that were taken of another spelling (013812340001). May be run again at any point.

    Who was two people by two spellings stays two in what is past; from now on the number finds the one who was known
    by its usual spelling, else the one it found before.
    """
    known = db["tickets"].find(
        {"telephone_digest": {"$type": "string"}, "sealed": {"$type": "string"}}, ("telephone_digest", "sealed")
    )
    for batch in _batches(_moved(row, sealer) for row in known):
        for old, new, _ in batch:
            _find_by(db, old, new)
        db["tickets"].bulk_write([update for _, _, update in batch], ordered=False)


def _moved(row: Document, sealer: Sealer) -> _Move | None:
    """Old digest, new digest, and the change of the ticket; None when it is in the one spelling already."""
    old, telephone = row["telephone_digest"], sealer.unseal(row["sealed"]).get("telephone")
    if not telephone:
        return None
    try:
        new = sealer.lookup("telephone", normal_telephone(telephone))
    except ValueError:  # kept by the rules of then; nobody can ask for it any more
        return None
    if new == old:
        return None
    lists = {"$setUnion": [{"$setDifference": ["$lists", [telephone_list(old)]]}, [telephone_list(new)]]}
    ordered = {"$sortArray": {"input": lists, "sortBy": 1}}
    return old, new, UpdateOne({"_id": row["_id"]}, [{"$set": {"telephone_digest": new, "lists": ordered}}])


def _find_by(db: Database[Document], old: str, new: str) -> None:
    person = db["people"].find_one({"_id": old})
    if person is not None:
        kept = {name: value for name, value in person.items() if name != "_id"}
        db["people"].update_one({"_id": new}, {"$setOnInsert": kept}, upsert=True)


def people_in_their_county(db: Database[Document], sealer: Sealer) -> None:
    """Find who was known by a telephone everywhere in the county of their first ticket alone; in another the number
    finds somebody new. Needs telephones in one spelling; may be run again at any point."""
    asked = {"telephone_digest": {"$type": "string"}, "sealed": {"$type": "string"}}
    read = ("telephone_digest", "sealed", "area_path", "reporter_id")
    for row in db["tickets"].find(asked, read).sort("_id", 1):
        before = {"_id": row["telephone_digest"], "person_id": row["reporter_id"]}
        if db["people"].find_one(before, {"_id": 1}) is not None:
            _find_in_county(db, sealer, row)
            db["people"].delete_one(before)


def _find_in_county(db: Database[Document], sealer: Sealer, row: Document) -> None:
    try:
        normal = normal_telephone(sealer.unseal(row["sealed"])["telephone"])
    except ValueError:  # kept by the rules of then; nobody can ask for it any more
        return
    digest = sealer.lookup("person", person_key(row["area_path"], normal))
    db["people"].update_one({"_id": digest}, {"$setOnInsert": {"person_id": row["reporter_id"]}}, upsert=True)


def references_in_one_spelling(db: Database[Document]) -> None:
    """Keys of partners' cases as they are compared now. May be run again at any point.

    Of several tickets that turn out to be one case the one that is spelt that way keeps its reference, else the first.
    The others get a number behind it, HX-001 (2): to see that they are one and to merge them is the staff's.
    """
    rows = db["tickets"].find({"external_keys": {"$exists": True}}, ("external_refs", "external_keys")).sort("_id", 1)
    for row in rows:
        if [_key(ref) for ref in row["external_refs"]] != row["external_keys"]:
            refs: list[Document] = []
            for ref in row["external_refs"]:
                refs.append(_free(db, row["_id"], ref, {_key(one) for one in refs}))
            change = {"external_refs": refs, "external_keys": [_key(ref) for ref in refs]}
            db["tickets"].update_one({"_id": row["_id"]}, {"$set": change})


def _free(db: Database[Document], ticket_id: str, ref: Document, taken: set[str]) -> Document:
    """The reference, numbered if its key is another's."""
    for number in count(1):
        one = ref if number == 1 else {**ref, "id": f"{ref['id']} ({number})"}
        others = {"external_keys": _key(one), "_id": {"$ne": ticket_id}}
        if _key(one) not in taken and db["tickets"].find_one(others, {"_id": 1}) is None:
            return one
    raise AssertionError("numbers do not end")


def _key(ref: Document) -> str:
    return ExternalRef(ref["system"], ref["id"]).key


def _batches(found: Iterator[_Move | None]) -> Iterator[list[_Move]]:
    batch: list[_Move] = []
    for one in found:
        if one is not None:
            batch.append(one)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
