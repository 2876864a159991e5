"""Scans as the API starts, stops and follows them."""

from typing import Annotated, Any

import strawberry

from app.core.access import Permission
from app.gql.access import mutation, subscription
from app.gql.arguments import Doc
from app.gql.info import Info
from app.libraries.domain import LibraryId, ScanId, ScanKind
from app.libraries.graphql import LibraryRef, ScanRef, ScanView, library_by_id


@strawberry.type
class ScanMutations:
    """Starting and stopping scans."""

    @mutation(ScanView, access=Permission.LIBRARIES_SCAN)
    async def scan_library(
        self,
        info: Info,
        library_id: LibraryRef,
        kind: Annotated[
            ScanKind,
            Doc("FULL is needed to accept that a folder has lost all its videos."),
        ] = ScanKind.INCREMENTAL,
        paths: Annotated[
            list[str] | None,
            Doc(
                "Up to 1,000 absolute paths of folders or files in the library, there or vanished; "
                "null for the whole library."
            ),
        ] = None,
    ) -> Any:
        """Start a scan of a library, or of some paths in it. Follow it with the subscription
        `scanProgress`.

        While another scan is under way, paths wait for its end, and the one under way is returned.
        """
        return await info.app.scanning.start(info.viewer, LibraryId(library_id), kind, paths)

    @mutation(ScanView, access=Permission.LIBRARIES_SCAN)
    async def cancel_scan(self, info: Info, id: ScanRef) -> Any:  # noqa: A002
        """Cancel a scan and its job. What it has imported stays; the next scan does the rest."""
        return await info.app.scanning.cancel(info.viewer, ScanId(id))


@strawberry.type
class ScanSubscriptions:
    """Following scans."""

    @subscription(ScanView, access=Permission.LIBRARIES_LIST, personal=False, state=True)
    async def scan_progress(self, info: Info, library_id: LibraryRef) -> Any:
        """The latest scan of a library, then every update of it and of later scans."""
        library = await info.app.libraries.get(
            info.viewer, LibraryId(library_id), field="libraryId"
        )
        async for scan in info.app.scanning.follow(library):
            if not await library_by_id(info.app, info.viewer, [library.id]):
                return  # the grant was taken away, or the library deleted
            yield scan
