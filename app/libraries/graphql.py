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
)
from app.media.domain import ExternalSubtitle
from app.media.graphql import ExternalSubtitleView, MediaInfoView
from app.rbac.domain import Grant
from app.users.graphql import UserRef, UserView, user_by_id

if TYPE_CHECKING:
    from app.container import Container

LibraryRef = Annotated[UUID, Ref("library"), Doc("The library's id.")]
ScanRef = Annotated[UUID, Ref("scan"), Doc("The scan's id.")]

expose(
    LibraryKind,
    "What a library holds.",
    {LibraryKind.MOVIES: "Films.", LibraryKind.SHOWS: "Series with seasons and episodes."},
)
expose(
    ScanKind,
    "How thoroughly a scan looks.",
    {
        ScanKind.FULL: "At every file again, also at those that seem unchanged.",
        ScanKind.INCREMENTAL: "Only at what changed since the last scan.",
    },
)
expose(
    ScanState,
    "Where a scan stands.",
    {
        ScanState.PENDING: "It waits for a worker.",
        ScanState.RUNNING: "It is under way.",
        ScanState.COMPLETED: "It has seen everything; single files may have failed.",
        ScanState.FAILED: "It could not go on; `problem` says why.",
        ScanState.CANCELLED: "Somebody stopped it; what it had imported stays.",
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
    "How far the look inside a file has come.",
    {
        ProbeState.NONE: "This kind of file is not looked into.",
        ProbeState.PENDING: "It waits for its turn.",
        ProbeState.DONE: "It was read; see `media`.",
        ProbeState.FAILED: "It cannot be read; `problem` says why.",
    },
)
expose(
    FileKind,
    "What a file is.",
    {
        FileKind.VIDEO: "A film or a part of one.",
        FileKind.SUBTITLE: "Subtitles beside a video.",
        FileKind.NFO: "A description that another program wrote.",
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
    viewer: Viewer,  # noqa: ARG001 - the file was seen already
    ids: Collection[FileId],
) -> Mapping[FileId, tuple[ExternalSubtitle, ...]]:
    return await app.file_repository.subtitles_of(ids)


async def errors_by_scan(
    app: "Container",  # noqa: ARG001 - a scan brings them along
    viewer: Viewer,  # noqa: ARG001
    errors: Collection[tuple[ScanError, ...]],
) -> Mapping[tuple[ScanError, ...], tuple[ScanError, ...]]:
    return {of_scan: of_scan for of_scan in errors}


@view(Folder)
class FolderView:
    """A folder on disk that belongs to a library."""

    path: str = field("Where it is, on the server.")


@view(ScanError)
class ScanErrorView:
    """Something that a scan could not take."""

    path: str = field("Which file or folder.")
    reason: str = field("Why.")
    code: ScanErrorCode = field("What kind of problem it is.")


@view(Scan, node="scan", load=scan_by_id)
class ScanView(Node):
    """The record of one scan of a library. Counters are files."""

    kind: ScanKind = field("Full or incremental.")
    state: ScanState = field("Where it stands.")
    fraction: float = field("How far it is, from 0 to 1.")
    found: int = field("Files seen.")
    added: int = field("Files that are new.")
    updated: int = field("Files that have changed, moved or come back.")
    unchanged: int = field("Files that are as they were.")
    removed: int = field("Files that have vanished.")
    failed: int = field("Files and folders that could not be taken.")
    # Paths name what is in the library, also what an age limit hides from a viewer.
    errors: list[ScanErrorView] = edge(
        errors_by_scan,
        "The first 500 of them, for those who may scan.",
        key="errors",
        max=500,
        usual=10,
        access=Permission.LIBRARIES_SCAN,
    )
    problem: str | None = field("Why the whole scan failed, if it did.")
    created_at: datetime = field("When it was asked for.")
    started_at: datetime | None = field("When it began.")
    finished_at: datetime | None = field("When it ended.")
    duration: float | None = field("How long it took, in seconds.")
    library: "LibraryView | None" = edge(
        library_by_id, "The library that is scanned.", key="library_id"
    )


@view(Library, node="library", load=library_by_id)
class LibraryView(Node):
    """A named set of folders of one kind."""

    name: str = field("Its name.")
    kind: LibraryKind = field("What it holds.")
    enabled: bool = field("Whether it may be scanned.")
    scan_on_start: bool = field("Whether it is scanned when the server starts.")
    schedule: str | None = field("When it is scanned: a cron expression in UTC.")
    language: str = field("The language metadata is asked for in.")
    created_at: datetime = field("When it was made.")
    folders: list[FolderView] = edge(
        folders_by_library,
        "Its folders on the server.",
        max=50,
        usual=3,
        access=Permission.LIBRARIES_MANAGE,
    )
    last_scan: ScanView | None = edge(last_scan_by_library, "Its newest scan.")


@view(MediaFile, node="file", load=file_by_id)
class FileView(Node):
    """A file on disk."""

    name: str = field("Its name.")
    path: str | None = edge(
        path_by_file, "Where it is, on the server.", access=Permission.LIBRARIES_MANAGE
    )
    kind: FileKind = field("What it is.")
    size: BigInt = field("Its size in bytes.")
    probe: ProbeState = field("How far the look inside it has come.")
    problem: str | None = field("Why it cannot be read, if it cannot.")
    media: MediaInfoView | None = field("What is inside.")
    missing_since: datetime | None = field("Since when it is not there any more.")
    added_at: datetime = field("When it was found.")
    external_subtitles: list[ExternalSubtitleView] = edge(
        subtitles_by_file, "Subtitle files that lie beside it.", max=100, usual=3
    )


@view(Grant)
class GrantView:
    """A user's access to a library: its content can be seen and played."""

    user: UserView | None = edge(user_by_id, "The user.", key="user_id")
    library: LibraryView | None = edge(library_by_id, "The library.", key="library_id")
    granted_at: datetime = field("When access was granted.")


@strawberry.input(description="What a library is made of.")
class CreateLibraryInput:
    """Arguments of `createLibrary`."""

    name: str = strawberry.field(description="Its name, 1 to 100 characters.")
    kind: LibraryKind = strawberry.field(description="What it holds.")
    folders: list[str] = strawberry.field(description="Absolute paths of 1 to 50 folders.")
    enabled: bool = strawberry.field(default=True, description="Whether it may be scanned.")
    scan_on_start: bool = strawberry.field(
        default=False, description="Scan it when the server starts."
    )
    schedule: str | None = strawberry.field(
        default=None, description="When to scan: a cron expression of five fields, in UTC."
    )
    language: str = strawberry.field(default="en", description="The language of its metadata.")


@strawberry.input(description="What to change of a library; what is left out stays.")
class UpdateLibraryInput:
    """Arguments of `updateLibrary`."""

    name: str | None = strawberry.field(default=None, description="A new name.")
    folders: list[str] | None = strawberry.field(
        default=None, description="All its folders; new ones are added."
    )
    enabled: bool | None = strawberry.field(default=None, description="Whether it may be scanned.")
    scan_on_start: bool | None = strawberry.field(
        default=None, description="Scan it when the server starts."
    )
    schedule: str | None = strawberry.field(
        default=None, description="A cron expression; an empty text takes it away."
    )
    language: str | None = strawberry.field(default=None, description="The language of metadata.")


def _input(given: Any) -> LibraryInput:
    folders = tuple(given.folders) if given.folders is not None else None
    return LibraryInput(
        name=given.name,
        folders=folders,
        enabled=given.enabled,
        scan_on_start=given.scan_on_start,
        schedule=given.schedule,
        language=given.language,
    )


@strawberry.type
class LibraryRoots:
    """Queries about libraries."""

    @query(Connection[LibraryView], access=Permission.LIBRARIES_LIST)
    async def libraries(self, info: Info, first: First = 20, after: After = None) -> Any:
        """The libraries that you may see, by name."""
        repository, scope = info.app.library_repository, info.viewer.scope
        page = await repository.page(scope, Keyset(first, after))
        return Listing(page, lambda: repository.count(scope))

    @query(LibraryView | None, access=Permission.LIBRARIES_LIST)
    async def library(self, info: Info, id: LibraryRef) -> Any:  # noqa: A002, ARG002
        """A library by its id; null where there is none that you may see."""
        return id

    @query(Connection[ScanView], access=Permission.LIBRARIES_LIST)
    async def scans(
        self,
        info: Info,
        library_id: LibraryRef | None = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Scans of libraries that you may see, newest first; they are kept for 30 days."""
        repository, scope = info.app.scan_repository, info.viewer.scope
        wanted = LibraryId(library_id) if library_id else None
        page = await repository.page(scope, wanted, Keyset(first, after))
        return Listing(page, lambda: repository.count(scope, wanted))


@strawberry.type
class LibraryMutations:
    """Changes to libraries."""

    @mutation(LibraryView, access=Permission.LIBRARIES_MANAGE)
    async def create_library(
        self,
        info: Info,
        input: Annotated[CreateLibraryInput, Doc("What it shall be.")],  # noqa: A002
    ) -> Any:
        """Make a library out of folders of the server. It is scanned when you ask for it."""
        return await info.app.libraries.create(info.viewer, input.kind, _input(input))

    @mutation(LibraryView, access=Permission.LIBRARIES_MANAGE)
    async def update_library(
        self,
        info: Info,
        id: LibraryRef,  # noqa: A002
        input: Annotated[UpdateLibraryInput, Doc("What to change.")],  # noqa: A002
    ) -> Any:
        """Change a library."""
        return await info.app.libraries.update(info.viewer, LibraryId(id), _input(input))

    @mutation(strawberry.ID, access=Permission.LIBRARIES_MANAGE)
    async def delete_library(self, info: Info, id: LibraryRef) -> strawberry.ID:  # noqa: A002
        """Delete a library with all its metadata and progress; files on disk are kept.

        It is hidden at once; a background job removes its content. Returns the id of the library.
        """
        await info.app.libraries.delete(info.viewer, LibraryId(id))
        return strawberry.ID(encode_id("library", id))

    @mutation(GrantView, access=Permission.LIBRARIES_GRANT)
    async def grant_library(self, info: Info, library_id: LibraryRef, user_id: UserRef) -> Any:
        """Give a user access to a library. It takes effect at once."""
        await info.app.libraries.get(info.viewer, LibraryId(library_id), field="libraryId")
        return await info.app.rbac.grant(info.viewer, user_id, library_id)

    @mutation(GrantView, access=Permission.LIBRARIES_GRANT)
    async def revoke_library(self, info: Info, library_id: LibraryRef, user_id: UserRef) -> Any:
        """Take a user's access to a library away, at once. Returns the grant that was removed."""
        await info.app.libraries.get(info.viewer, LibraryId(library_id), field="libraryId")
        return await info.app.rbac.revoke(info.viewer, user_id, library_id)
