"""How a member can be reached, and how much of it is shown."""

from dataclasses import dataclass

from services.writing.masks import masked_email, masked_name
from services.writing.telephones import masked_telephone


@dataclass(frozen=True, slots=True)
class Contact:
    """Personal data: sealed at rest, masked where shown, never in a log or a published event."""

    name: str | None = None
    telephone: str | None = None
    email: str | None = None

    def __bool__(self) -> bool:
        return any((self.name, self.telephone, self.email))

    def masked(self) -> "Contact":
        """Enough to recognise somebody whom one knows: 张**, 138****5678, z***@example.org."""
        telephone = masked_telephone(self.telephone) if self.telephone else None
        name = masked_name(self.name) if self.name else None
        return Contact(name, telephone, masked_email(self.email) if self.email else None)
