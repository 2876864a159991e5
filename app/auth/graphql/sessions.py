"""The viewer's sessions."""

import strawberry

from app.auth.graphql.views import SessionRef, SessionView
from app.core.access import Permission
from app.core.ids import encode_id
from app.core.page import Keyset, Listing
from app.gql.access import mutation, query
from app.gql.arguments import After, First
from app.gql.connection import Connection
from app.gql.info import Info


@strawberry.type
class SessionRoots:
    """`sessions`."""

    @query(Connection[SessionView], access=Permission.PROFILE_READ)
    async def sessions(self, info: Info, first: First = 20, after: After = None) -> Listing:  # type: ignore[type-arg]
        """Your login sessions that are valid, newest first."""
        service, viewer = info.app.sessions, info.viewer
        page = await service.page(viewer, Keyset(first, after))
        return Listing(page, lambda: service.count(viewer))


@strawberry.type
class SessionMutations:
    """Ending sessions."""

    @mutation(strawberry.ID, access=Permission.PROFILE_SECURE)
    async def revoke_session(self, info: Info, id: SessionRef) -> strawberry.ID:  # noqa: A002
        """End one of your sessions, at once and everywhere. Returns its id."""
        await info.app.sessions.revoke(info.viewer, id)
        return strawberry.ID(encode_id("session", id))

    @mutation(int, access=Permission.PROFILE_SECURE)
    async def revoke_other_sessions(self, info: Info) -> int:
        """End all of your sessions but this one. Returns how many there were."""
        return await info.app.sessions.revoke_all(info.viewer, but_this=True)

    @mutation(int, access=Permission.PROFILE_SECURE)
    async def revoke_all_sessions(self, info: Info) -> int:
        """End all of your sessions, this one too. Returns how many there were."""
        return await info.app.sessions.revoke_all(info.viewer, but_this=False)
