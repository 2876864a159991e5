"""What happens to libraries."""

from uuid import UUID

from app.core.events import Event, event
from app.libraries.domain import LibraryId

LIBRARIES_TOPIC = "libraries"


@event("library.changed", live=LIBRARIES_TOPIC)
class LibraryChanged(Event, frozen=True, kw_only=True):
    """A library's settings or content changed; at most 500 items of each kind of change."""

    library_id: LibraryId
    added: tuple[UUID, ...] = ()
    updated: tuple[UUID, ...] = ()
    removed: tuple[UUID, ...] = ()


@event("library.created", live=LIBRARIES_TOPIC)
class LibraryCreated(Event, frozen=True, kw_only=True):
    """A library was created."""

    library_id: LibraryId


@event("library.deleted", live=LIBRARIES_TOPIC)
class LibraryDeleted(Event, frozen=True, kw_only=True):
    """A library is gone, with everything in it."""

    library_id: LibraryId
