"""Who has which roles and libraries, and what it adds up to.

Every change is told to all processes in its own transaction, by PostgreSQL's NOTIFY. A role is
locked by who changes it and shared by who gives it, so that nobody is forgotten in between.
"""

from collections.abc import Callable, Collection, Iterable
from typing import Any, Final
from uuid import UUID

from app.core.access import Viewer
from app.core.db import Database
from app.core.errors import Invalid
from app.core.ids import encode_id
from app.core.tx import Tx
from app.rbac.domain import (
    MOST_HELD,
    BeyondViewer,
    BuiltIn,
    Grant,
    Grantee,
    GrantNotFound,
    LastAdministrator,
    Level,
    LibraryUnknown,
    NotHidden,
    Rights,
    Role,
    RoleNotFound,
    RoleUnknown,
    SeesEverything,
    StoredRights,
    ordered,
    rights_of,
    within,
)
from app.rbac.events import (
    FactorRequired,
    LibraryGranted,
    LibraryHidden,
    LibraryRevoked,
    LibraryUnhidden,
    RoleAssigned,
    RoleRevoked,
)
from app.rbac.repository import RbacRepository
from app.users.domain import UserNotFound, may_know

CHANNEL: Final = "principal"


class Rbac:
    """What users have; what roles are is the business of Roles."""

    def __init__(self, db: Database, repository: RbacRepository) -> None:
        self._db, self._rbac = db, repository
        # Who keeps viewers in this process: told after the commit, sooner than the NOTIFY arrives.
        self.on_change: list[Callable[[UUID], None]] = []

    def rights(self, stored: StoredRights) -> Rights:
        """What stored roles, grants and denials and an age limit add up to."""
        return rights_of(stored)

    # -- roles

    async def anybody_is(self, tx: Tx, role: BuiltIn) -> bool:
        """Whether there is a user of this role."""
        return await self._rbac.anybody_is(tx, role.id)

    async def set_roles(self, tx: Tx, user_id: UUID, role_ids: Collection[UUID]) -> None:
        """Replace a user's roles, whatever the viewer may do: `assign` asks for that.

        Raises Invalid, UserNotFound, RoleUnknown or LastAdministrator.
        """
        new = frozenset(role_ids)
        if len(new) > MOST_HELD:
            raise Invalid(f"A user has at most {MOST_HELD} roles.", field="roleIds")
        await tx.lock(f"roles:{user_id}")
        old = await self._rbac.held(tx, user_id)
        if BuiltIn.ADMINISTRATOR.id in old - new:
            await self.require_another_administrator(tx, user_id)
        named = await self._rbac.share(tx, old | new)
        if not new <= named.keys():
            raise RoleUnknown(field="roleIds")
        await self._rbac.set_roles(tx, user_id, new)
        changes = {"roles": {"old": _names(old, named), "new": _names(new, named)}}
        if new - old:
            tx.emit(RoleAssigned(user_id=user_id, changes=changes))
        if old - new:
            tx.emit(RoleRevoked(user_id=user_id, changes=changes))
        await self.tell(tx, [user_id])

    async def assign(self, tx: Tx, user_id: UUID, role_ids: Collection[UUID]) -> None:
        """Replace a user's roles in the name of the transaction's viewer.

        Raises what `set_roles` does, and BeyondViewer for giving or taking away a role that may do
        more than the viewer.
        """
        await tx.lock(f"roles:{user_id}")
        changed = await self._rbac.held(tx, user_id) ^ frozenset(role_ids)
        await self.require_within(tx, (await self._rbac.share(tx, changed)).values())
        await self.set_roles(tx, user_id, role_ids)

    async def assign_to(self, viewer: Viewer, user_id: UUID, role_ids: Collection[UUID]) -> None:
        """Replace a user's roles at once. Raises UserNotFound and what `assign` does."""
        async with self._db.write(viewer) as tx:
            await self._require_known(tx, user_id)
            await self.assign(tx, user_id, role_ids)
        self.changed([user_id])

    async def _require_known(self, tx: Tx, user_id: UUID) -> None:
        """Raise UserNotFound, alike for who is not there and whom the viewer may not know of."""
        if not may_know(tx.viewer, user_id) or not await self._rbac.exists(tx, user_id):
            raise UserNotFound(user_id, field="userId")

    async def require_within(self, tx: Tx, roles: Iterable[Role]) -> None:
        """Raise BeyondViewer where these roles may do more than the transaction's viewer."""
        given = tuple(roles)
        if given and not within(tx.viewer, await self._rbac.rights_of_roles(tx, given)):
            raise BeyondViewer

    async def require_authority(self, tx: Tx, *user_ids: UUID) -> None:
        """Raise BeyondViewer for accounts whose roles permit more than the viewer may do; one's own
        is none of them.
        """
        others = frozenset(user_ids) - {tx.viewer.user_id}
        if others and not within(tx.viewer, await self._rbac.rights_of_users(tx, others)):
            raise BeyondViewer("change an account that may do")

    async def require_another_administrator(self, tx: Tx, user_id: UUID) -> None:
        """Raise LastAdministrator when nobody else could administer the server without this user.

        For who is about to demote, deactivate or delete somebody in this transaction: others who
        are about to do so wait for its end.
        """
        if BuiltIn.ADMINISTRATOR.id not in await self._rbac.held(tx, user_id):
            return
        await tx.lock("administrators")
        if not await self._rbac.another_active(tx, BuiltIn.ADMINISTRATOR.id, user_id):
            raise LastAdministrator

    async def require_factor(self, viewer: Viewer, user_id: UUID, *, required: bool) -> None:
        """Say that a user has to show a second factor, or no longer unless a role of theirs says
        so. Raises UserNotFound or BeyondViewer.
        """
        async with self._db.write(viewer) as tx:
            await self._require_known(tx, user_id)
            await self.require_authority(tx, user_id)
            if not await self._rbac.require_factor(tx, user_id, required):
                return
            changes = {"requires_factor": {"old": not required, "new": required}}
            tx.emit(FactorRequired(user_id=user_id, changes=changes))
            await self.tell(tx, [user_id])
        self.changed([user_id])

    # -- libraries

    async def grant(
        self, viewer: Viewer, user_id: UUID, library_id: UUID, level: Level = Level.VIEW
    ) -> Grant:
        """Give a user access to a library; see `grant_to`."""
        return await self.grant_to(viewer, Grantee(user_id=user_id), library_id, level)

    async def grant_to(
        self, viewer: Viewer, grantee: Grantee, library_id: UUID, level: Level
    ) -> Grant:
        """Give a user, or everybody of a role, access to a library, or set the level of it.

        Raises NotFound for who is unknown, and for a library that is unknown or not the viewer's;
        BeyondViewer for a level that is not the viewer's.
        """
        _require_level(viewer, library_id, level)
        async with self._db.write(viewer) as tx:
            concerned = await self._concerned(tx, grantee)
            old = await self._rbac.level(tx, grantee, library_id)
            grant = await self._rbac.grant(tx, grantee, library_id, level)
            if old is not level:
                told = {grantee.ref: {"old": old, "new": level}}
                tx.emit(LibraryGranted(library_id=library_id, changes=told, **_fields(grantee)))
                await self.tell(tx, concerned)
        self.changed(concerned)
        return grant

    async def revoke(self, viewer: Viewer, user_id: UUID, library_id: UUID) -> Grant:
        """Take a user's access to a library away; see `revoke_from`."""
        return await self.revoke_from(viewer, Grantee(user_id=user_id), library_id)

    async def revoke_from(self, viewer: Viewer, grantee: Grantee, library_id: UUID) -> Grant:
        """Take a grant away and answer what it was. Raises NotFound."""
        _require_level(viewer, library_id, Level.VIEW)
        async with self._db.write(viewer) as tx:
            concerned = await self._concerned(tx, grantee)
            grant = await self._rbac.revoke(tx, grantee, library_id)
            if grant is None:
                raise GrantNotFound(grantee, library_id)
            told = {grantee.ref: {"old": grant.level, "new": None}}
            tx.emit(LibraryRevoked(library_id=library_id, changes=told, **_fields(grantee)))
            await self.tell(tx, concerned)
        self.changed(concerned)
        return grant

    async def hide(self, viewer: Viewer, user_id: UUID, library_id: UUID) -> None:
        """Deny a library to a user, whatever is granted. Raises NotFound, or SeesEverything for an
        administrator.
        """
        _require_level(viewer, library_id, Level.VIEW)
        async with self._db.write(viewer) as tx:
            if BuiltIn.ADMINISTRATOR.id in await self._rbac.held(tx, user_id):
                raise SeesEverything
            if await self._rbac.hide(tx, user_id, library_id):
                told = _hiding(user_id, hidden=True)
                tx.emit(LibraryHidden(library_id=library_id, user_id=user_id, changes=told))
                await self.tell(tx, [user_id])
        self.changed([user_id])

    async def unhide(self, viewer: Viewer, user_id: UUID, library_id: UUID) -> None:
        """Deny a library no longer: what is granted counts again. Raises NotFound."""
        _require_level(viewer, library_id, Level.VIEW)
        async with self._db.write(viewer) as tx:
            if not await self._rbac.unhide(tx, user_id, library_id):
                raise NotHidden(user_id, library_id)
            told = _hiding(user_id, hidden=False)
            tx.emit(LibraryUnhidden(library_id=library_id, user_id=user_id, changes=told))
            await self.tell(tx, [user_id])
        self.changed([user_id])

    async def _concerned(self, tx: Tx, grantee: Grantee) -> Collection[UUID]:
        """Whose rights a grant is about; a role gets nobody new until the end. Raises
        RoleNotFound.
        """
        if grantee.role_id is None:
            return [grantee.user_id] if grantee.user_id is not None else []
        if await self._rbac.lock(tx, grantee.role_id) is None:
            raise RoleNotFound(grantee.role_id, field="roleId")
        return await self._rbac.holders(tx, grantee.role_id)

    # -- telling

    async def tell(self, tx: Tx, user_ids: Collection[UUID]) -> None:
        """Tell every process, with the commit, that the rights of these users have changed."""
        await tx.notify(CHANNEL, *(str(user_id) for user_id in user_ids))

    def changed(self, user_ids: Collection[UUID]) -> None:
        """Tell this process, after the commit."""
        for user_id in user_ids:
            for tell in self.on_change:
                tell(user_id)


def _names(ids: Collection[UUID], named: dict[UUID, Role]) -> list[str]:
    return [named[role_id].name for role_id in ordered(ids) if role_id in named]


def _fields(grantee: Grantee) -> dict[str, Any]:
    return {"user_id": grantee.user_id, "role_id": grantee.role_id}


def _hiding(user_id: UUID, *, hidden: bool) -> dict[str, Any]:
    return {encode_id("user", user_id): {"old": not hidden, "new": hidden}}


def _require_level(viewer: Viewer, library_id: UUID, level: Level) -> None:
    """Raise LibraryUnknown or BeyondViewer for what the viewer has not got."""
    scope = viewer.scope
    if not scope.admits_library(library_id):
        raise LibraryUnknown(library_id)
    may = {Level.DOWNLOAD: scope.may_download, Level.MANAGE: scope.may_manage}.get(level)
    if may is not None and not may(library_id):
        raise BeyondViewer("give access to a library that allows")
