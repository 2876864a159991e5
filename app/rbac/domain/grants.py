"""Access to libraries: given to users and to roles, and denied to users."""

from datetime import datetime
from enum import StrEnum
from typing import Final, NewType
from uuid import UUID

from msgspec import Struct

from app.core.errors import NotFound
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


class Grant(Struct, frozen=True, kw_only=True):
    """Access of a user, or of everybody of a role, to one library."""

    id: GrantId
    library_id: UUID
    user_id: UUID | None
    role_id: UUID | None
    level: Level
    granted_at: datetime


class LibraryUnknown(NotFound):
    """There is no such library; the slice that knows libraries is above this one."""

    def __init__(self, library_id: UUID) -> None:
        name = encode_id("library", library_id)
        super().__init__(f"There is no library {name}.", field="libraryId")


class GrantNotFound(NotFound):
    """The user or role has no grant of this library."""

    def __init__(self, grantee: Grantee, library_id: UUID) -> None:
        kind, value = ("user", grantee.user_id) if grantee.user_id else ("role", grantee.role_id)
        assert value is not None  # noqa: S101 - a grantee is one of both
        library = encode_id("library", library_id)
        super().__init__(f"{encode_id(kind, value)} has no grant of {library}.")
