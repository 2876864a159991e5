"""What happens to libraries."""

from typing import Any
from uuid import UUID

from msgspec import Struct

from app.core.events import Audit, Event, event
from app.libraries.domain import LibraryId

LIBRARIES_TOPIC = "libraries"
LIBRARY = Audit("library", "library_id")


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


@event("library.create", live=LIBRARIES_TOPIC, audit=LIBRARY)
class LibraryCreated(Event, frozen=True, kw_only=True):
    """A library was created."""

    library_id: LibraryId
    changes: dict[str, Any] | None = None


@event("library.update", audit=LIBRARY)
class LibraryUpdated(Event, frozen=True, kw_only=True):
    """Somebody changed a library's settings: each to what it was before and is now."""

    library_id: LibraryId
    changes: dict[str, Any] | None = None


@event("library.delete", audit=LIBRARY)
class LibraryHidden(Event, frozen=True, kw_only=True):
    """Somebody deleted a library: it is hidden, and a job removes it."""

    library_id: LibraryId
    changes: dict[str, Any] | None = None


@event("library.purge", audit=LIBRARY)
class LibraryPurged(Event, frozen=True, kw_only=True):
    """The trash of a library was emptied: of how many files and items, and the first paths."""

    library_id: LibraryId
    changes: dict[str, Any] | None = None


@event("library.scan", audit=LIBRARY)
class ScanRequested(Event, frozen=True, kw_only=True):
    """Somebody asked for a scan of a library."""

    library_id: LibraryId
    changes: dict[str, Any] | None = None


@event("library.deleted", live=LIBRARIES_TOPIC)
class LibraryDeleted(Event, frozen=True, kw_only=True):
    """A library is gone, with everything in it."""

    library_id: LibraryId
