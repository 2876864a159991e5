"""What is told of the content of a library."""

from collections.abc import Sequence
from typing import Any, Final

from app.core.tx import Tx
from app.items.domain import ItemId
from app.libraries.domain import LibraryId
from app.libraries.events import LibraryChanged

IDS_AT_ONCE: Final = 500


def tell(tx: Tx, library_id: LibraryId, **ids: Sequence[ItemId]) -> None:
    """Tell of any number of added, updated and removed items, 500 of each at a time."""
    for start in range(0, max(len(some) for some in ids.values()), IDS_AT_ONCE):
        part: dict[str, Any] = {
            name: tuple(some[start : start + IDS_AT_ONCE]) for name, some in ids.items()
        }
        tx.emit(LibraryChanged(library_id=library_id, **part))
