"""What somebody said of files by hand; each is logged with what was before and is now."""

from typing import Any

from app.core.events import Event, event
from app.libraries.domain import LibraryId
from app.libraries.events import LIBRARY


@event("library.identify", audit=LIBRARY)
class FilesIdentified(Event, frozen=True, kw_only=True):
    """Somebody said what files are."""

    library_id: LibraryId
    changes: dict[str, Any] | None = None


@event("library.unidentify", audit=LIBRARY)
class FilesUnidentified(Event, frozen=True, kw_only=True):
    """Somebody took files from what they belonged to."""

    library_id: LibraryId
    changes: dict[str, Any] | None = None


@event("library.default_version", audit=LIBRARY)
class DefaultVersionSet(Event, frozen=True, kw_only=True):
    """Somebody chose which version of an item is played by default, or left it to the order."""

    library_id: LibraryId
    changes: dict[str, Any] | None = None
