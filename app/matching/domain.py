"""Files that belong to nothing, and what somebody says that they are."""

from collections.abc import Mapping
from datetime import date
from typing import Final
from uuid import UUID

from msgspec import Struct

from app.core.errors import Conflict, Invalid, NotFound
from app.items.domain import ItemId
from app.libraries.domain import FileId, LibraryId
from app.scanning.domain import Reason

MOST_FILES: Final = 500
MOST_EPISODES: Final = 100
MOST_IDS: Final = 10
MOST_TITLE: Final = 500


class Unmatched(Struct, frozen=True, kw_only=True):
    """A video that is there and belongs to nothing, and what its name was read as; `path` is below
    its folder.
    """

    id: FileId
    library_id: LibraryId
    path: str
    reason: Reason
    title: str | None = None
    year: int | None = None
    season: int | None = None
    episodes: tuple[int, ...] = ()


class Title(Struct, frozen=True, kw_only=True):
    """A film or a show by its title, or by its `record` at a provider ("tmdb:603"); `ids` by
    source, such as "tmdb".
    """

    title: str
    year: int | None = None
    ids: Mapping[str, str] = {}
    record: str | None = None


class Numbers(Struct, frozen=True, kw_only=True):
    """Episodes of the show `show_id`, or of the one of this title: by one way of counting."""

    show_id: ItemId | None = None
    show: Title | None = None
    season: int | None = None
    episodes: tuple[int, ...] = ()
    absolute: tuple[int, ...] = ()
    air_date: date | None = None


class Choice(Struct, frozen=True, kw_only=True):
    """What files are said to be: just one of these."""

    items: tuple[tuple[str, UUID], ...] = ()
    movie: Title | None = None
    episode: Numbers | None = None


class Identified(Struct, frozen=True, kw_only=True):
    """What was done: the items that the files belong to now, and those that they have left."""

    files: int
    items: tuple[ItemId, ...]
    left: tuple[ItemId, ...]


class FileNotFound(NotFound):
    """There is no such file, or the viewer may not see it."""

    def __init__(self) -> None:
        super().__init__("There is no such file.", field="fileIds")


class NoFeature(Invalid):
    """It is something beside a film or an episode."""

    def __init__(self) -> None:
        super().__init__(
            "Only videos can be identified, not extras, subtitles or pictures.",
            field="fileIds",
        )


class SeveralLibraries(Invalid):
    """The files are of more than one library."""

    def __init__(self) -> None:
        super().__init__("These files are of several libraries: one at a time.", field="fileIds")


class BadTarget(Invalid):
    """The target makes no sense."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, field="target")


class NothingIdentifies(Conflict):
    """Nothing knows the content of such libraries."""

    def __init__(self) -> None:
        super().__init__("Files of this kind of library cannot be identified.")


class VersionNotFound(NotFound):
    """There is no such version, or the viewer may not see its item."""

    def __init__(self) -> None:
        super().__init__("There is no such version.", field="id")
