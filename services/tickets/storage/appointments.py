"""Appointments in MongoDB: `appointables` what stations offer, `bookings` one document for each booking, `bookers` for
a day a row for whoever books, which keeps two at once apart.

`slots` has one for each service and day of which somebody booked: who books or cancels writes it, so that they take
effect one after the other.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from pymongo import ASCENDING, DESCENDING, ReplaceOne
from pymongo.database import Database

from services.chassis import timer_rows
from services.chassis.ids import new_id
from services.chassis.unit import Unit
from services.tickets.domain.appointments import BOOKED, CANCELLED, Appointable, Booking, Slot
from services.tickets.domain.policy import Text
from services.tickets.storage.documents import Document

_PLAIN = ("person_id", "booked_by", "booked_at", "sealed", "state", "changed_at", "changed_by")
_WHERE_GIVEN = ("telephone_digest", "reason_code", "words", "cancel_minutes")
_OF_SERVICE = ("station_id", "slot_minutes", "capacity", "ahead_days", "cancel_minutes", "offered", "revision")
_MINUTE = "%Y%m%d%H%M"
LOOKING = "looking-through"
"""Kind of the timers that have the worker look through the bookings of a station that changed."""
LOOKS = (timedelta(seconds=2), timedelta(seconds=60))
"""When it looks: soon, and once more after every transaction has ended that may have booked a place as the station was
before (mongod ends one after at most 15 s, ADR 3)."""
_AROUND = timedelta(hours=36)


class AppointmentRows:
    """Of one unit of work."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._db, self._session = unit.db, unit.session

    def service(self, station_id: str, service_id: str) -> Appointable | None:
        row = self._db["appointables"].find_one({"_id": f"{station_id}|{service_id}"}, session=self._session)
        return service_entity(row) if row else None

    def services(self, station_id: str) -> list[Appointable]:
        rows = self._db["appointables"].find({"station_id": station_id}, session=self._session)
        return [service_entity(row) for row in rows.sort("_id", ASCENDING)]

    def hold_services(self, station_id: str) -> list[Appointable]:
        self._db["slots"].update_one(
            {"_id": station_id}, {"$setOnInsert": {"station_id": station_id}, "$inc": {"changes": 1}}, upsert=True,
            session=self._session,
        )  # fmt: skip
        return self.services(station_id)

    def put_service(self, service: Appointable) -> None:
        document = {
            "_id": f"{service.station_id}|{service.id}", "name": {"zh": service.name.zh, "en": service.name.en},
            "week": [[list(window) for window in day] for day in service.week],
            **{name: getattr(service, name) for name in _OF_SERVICE},
        }  # fmt: skip
        self._db["appointables"].replace_one({"_id": document["_id"]}, document, upsert=True, session=self._session)
        self.have_looked_through(service.station_id)

    def have_looked_through(self, station_id: str) -> None:
        mark(self._unit, [station_id])

    def taken(self, station_id: str, day: date) -> dict[str, list[tuple[datetime, datetime, int]]]:
        # Counted by the database: as many rows as there are times, however many people come.
        by_time = {"service_id": "$service_id", "start_at": "$start_at", "end_at": "$end_at"}
        rows = self._db["bookings"].aggregate(
            [{"$match": _standing(station_id, day)}, {"$group": {"_id": by_time, "count": {"$sum": 1}}}],
            session=self._session,
        )  # fmt: skip
        found: dict[str, list[tuple[datetime, datetime, int]]] = {}
        for row in rows:
            of = row["_id"]
            found.setdefault(of["service_id"], []).append((of["start_at"], of["end_at"], row["count"]))
        return found

    def standing(self, station_id: str, day: date) -> list[Booking]:
        rows = self._db["bookings"].find(_standing(station_id, day), session=self._session)
        return [booking_entity(row) for row in rows]

    def hold(self, slot: Slot) -> list[Booking]:
        first = {"station_id": slot.station_id, "day": slot.day.isoformat()}
        self._db["slots"].update_one(
            {"_id": slot.all_of_day}, {"$setOnInsert": first, "$inc": {"changes": 1}}, upsert=True,
            session=self._session,
        )  # fmt: skip
        return [one for one in self.standing(slot.station_id, slot.day) if one.slot.service_id == slot.service_id]

    def hold_open(self, person_id: str, telephone_digest: str | None, now: datetime) -> int:
        whose = [("person_id", person_id)]
        if telephone_digest is not None:
            whose.append(("telephone_digest", telephone_digest))
        for name, value in whose:
            # Two commands for one person write to one row, so that one of the two fails and counts again.
            touch = {"$inc": {"changes": 1}, "$set": {"at": self._unit.system_now}}
            self._db["bookers"].update_one({"_id": _booker(name, value)}, touch, upsert=True, session=self._session)
        to_come = {"state": BOOKED, "position": {"$gte": f"{now:{_MINUTE}}"}}
        return self._db["bookings"].count_documents(
            {"$or": [dict([one]) for one in whose], **to_come}, session=self._session
        )

    def booking(self, booking_id: str) -> Booking | None:
        row = self._db["bookings"].find_one({"_id": booking_id}, session=self._session)
        return booking_entity(row) if row else None

    def of_station(
        self, station_id: str, since: datetime, until: datetime, after: str | None, limit: int
    ) -> list[Booking]:
        """Whose slots begin then, in their order."""
        between = {"$gte": f"{since:{_MINUTE}}", "$lt": f"{until:{_MINUTE}}"}
        query: Document = {"station_id": station_id, "position": between | ({"$gt": after} if after else {})}
        rows = self._db["bookings"].find(query, session=self._session).sort("position", ASCENDING).limit(limit)
        return [booking_entity(row) for row in rows]

    def of_person(self, person_id: str, after: str | None, limit: int) -> list[Booking]:
        """The latest slot first."""
        query: Document = {"person_id": person_id}
        if after is not None:
            query["position"] = {"$lt": after}
        rows = self._db["bookings"].find(query, session=self._session).sort("position", DESCENDING).limit(limit)
        return [booking_entity(row) for row in rows]

    def next_to_come(self, station_id: str, after: str | None, now: datetime) -> Booking | None:
        """The first that is still booked and begins later than now, beyond a position."""
        beyond = {"$gt": max(after or "", f"{now:{_MINUTE}}")}
        query = {"station_id": station_id, "position": beyond, "state": BOOKED}
        rows = self._db["bookings"].find(query, session=self._session).sort("position", ASCENDING).limit(1)
        return next((booking_entity(row) for row in rows), None)

    def bookings(self, ids: Sequence[str]) -> list[Booking]:
        rows = self._db["bookings"].find({"_id": {"$in": list(ids)}}, session=self._session)
        return [booking_entity(row) for row in rows]

    def save_all(self, bookings: Sequence[Booking]) -> None:
        writes = [ReplaceOne({"_id": one.id}, booking_document(one)) for one in bookings]
        if writes:
            self._db["bookings"].bulk_write(writes, ordered=False, session=self._session)

    def add(self, booking: Booking) -> None:
        self._unit.insert("bookings", booking_document(booking))

    def save(self, booking: Booking) -> None:
        self._db["bookings"].replace_one({"_id": booking.id}, booking_document(booking), session=self._session)

    def record_reveal(self, booking_id: str, by: str, reason: str, at: datetime) -> None:
        self._db["reveals"].insert_one(
            {"_id": new_id(), "booking_id": booking_id, "by": by, "reason": reason, "at": at}, session=self._session
        )

    # What of somebody is kept, and until when

    def holding(self, person_id: str) -> list[Booking]:
        """Somebody's bookings with name or telephone in them, or words of staff."""
        words = {"person_id": person_id, "words": {"$type": "string"}}
        rows = self._db["bookings"].find({"$or": [holding(person_id), words]}, session=self._session)
        return [booking_entity(row) for row in rows]

    def due(self, ended_until: datetime, limit: int) -> list[Booking]:
        query = {"personal_since": {"$lte": ended_until}}
        rows = self._db["bookings"].find(query, session=self._session).sort("personal_since", ASCENDING).limit(limit)
        return [booking_entity(row) for row in rows]

    def counts(self, ended_until: datetime, now: datetime) -> tuple[int, int]:
        """How many that are over hold personal data, and of how many the time is over."""
        rows = self._db["bookings"]
        return (
            rows.count_documents({"personal_since": {"$lte": now}}),
            rows.count_documents({"personal_since": {"$lte": ended_until}}),
        )

    def erase(self, bookings: Sequence[Booking]) -> None:
        """Name and telephone, why somebody had them shown, and what staff wrote when they cancelled it."""
        ids = {"$in": [one.id for one in bookings]}
        gone = {"$set": {"sealed": None}, "$unset": {"personal_since": "", "telephone_digest": "", "words": ""}}
        self._db["bookings"].update_many({"_id": ids}, gone, session=self._session)
        self._db["reveals"].update_many({"booking_id": ids}, {"$set": {"reason": None}}, session=self._session)
        held = [_booker("telephone_digest", one.telephone_digest) for one in bookings if one.telephone_digest]
        self._db["bookers"].delete_many({"_id": {"$in": held}}, session=self._session)


def mark(unit: Unit, station_ids: Iterable[str]) -> None:
    """Have the worker look through what is booked at these stations."""
    rows = [
        timer_rows.row(
            f"{LOOKING}:{station_id}:{number}", LOOKING, unit.system_now + after, {"look_at": station_id},
            basis="system", lane="effects",
        )
        for station_id in station_ids for number, after in enumerate(LOOKS)
    ]  # fmt: skip
    unit.timers.change(rows, ())


def mark_changed(unit: Unit, station_ids: Sequence[str]) -> None:
    """Those of them that have services by appointment: nothing is booked at others."""
    offering = {"station_id": {"$in": list(station_ids)}}
    mark(unit, unit.db["appointables"].distinct("station_id", offering, session=unit.session) if station_ids else ())


def _standing(station_id: str, day: date) -> Document:
    # A day begins and ends within a day of the same date in UTC, wherever on earth it is reckoned.
    noon = datetime.combine(day, time(12), UTC)
    around = {"$gte": f"{noon - _AROUND:{_MINUTE}}", "$lt": f"{noon + _AROUND:{_MINUTE}}"}
    return {"station_id": station_id, "position": around, "day": day.isoformat(), "state": {"$ne": CANCELLED}}


def _booker(name: str, value: str) -> str:
    return f"{name}|{value}"


def holding(person_id: str) -> Document:
    return {"person_id": person_id, "sealed": {"$type": "string"}}


def position_of(booking: Booking) -> str:
    return f"{booking.slot.start_at:{_MINUTE}}|{booking.id}"


def service_entity(row: Document) -> Appointable:
    week = tuple(tuple((start, end) for start, end in day) for day in row["week"])
    plain = {name: row[name] for name in _OF_SERVICE}
    name = Text(row["name"]["zh"], row["name"]["en"])
    return Appointable(id=row["_id"].partition("|")[2], name=name, week=week, **plain)


def booking_document(booking: Booking) -> Document:
    slot = booking.slot
    document = {
        "_id": booking.id, "station_id": slot.station_id, "service_id": slot.service_id, "day": slot.day.isoformat(),
        "start_at": slot.start_at, "end_at": slot.end_at, "position": position_of(booking),
        **{name: getattr(booking, name) for name in _PLAIN},
    }  # fmt: skip
    said = {name: getattr(booking, name) for name in _WHERE_GIVEN}
    document |= {name: value for name, value in said.items() if value is not None}
    document |= {"sequence": booking.sequence, "affected_by": booking.affected_by, "told_of": list(booking.told_of)}
    if booking.sealed is not None or booking.words is not None:
        document["personal_since"] = slot.end_at if booking.state == BOOKED else booking.changed_at or slot.end_at
    return document


def booking_entity(row: Document) -> Booking:
    slot = Slot(
        row["station_id"], row["service_id"], date.fromisoformat(row["day"]), row["start_at"], row["end_at"]
    )  # fmt: skip
    plain = {name: row[name] for name in _PLAIN}
    plain |= {"sequence": row.get("sequence", 0), "affected_by": row.get("affected_by")}
    plain["told_of"] = tuple(row.get("told_of", ()))
    return Booking(id=row["_id"], slot=slot, **plain | {name: row.get(name) for name in _WHERE_GIVEN})


def appointment_indexes(db: Database[Document]) -> None:
    db["appointables"].create_index("station_id", name="station")
    db["slots"].create_index([("station_id", 1), ("day", 1)], name="station")
    db["bookings"].create_index([("station_id", 1), ("position", 1)], name="station")
    db["bookings"].create_index([("person_id", 1), ("position", 1)], name="person")
    db["bookings"].create_index("personal_since", name="personal_since", sparse=True)
    db["reveals"].create_index("booking_id", name="booking", sparse=True)


def booker_indexes(db: Database[Document]) -> None:
    by_telephone = [("telephone_digest", 1), ("position", 1)]
    given = {"telephone_digest": {"$type": "string"}}
    db["bookings"].create_index(by_telephone, name="telephone", partialFilterExpression=given)
    db["bookers"].create_index("at", name="over", expireAfterSeconds=86_400)
