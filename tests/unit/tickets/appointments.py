"""A station with a clinic by appointment, the hours of its days, and a booking there."""

from datetime import date

from services.tickets.domain.appointments import Appointable, Booking, bookable
from services.tickets.domain.hours import Exceptional, Hours, parse_day
from services.tickets.domain.places import Place
from services.tickets.domain.policy import Text
from tests.unit.tickets.stories import SHANGHAI, at

MONDAY, HOLIDAY, LATE_DAY = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
HOURS = Hours(
    week=(parse_day(["08:00-12:00", "14:00-18:00"]),) * 5 + ((),) * 2,
    exceptions={HOLIDAY: Exceptional((), "holiday"), LATE_DAY: Exceptional(parse_day(["10:00-12:00"]), "inventory")},
)
STATION = Place("quay", "station", "码头", "/a/b/c/quay/", hours=HOURS, state="open")
CLINIC = Appointable("quay", "clinic", Text("义诊", "Clinic"), 45, 2, (parse_day(["09:00-11:30", "14:00-15:00"]),) * 7,
                     ahead_days=7, cancel_minutes=60)  # fmt: skip
NOW = at("2026-03-02 07:00")


def booked(begins: str = "2026-03-02 09:00") -> Booking:
    return Booking("b", bookable(CLINIC, STATION, at(begins), NOW, SHANGHAI), "p", "p", NOW, None)
