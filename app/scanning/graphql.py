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
            Doc("Only a full scan believes that a folder without any video left was emptied."),
        ] = ScanKind.INCREMENTAL,
    ) -> Any:
        """Scan a library. Follow it with the subscription `scanProgress`."""
        return await info.app.scanning.start(info.viewer, LibraryId(library_id), kind)

    @mutation(ScanView, access=Permission.LIBRARIES_SCAN)
    async def cancel_scan(self, info: Info, id: ScanRef) -> Any:  # noqa: A002
        """Stop a scan and its job. What it has imported stays; the next scan does the rest."""
        return await info.app.scanning.cancel(info.viewer, ScanId(id))


@strawberry.type
class ScanSubscriptions:
    """Following scans."""

    @subscription(ScanView, access=Permission.LIBRARIES_LIST)
    async def scan_progress(self, info: Info, library_id: LibraryRef) -> Any:
        """The newest scan of a library as it stands, then every step of it and of later ones."""
        library = await info.app.libraries.get(
            info.viewer, LibraryId(library_id), field="libraryId"
        )
        async for scan in info.app.scanning.follow(library):
            if not await library_by_id(info.app, info.viewer, [library.id]):
                return  # the grant was taken away, or the library deleted
            yield scan
