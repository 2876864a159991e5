"""Access to libraries as the API shows, gives, takes and denies it."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from app.auth.graphql import UserRef, UserView, user_by_id
from app.core.access import Permission, Viewer
from app.core.ids import decode_id
from app.core.page import Keyset, Listing
from app.gql.access import mutation, query
from app.gql.arguments import After, Doc, First
from app.gql.connection import Connection
from app.gql.edge import edge
from app.gql.info import Info
from app.gql.view import Node, field, view
from app.libraries.domain import LibraryId
from app.libraries.graphql.libraries import LibraryRef, LibraryView, library_by_id
from app.rbac.domain import Grant, Grantee, GrantFilter, GrantId, Level
from app.rbac.graphql import RoleRef, RoleView, role_by_id

if TYPE_CHECKING:
    from app.container import Container


async def grant_by_id(
    app: "Container", viewer: Viewer, ids: Collection[GrantId]
) -> Mapping[UUID, Grant]:
    return await app.rbac_repository.grants(viewer, ids)


@view(Grant, node="grant", load=grant_by_id, access=Permission.LIBRARIES_GRANT)
class GrantView(Node):
    """Access of a user, or of everybody of a role, to a library."""

    user: UserView | None = edge(user_by_id, "The user; null for a role's grant.", key="user_id")
    role: RoleView | None = edge(role_by_id, "The role; null for a user's grant.", key="role_id")
    library: LibraryView | None = edge(library_by_id, "The library.", key="library_id")
    level: Level = field("What it allows.")
    granted_at: datetime = field("When access was granted.")


@strawberry.input(description="Which grants are asked for; what is left out is any.")
class GrantFilterInput:
    """Argument of `libraryGrants`."""

    library_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of this library."
    )
    user_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of this user, without those of their roles."
    )
    role_id: strawberry.ID | None = strawberry.field(default=None, description="Of this role.")

    def wanted(self) -> GrantFilter:
        """The filter. Raises Invalid for an id of another kind."""
        return GrantFilter(
            library_id=_decoded("library", self.library_id),
            user_id=_decoded("user", self.user_id),
            role_id=_decoded("role", self.role_id),
        )


def _decoded(kind: str, given: strawberry.ID | None) -> UUID | None:
    return None if given is None else decode_id(kind, given, f"{kind}Id")


@strawberry.type
class GrantRoots:
    """Queries about who may see which library."""

    @query(Connection[GrantView], access=Permission.LIBRARIES_GRANT)
    async def library_grants(
        self,
        info: Info,
        filter: Annotated[GrantFilterInput | None, Doc("Only these.")] = None,  # noqa: A002
        first: First = 20,
        after: After = None,
    ) -> Any:
        """Grants of libraries that you may see, newest first."""
        repository, scope = info.app.rbac_repository, info.viewer.scope
        wanted = GrantFilter() if filter is None else filter.wanted()
        page = await repository.page_of_grants(scope, wanted, Keyset(first, after))
        return Listing(page, lambda: repository.count_grants(scope, wanted))

    @query(Connection[LibraryView], access=Permission.LIBRARIES_GRANT)
    async def hidden_libraries(
        self, info: Info, user_id: UserRef | None = None, first: First = 20, after: After = None
    ) -> Any:
        """Libraries that are hidden from a user; without one, from anybody."""
        repository, scope = info.app.rbac_repository, info.viewer.scope
        page = await repository.page_of_hidden(scope, user_id, Keyset(first, after))
        return Listing(page, lambda: repository.count_hidden(scope, user_id))


@strawberry.type
class GrantMutations:
    """Changes of who may see which library."""

    @mutation(GrantView, access=Permission.LIBRARIES_GRANT)
    async def grant_library(
        self,
        info: Info,
        library_id: LibraryRef,
        user_id: UserRef | None = None,
        role_id: RoleRef | None = None,
        level: Annotated[Level, Doc("What the grant allows.")] = Level.VIEW,
    ) -> Any:
        """Give a user or everybody of a role access to a library, or set the level of it; it takes
        effect at once.
        """
        await info.app.libraries.get(info.viewer, LibraryId(library_id), field="libraryId")
        grantee = Grantee.of(user_id, role_id)
        return await info.app.rbac.grant_to(info.viewer, grantee, library_id, level)

    @mutation(GrantView, access=Permission.LIBRARIES_GRANT)
    async def revoke_library(
        self,
        info: Info,
        library_id: LibraryRef,
        user_id: UserRef | None = None,
        role_id: RoleRef | None = None,
    ) -> Any:
        """Take a user's or a role's access to a library away, at once. Returns the grant that was
        removed.
        """
        await info.app.libraries.get(info.viewer, LibraryId(library_id), field="libraryId")
        grantee = Grantee.of(user_id, role_id)
        return await info.app.rbac.revoke_from(info.viewer, grantee, library_id)

    @mutation(LibraryView, access=Permission.LIBRARIES_GRANT)
    async def hide_library(self, info: Info, library_id: LibraryRef, user_id: UserRef) -> Any:
        """Hide a library from a user, whatever they or their roles were granted."""
        await info.app.libraries.get(info.viewer, LibraryId(library_id), field="libraryId")
        await info.app.rbac.hide(info.viewer, user_id, library_id)
        return library_id

    @mutation(LibraryView, access=Permission.LIBRARIES_GRANT)
    async def unhide_library(self, info: Info, library_id: LibraryRef, user_id: UserRef) -> Any:
        """Hide a library no longer: what was granted counts again."""
        await info.app.libraries.get(info.viewer, LibraryId(library_id), field="libraryId")
        await info.app.rbac.unhide(info.viewer, user_id, library_id)
        return library_id
