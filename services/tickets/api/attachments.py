"""Photos: upload one, give it to a ticket, see it."""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from services.chassis.auth.principal import NotFound
from services.chassis.http import ANYONE, SIGNED_IN, AtOnce, Call, Limit, Raw, Reply, command, query
from services.chassis.unit import Unit
from services.tickets.api.access import (
    FOLLOWING_UP,
    NUMBERS,
    TAGS,
    actor,
    etag,
    find,
    goes_on,
    settle_first,
    stranger,
    unchanged,
)
from services.tickets.api.accesses import PHOTO, Recording
from services.tickets.api.answers import ticket_answer
from services.tickets.domain.attachments import Photo, is_looked_into, may_see
from services.tickets.domain.reading import is_listed
from services.tickets.domain.refused import Refused
from services.tickets.domain.steps import ATTACHED
from services.tickets.domain.ticket import Ticket
from services.tickets.handlers.attachments import attach
from services.tickets.handlers.callbacks import check_callback
from services.tickets.handlers.life import do
from services.tickets.images import MEDIA, MOST_BYTES, aside, picture_of
from services.tickets.schemas import answers
from services.tickets.schemas import attachments as schemas_attachments
from services.tickets.settings import photo_bytes


def _signed_in(call: Call) -> str | None:
    return call.caller.person_id if call.caller else None


def _size(call: Call) -> int:
    return len(call.body)


def _bytes_of(whose: str, window: str, per: timedelta, key: Callable[[Call], str | None] | None) -> Limit:
    name = f"photo-bytes-{whose}-{window}"
    most = partial(photo_bytes, f"{whose}_{window}".upper())
    return Limit(name, most, per, key, _size, "too-many-photo-bytes")


_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
UPLOADING = (
    Limit("upload-anonymous", 30, _HOUR, stranger),
    Limit("upload", 3000, _HOUR, _signed_in),
    _bytes_of("person", "hour", _HOUR, _signed_in),
    _bytes_of("person", "day", _DAY, _signed_in),
    _bytes_of("address", "hour", _HOUR, None),
    _bytes_of("address", "day", _DAY, None),
)
"""Numbers, and bytes: of what is sent, or of what is kept of it where that is more."""
UPLOADS = AtOnce("uploads", most=12, by_address=6)
"""A photo of 8 MiB in memory and one decoded: of 12 docker-compose.yml's limit has room. *(ours)*"""
LOOKS = AtOnce("looks", most=24, by_address=12)
_LOOKED_AT = "attachment"
"""What stands as the reason where somebody looked at a photo."""
_SHOWN = ("attachment_id", "size", "width", "height")
"""Of the step that added a photo, to whoever learns that there is one."""
_UNSAFE_NOWHERE = {
    "Cache-Control": "private, no-store",
    "Content-Disposition": 'attachment; filename="photo.jpg"',
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
"""Besides `nosniff`, which every answer has."""


def _take(self: "Attachments", call: Call) -> Photo:
    """Check the file, make it anew, seal it and put it into the store, where it waits for its command."""
    sealed, photo = aside(lambda: self._made_anew(call.body))
    # A small file may hold a large picture; before it is kept, that counts too.
    call.spend(max(0, len(sealed) - len(call.body)))
    by = call.caller.person_id if call.caller else None
    units = self.chassis.units
    units.run(lambda unit: self.photos(unit).expect(photo, by))
    self.photos(units.read()).put(photo.id, sealed)
    return photo


class Attachments(Recording):
    """Photos of tickets."""

    photos: Any

    @command(
        "POST", "/api/v1/attachments", roles=ANYONE, creates=True, limit=UPLOADING, at_once=UPLOADS, tags=TAGS,
        raw=Raw(MOST_BYTES, _take, "the file itself: JPEG, PNG or WebP, whatever Content-Type says; at most 8 MiB"),
        answer=schemas_attachments.AttachmentOut,
        problems=("not-a-picture", "picture-damaged", "picture-too-large", "picture-animated", "no-such-attachment",
                  "too-many-photo-bytes"),
    )  # fmt: skip
    def upload(self, unit: Unit, call: Call) -> Reply:
        """Upload a photo.

        It is judged by its content and made anew as a JPEG of at most 2560 pixels a side, upright, without metadata.
        Within a day it is attached to a ticket, by filing one with it or by the ticket's own route, or it is removed.
        """
        photo: Photo = call.body
        if not self.photos(unit).arrived(photo.id):
            raise Refused("no-such-attachment", attachment_id=photo.id)
        answer = {
            "attachment_id": photo.id, "media_type": MEDIA, "size": photo.size, "width": photo.width,
            "height": photo.height, "waits_until": (unit.system_now + timedelta(days=1)).isoformat(),
        }  # fmt: skip
        return Reply(answer, location=f"/api/v1/attachments/{photo.id}")

    @query("GET", "/api/v1/attachments/<attachment_id>", roles=SIGNED_IN, tags=TAGS, media=MEDIA,
           at_once=LOOKS, problems=("not-allowed", "not-found"))  # fmt: skip
    def get_attachment(self, unit: Unit, call: Call, attachment_id: str) -> Reply:
        """The photo, for who may reveal the ticket or reported it; whoever looks is recorded, but for the reporter."""
        store, photos = self.store(unit), self.photos(unit)
        ticket_id = photos.ticket_of(attachment_id)
        ticket = store.ticket(ticket_id) if ticket_id else None
        if ticket is None:
            raise NotFound
        who = actor(self.house, call, ticket)
        if not may_see(ticket, who, attachment_id):
            raise Refused("not-allowed")
        sealed = photos.content(attachment_id)
        if sealed is None:
            raise NotFound
        if is_looked_into(ticket, who, attachment_id):
            reason = self.house.seal.seal(_LOOKED_AT)

            def record(unit: Unit) -> None:
                self.store(unit).record_reveal(ticket.id, who.person_id, reason, unit.now)
                self.record_deed(unit, call, PHOTO, ticket.placing.paths)

            self.chassis.units.run(record)
        return Reply(aside(lambda: self.house.seal.unseal_bytes(sealed)), headers=_UNSAFE_NOWHERE)

    @command(
        "POST", "/api/v1/tickets/<ticket_id>/attachments", roles=ANYONE, body=schemas_attachments.Attach,
        answer=answers.TicketOut, before=settle_first, limit=FOLLOWING_UP, tags=TAGS,
        problems=(
            "ticket-ended", "ticket-merged", "no-such-attachment", "too-many-attachments", "secret-not-for-staff",
            "slip-ended", "only-people", "rated-oneself", "slip-of-the-solver",
            *NUMBERS,
        ),
    )  # fmt: skip
    def attach(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Add an uploaded photo to the ticket: its reporter (by account or follow-up secret), staff, or a partner.

        A callback takes none from programs.
        """
        store = self.store(unit)
        ticket: Ticket = find(store, ticket_id)
        who = actor(self.house, call, ticket, call.body.get("follow_up_secret"), store)
        goes_on(ticket, who)
        unchanged(call, ticket, who)
        uploader = call.caller.person_id if call.caller else None
        chosen = [call.body["attachment_id"]]
        check_callback(store, ticket, who)
        after = do(
            store, self.house, ticket, unit.now, lambda course, rules: attach(store, course, who, chosen, uploader),
            who.answerable,
        )  # fmt: skip
        return Reply(ticket_answer(self.house, store, after, who, unit.now), etag=etag(after))

    @query("GET", "/api/v1/tickets/<ticket_id>/attachments", roles=SIGNED_IN, tags=TAGS, problems=NUMBERS,
           answer=schemas_attachments.AttachmentsOut)  # fmt: skip
    def list_attachments(self, unit: Unit, call: Call, ticket_id: str) -> Reply:
        """Which photos the ticket has, in the order in which they were added; partners and offices learn so much."""
        ticket: Ticket = find(self.store(unit), ticket_id)
        who = actor(self.house, call, ticket)
        steps = [step for step in ticket.history if step.kind == ATTACHED and is_listed(ticket, who, step)]
        shown = ({name: step.detail[name] for name in _SHOWN} for step in steps)
        found = [
            {"at": step.at.isoformat(), "by": step.by, **detail} for step, detail in zip(steps, shown, strict=True)
        ]
        return Reply({"ticket_id": ticket.id, "number": ticket.number, "attachments": found})

    def _made_anew(self, content: bytes) -> tuple[bytes, Photo]:
        picture = picture_of(content)
        digest = hashlib.sha256(picture.content).hexdigest()
        photo = Photo(self.house.new_id(), len(picture.content), picture.width, picture.height, digest)
        return self.house.seal.seal_bytes(picture.content), photo
