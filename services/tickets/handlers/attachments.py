"""Give uploaded photos to a ticket, and take away those that nobody gave to one."""

from collections.abc import Callable, Sequence
from typing import Protocol

from services.tickets.domain import attachments
from services.tickets.domain.refused import Refused
from services.tickets.domain.ticket import Course
from services.tickets.domain.transitions import Actor
from services.tickets.handlers.ports import Store


class Photos(Protocol):
    """The store of photos, as far as a sweep needs it."""

    def condemn(self, photo_id: str) -> bool: ...
    def remove_content(self, photo_id: str) -> None: ...
    def forget(self, photo_id: str) -> None: ...


def attach(store: Store, course: Course, actor: Actor, attachment_ids: Sequence[str], uploader: str | None) -> None:
    """Add uploaded photos to the ticket on its way; `uploader`: as whom the caller uploaded, None without a token.

    Raises Refused: attachment-twice, no-such-attachment, and what `attachments.attach` does.
    """
    if len(set(attachment_ids)) != len(attachment_ids):
        raise Refused("attachment-twice")
    photos = []
    for attachment_id in attachment_ids:
        photo = store.take_photo(attachment_id, course.ticket.id, uploader)
        if photo is None:
            raise Refused("no-such-attachment", attachment_id=attachment_id)
        photos.append(photo)
    attachments.attach(course, actor, photos)


def sweep(committed: Callable[[Callable[[Photos], bool]], bool], photos: Photos, photo_id: str) -> None:
    """Remove a photo that has no ticket, content and row; `committed` runs in a transaction.

    Killed anywhere, it is run again and goes on. Once condemned nobody can attach it; what is attached stays.
    """
    if not committed(lambda within: within.condemn(photo_id)):
        return
    photos.remove_content(photo_id)
    photos.forget(photo_id)
