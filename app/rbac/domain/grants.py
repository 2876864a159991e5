"""Access to libraries: given to users and to roles, and denied to users."""

from datetime import datetime
from enum import StrEnum
from typing import Final, NewType, Self
from uuid import UUID

from msgspec import Struct

from app.core.errors import Conflict, Invalid, NotFound
from app.core.ids import encode_id

GrantId = NewType("GrantId", UUID)


class Level(StrEnum):
    """What a grant allows with a library; each includes the ones before."""

    VIEW = "view"
    DOWNLOAD = "download"
    MANAGE = "manage"

    def includes(self, other: "Level") -> bool:
        """Whether who has this has the other."""
        return _LADDER.index(self) >= _LADDER.index(other)


_LADDER: Final = tuple(Level)


class Grantee(Struct, frozen=True, kw_only=True):
    """Whom access is given to: a user, or everybody of a role."""

    user_id: UUID | None = None
    role_id: UUID | None = None

    @classmethod
    def of(cls, user_id: UUID | None, role_id: UUID | None) -> Self:
        """The one of both that is named. Raises Invalid for none and for two."""
        if (user_id is None) == (role_id is None):
            raise Invalid("Name either a user or a role.", field="userId")
        return cls(user_id=user_id, role_id=role_id)

    @property
    def ref(self) -> str:
        """The id as the API writes it."""
        if self.role_id is not None:
            return encode_id("role", self.role_id)
        assert self.user_id is not None  # noqa: S101 - a grantee is one of both
        return encode_id("user", self.user_id)


class Grant(Struct, frozen=True, kw_only=True):
    """Access of a user, or of everybody of a role, to one library."""

    id: GrantId
    library_id: UUID
    user_id: UUID | None
    role_id: UUID | None
    level: Level
    granted_at: datetime


class GrantFilter(Struct, frozen=True, kw_only=True):
    """Which grants are asked for; None is any."""

    library_id: UUID | None = None
    user_id: UUID | None = None
    role_id: UUID | None = None


class LibraryUnknown(NotFound):
    """There is no such library; the slice that knows libraries is above this one."""

    def __init__(self, library_id: UUID) -> None:
        name = encode_id("library", library_id)
        super().__init__(f"There is no library {name}.", field="libraryId")


class GrantNotFound(NotFound):
    """The user or role has no grant of this library."""

    def __init__(self, grantee: Grantee, library_id: UUID) -> None:
        library = encode_id("library", library_id)
        super().__init__(f"{grantee.ref} has no grant of {library}.")


class NotHidden(NotFound):
    """The library is not hidden from the user."""

    def __init__(self, user_id: UUID, library_id: UUID) -> None:
        user, library = encode_id("user", user_id), encode_id("library", library_id)
        super().__init__(f"{library} is not hidden from {user}.")


class SeesEverything(Conflict):
    """Nothing can be hidden from an administrator."""

    def __init__(self) -> None:
        super().__init__(
            "Administrators see every library: give the user another role first.", field="userId"
        )
