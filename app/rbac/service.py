"""Who may do what: roles, grants, and the only maker of a Scope."""

from collections.abc import Callable, Collection
from uuid import UUID

from app.core.access import Viewer
from app.core.db import Database
from app.core.tx import Tx
from app.rbac.domain import (
    BuiltIn,
    Grant,
    Grantee,
    GrantNotFound,
    Level,
    LibraryUnknown,
    Rights,
    StoredRights,
    rights_of,
)
from app.rbac.events import GrantChanged, RolesChanged
from app.rbac.repository import RbacRepository

CHANNEL = "principal"


class Rbac:
    """Every change is told to all processes in its own transaction, by PostgreSQL's NOTIFY."""

    def __init__(self, db: Database, repository: RbacRepository) -> None:
        self._db, self._rbac = db, repository
        # Who keeps viewers in this process: told after the commit, sooner than the NOTIFY arrives.
        self.on_change: list[Callable[[UUID], None]] = []

    def rights(self, stored: StoredRights) -> Rights:
        """What stored roles, grants and denials and an age limit add up to."""
        return rights_of(stored)

    async def anybody_is(self, tx: Tx, role: BuiltIn) -> bool:
        """Whether there is a user of this role."""
        return await self._rbac.anybody_is(tx, role.id)

    async def set_roles(self, tx: Tx, user_id: UUID, role_ids: Collection[UUID]) -> None:
        """Replace a user's roles. Raises UserNotFound or RoleUnknown."""
        await self._rbac.set_roles(tx, user_id, role_ids)
        await tx.notify(CHANNEL, str(user_id))
        tx.emit(RolesChanged(user_id=user_id))

    async def grant(
        self, viewer: Viewer, user_id: UUID, library_id: UUID, level: Level = Level.VIEW
    ) -> Grant:
        """Give a user access to a library, or set the level of what they have.

        Raises NotFound for an unknown user, and for a library that is unknown or not the viewer's.
        """
        if not viewer.scope.admits_library(library_id):
            raise LibraryUnknown(library_id)
        async with self._db.write(viewer) as tx:
            grant = await self._rbac.grant(tx, Grantee(user_id=user_id), library_id, level)
            await self._tell(tx, user_id, library_id)
        self._changed(user_id)
        return grant

    async def revoke(self, viewer: Viewer, user_id: UUID, library_id: UUID) -> Grant:
        """Take a user's access to a library away and answer what it was. Raises NotFound."""
        if not viewer.scope.admits_library(library_id):
            raise LibraryUnknown(library_id)
        grantee = Grantee(user_id=user_id)
        async with self._db.write(viewer) as tx:
            grant = await self._rbac.revoke(tx, grantee, library_id)
            if grant is None:
                raise GrantNotFound(grantee, library_id)
            await self._tell(tx, user_id, library_id)
        self._changed(user_id)
        return grant

    async def _tell(self, tx: Tx, user_id: UUID, library_id: UUID) -> None:
        await tx.notify(CHANNEL, str(user_id))
        tx.emit(GrantChanged(user_id=user_id, library_id=library_id))

    def _changed(self, user_id: UUID) -> None:
        for tell in self.on_change:
            tell(user_id)
