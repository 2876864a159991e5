"""What happens to libraries."""

from uuid import UUID

from msgspec import Struct

from app.core.events import Event, event
from app.libraries.domain import LibraryId

LIBRARIES_TOPIC = "libraries"


class DeletedItem(Struct, frozen=True, kw_only=True):
    """What nobody can look up any more of an item: its kind, and who could see it."""

    id: UUID
    kind: str
    age: int | None


@event("library.changed", live=LIBRARIES_TOPIC)
class LibraryChanged(Event, frozen=True, kw_only=True):
    """A library's settings or content changed; at most 500 items of each kind of change.

    The rows of `removed` are there, without a file; those of `deleted` are not.
    """

    library_id: LibraryId
    added: tuple[UUID, ...] = ()
    updated: tuple[UUID, ...] = ()
    removed: tuple[UUID, ...] = ()
    deleted: tuple[DeletedItem, ...] = ()


@event("library.created", live=LIBRARIES_TOPIC)
class LibraryCreated(Event, frozen=True, kw_only=True):
    """A library was created."""

    library_id: LibraryId


@event("library.deleted", live=LIBRARIES_TOPIC)
class LibraryDeleted(Event, frozen=True, kw_only=True):
    """A library is gone, with everything in it."""

    library_id: LibraryId
