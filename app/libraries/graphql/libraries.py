"""Libraries, files and scans as the API shows them."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.core.access import Permission, Viewer
from app.core.ids import encode_id
from app.core.page import Keyset, Listing
from app.gql.access import mutation, query
from app.gql.arguments import After, Doc, First, Ref
from app.gql.connection import Connection
from app.gql.edge import edge
from app.gql.enums import expose
from app.gql.info import Info
from app.gql.scalars import BigInt
from app.gql.view import Node, field, view
from app.libraries.domain import (
    FileId,
    FileKind,
    Folder,
    Library,
    LibraryId,
    LibraryInput,
    LibraryKind,
    MediaFile,
    ProbeState,
    Scan,
    ScanError,
    ScanErrorCode,
    ScanId,
    ScanKind,
    ScanState,
    WatchMode,
)
from app.media.domain import ExternalSubtitle
from app.media.graphql import ExternalSubtitleView, MediaInfoView

if TYPE_CHECKING:
    from app.container import Container

LibraryRef = Annotated[UUID, Ref("library"), Doc("Id of a library.")]
ScanRef = Annotated[UUID, Ref("scan"), Doc("Id of a scan.")]

expose(
    LibraryKind,
    "The kind of content of a library.",
    {
        LibraryKind.MOVIES: "Films.",
        LibraryKind.SHOWS: "Series with seasons and episodes.",
        LibraryKind.MIXED: "Films and series side by side, told apart by their names.",
    },
)
expose(
    WatchMode,
    "How changes in the folders of a library are noticed.",
    {
        WatchMode.AUTO: "The kernel tells of them; network mounts are looked at regularly.",
        WatchMode.POLLING: "The folders are looked at regularly.",
        WatchMode.OFF: "Only scans notice them.",
    },
)
expose(
    ScanKind,
    "How thorough a scan is.",
    {
        ScanKind.FULL: "Checks every file again, even unchanged ones.",
        ScanKind.INCREMENTAL: "Checks only what changed since the last scan.",
    },
)
expose(
    ScanState,
    "The state of a scan.",
    {
        ScanState.PENDING: "Waiting for a worker.",
        ScanState.RUNNING: "In progress.",
        ScanState.COMPLETED: "Finished; individual files may have failed.",
        ScanState.FAILED: "Aborted; see `problem`.",
        ScanState.CANCELLED: "Cancelled; what it had imported stays.",
    },
)
expose(
    ScanErrorCode,
    "What kind of problem a scan met.",
    {
        ScanErrorCode.UNREADABLE: "The system refused it, or it is broken.",
        ScanErrorCode.AWAY: "It is not there though it should be; its disk may be away.",
        ScanErrorCode.NAME: "It is left out because of its name or its place.",
        ScanErrorCode.NO_FILE: "It is a pipe, a socket or the like.",
        ScanErrorCode.LINK: "It is a link that is not followed.",
        ScanErrorCode.NFO: "It is an NFO file that makes no sense.",
    },
)
expose(
    ProbeState,
    "The probe state of a file: whether its streams have been read.",
    {
        ProbeState.NONE: "Files of this kind are not probed.",
        ProbeState.PENDING: "Waiting to be probed.",
        ProbeState.DONE: "Probed; see `media`.",
        ProbeState.FAILED: "Unreadable; see `problem`.",
    },
)
expose(
    FileKind,
    "The kind of a file.",
    {
        FileKind.VIDEO: "A video.",
        FileKind.SUBTITLE: "A subtitle file.",
        FileKind.NFO: "A metadata file (NFO) written by another program.",
        FileKind.IMAGE: "A picture, such as a poster.",
    },
)


async def library_by_id(
    app: "Container", viewer: Viewer, ids: Collection[LibraryId]
) -> Mapping[LibraryId, Library]:
    return await app.library_repository.by_ids(viewer.scope, ids)


async def scan_by_id(
    app: "Container", viewer: Viewer, ids: Collection[ScanId]
) -> Mapping[ScanId, Scan]:
    return await app.scan_repository.by_ids(viewer.scope, ids)


async def last_scan_by_library(
    app: "Container", viewer: Viewer, ids: Collection[LibraryId]
) -> Mapping[LibraryId, Scan]:
    seen = [i for i in ids if viewer.scope.admits_library(i)]
    return await app.scan_repository.latest(seen)


async def file_by_id(
    app: "Container", viewer: Viewer, ids: Collection[FileId]
) -> Mapping[FileId, MediaFile]:
    return await app.file_repository.by_ids(viewer.scope, ids)


async def path_by_file(
    app: "Container", viewer: Viewer, ids: Collection[FileId]
) -> Mapping[FileId, str]:
    return {i: file.path for i, file in (await file_by_id(app, viewer, ids)).items()}


async def folders_by_library(
    app: "Container", viewer: Viewer, ids: Collection[LibraryId]
) -> Mapping[LibraryId, tuple[Folder, ...]]:
    found = await app.library_repository.by_ids(viewer.scope, ids)
    return {i: library.folders for i, library in found.items()}


async def subtitles_by_file(
    app: "Container",
    viewer: Viewer,
    ids: Collection[FileId],
) -> Mapping[FileId, tuple[ExternalSubtitle, ...]]:
    return await app.file_repository.subtitles_of(viewer.scope, ids)


async def errors_by_scan(
    app: "Container",  # noqa: ARG001 - a scan brings them along
    viewer: Viewer,  # noqa: ARG001
    errors: Collection[tuple[ScanError, ...]],
) -> Mapping[tuple[ScanError, ...], tuple[ScanError, ...]]:
    return {of_scan: of_scan for of_scan in errors}


@view(Folder)
class FolderView:
    """A folder of a library."""

    path: str = field("Absolute path on the server.")


@view(ScanError)
class ScanErrorView:
    """A file or folder that a scan could not process."""

    path: str = field("Path of the file or folder.")
    reason: str = field("Reason.")
    code: ScanErrorCode = field("Kind of problem.")


@view(Scan, node="scan", load=scan_by_id, access=Permission.LIBRARIES_GET)
class ScanView(Node):
    """A scan of a library. The counters count files."""

    kind: ScanKind = field("Full or incremental.")
    state: ScanState = field("State.")
    partial: bool = field("Whether it looks at some paths only, not at the whole library.")
    fraction: float = field("Completed fraction, from 0 to 1.")
    found: int = field("Files found.")
    added: int = field("New files.")
    updated: int = field("Files that changed, moved or came back.")
    unchanged: int = field("Unchanged files.")
    removed: int = field("Files that are missing now.")
    failed: int = field("Files and folders that could not be processed.")
    # Paths name what is in the library, also what an age limit hides from a viewer.
    errors: list[ScanErrorView] = edge(
        errors_by_scan,
        "Reasons for the first 500 failures.",
        key="errors",
        max=500,
        usual=10,
        access=Permission.LIBRARIES_SCAN,
    )
    problem: str | None = field("Reason why the whole scan failed.")
    created_at: datetime = field("When it was requested.")
    started_at: datetime | None = field("When it started.")
    finished_at: datetime | None = field("When it ended.")
    duration: float | None = field("Duration in seconds; null until it has ended.")
    library: "LibraryView | None" = edge(library_by_id, "The scanned library.", key="library_id")


@view(Library, node="library", load=library_by_id, access=Permission.LIBRARIES_GET)
class LibraryView(Node):
    """A library: one or more folders with one kind of content."""

    name: str = field("Name.")
    kind: LibraryKind = field("Kind of content.")
    enabled: bool = field("Whether it can be scanned.")
    scan_on_start: bool = field("Whether it is scanned when the server starts.")
    schedule: str | None = field("Scan schedule as a cron expression in UTC; null for none.")
    watch: WatchMode = field("How changes in its folders are noticed.")
    follow_links: bool = field("Whether symbolic links may lead out of its folders.")
    language: str = field("Preferred language of metadata.")
    provider_priority: str | None = field(
        "Which metadata providers are believed first, as the setting `metadata.priority` has it;"
        " null for that setting."
    )
    created_at: datetime = field("When it was created.")
    folders: list[FolderView] = edge(
        folders_by_library,
        "Its folders on the server.",
        max=50,
        usual=3,
        access=Permission.LIBRARIES_UPDATE,
    )
    last_scan: ScanView | None = edge(last_scan_by_library, "Its latest scan.")


@view(MediaFile, node="file", load=file_by_id, access=Permission.LIBRARIES_GET)
class FileView(Node):
    """A file of a library."""

    name: str = field("Name.")
    path: str | None = edge(
        path_by_file, "Absolute path on the server.", access=Permission.LIBRARIES_UPDATE
    )
    kind: FileKind = field("Kind of file.")
    size: BigInt = field("Size in bytes.")
    probe: ProbeState = field("Probe state.")
    problem: str | None = field("Reason why it is unreadable; null if it is fine.")
    media: MediaInfoView | None = field(
        "Container, streams and chapters; null until it has been probed."
    )
    missing_since: datetime | None = field("When it was found missing; null while it is there.")
    added_at: datetime = field("When it was added.")
    external_subtitles: list[ExternalSubtitleView] = edge(
        subtitles_by_file, "Subtitle files that belong to it.", max=100, usual=3
    )


@strawberry.input(description="Settings of a new library.")
class CreateLibraryInput:
    """Arguments of `createLibrary`."""

    name: str = strawberry.field(description="Name, 1 to 100 characters.")
    kind: LibraryKind = strawberry.field(description="Kind of content.")
    folders: list[str] = strawberry.field(
        description="Absolute paths of 1 to 50 folders on the server."
    )
    enabled: bool = strawberry.field(default=True, description="Whether it can be scanned.")
    scan_on_start: bool = strawberry.field(
        default=False, description="Whether to scan it when the server starts."
    )
    schedule: str | None = strawberry.field(
        default=None, description="Scan schedule: a cron expression with five fields, in UTC."
    )
    watch: WatchMode = strawberry.field(
        default=WatchMode.AUTO, description="How changes in its folders are noticed."
    )
    follow_links: bool = strawberry.field(
        default=False, description="Whether symbolic links may lead out of its folders."
    )
    language: str = strawberry.field(
        default="en", description="Preferred language of metadata, such as en or pt-BR."
    )
    provider_priority: str | None = strawberry.field(
        default=None,
        description="Which metadata providers are believed first: `tvdb, tmdb; overview: tmdb`.",
    )


@strawberry.input(description="Changes to a library; omitted fields stay as they are.")
class UpdateLibraryInput:
    """Arguments of `updateLibrary`."""

    name: str | None = strawberry.field(default=None, description="New name.")
    folders: list[str] | None = strawberry.field(
        default=None, description="All folders of the library: the present ones and any new ones."
    )
    enabled: bool | None = strawberry.field(default=None, description="Whether it can be scanned.")
    scan_on_start: bool | None = strawberry.field(
        default=None, description="Whether to scan it when the server starts."
    )
    schedule: str | None = strawberry.field(
        default=None, description="Scan schedule (cron, UTC); an empty string removes it."
    )
    watch: WatchMode | None = strawberry.field(
        default=None, description="How changes in its folders are noticed."
    )
    follow_links: bool | None = strawberry.field(
        default=None, description="Whether symbolic links may lead out of its folders."
    )
    language: str | None = strawberry.field(
        default=None, description="Preferred language of metadata."
    )
    provider_priority: str | None = strawberry.field(
        default=None,
        description="Which metadata providers are believed first; empty for the server's order.",
    )


def _input(given: Any) -> LibraryInput:
    said = {name: getattr(given, name) for name in LibraryInput.__struct_fields__}
    return LibraryInput(
        **said | {"folders": None if said["folders"] is None else tuple(said["folders"])}
    )


@strawberry.type
class LibraryRoots:
    """Queries about libraries."""

    @query(Connection[LibraryView], access=Permission.LIBRARIES_LIST)
    async def libraries(self, info: Info, first: First = 20, after: After = None) -> Any:
        """Libraries that you may see, by name."""
        repository, scope = info.app.library_repository, info.viewer.scope
        page = await repository.page(scope, Keyset(first, after))
        return Listing(page, lambda: repository.count(scope))

    @query(LibraryView | None, access=Permission.LIBRARIES_GET)
    async def library(self, info: Info, id: LibraryRef) -> Any:  # noqa: A002, ARG002
        """A library by its id; null if it does not exist or you may not see it."""
        return id

    @query(Connection[ScanView], access=Permission.LIBRARIES_LIST)
    async def scans(
        self,
        info: Info,
        library_id: LibraryRef | None = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Scans of your libraries, newest first. They are kept for 30 days."""
        repository, scope = info.app.scan_repository, info.viewer.scope
        wanted = LibraryId(library_id) if library_id else None
        page = await repository.page(scope, wanted, Keyset(first, after))
        return Listing(page, lambda: repository.count(scope, wanted))


@strawberry.type
class LibraryMutations:
    """Changes to libraries."""

    @mutation(LibraryView, access=Permission.LIBRARIES_CREATE)
    async def create_library(
        self,
        info: Info,
        input: Annotated[CreateLibraryInput, Doc("Settings of the library.")],  # noqa: A002
    ) -> Any:
        """Create a library. It is not scanned until you start a scan (`scanLibrary`)."""
        return await info.app.libraries.create(info.viewer, input.kind, _input(input))

    @mutation(LibraryView, access=Permission.LIBRARIES_UPDATE)
    async def update_library(
        self,
        info: Info,
        id: LibraryRef,  # noqa: A002
        input: Annotated[UpdateLibraryInput, Doc("The changes.")],  # noqa: A002
    ) -> Any:
        """Update a library."""
        return await info.app.libraries.update(info.viewer, LibraryId(id), _input(input))

    @mutation(strawberry.ID, access=Permission.LIBRARIES_DELETE)
    async def delete_library(self, info: Info, id: LibraryRef) -> strawberry.ID:  # noqa: A002
        """Delete a library with all its metadata and progress; files on disk are kept.

        It is hidden at once; a background job removes its content. Returns the id of the library.
        """
        await info.app.libraries.delete(info.viewer, LibraryId(id))
        return strawberry.ID(encode_id("library", id))
