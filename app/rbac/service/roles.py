"""Making, changing and deleting roles."""

from typing import Final
from uuid import UUID

import msgspec

from app.core.access import Viewer
from app.core.clock import Clock
from app.core.db import Database
from app.core.errors import Invalid
from app.core.ids import encode_id, new_id
from app.core.tx import Tx
from app.rbac.domain import (
    MOST_CUSTOM,
    BeyondViewer,
    Role,
    RoleId,
    RoleInput,
    RoleInUse,
    RoleIsBuiltIn,
    RoleNotFound,
    StoredRights,
    TooManyRoles,
    checked_description,
    checked_name,
    checked_permissions,
    within,
)
from app.rbac.events import RoleCreated, RoleDeleted, RoleUpdated
from app.rbac.repository import RbacRepository, RoleRepository
from app.rbac.service.rbac import Rbac

LOGGED: Final = ("name", "description", "permissions")


class Roles:
    """Nobody makes, changes or gives a role that may do more than they."""

    def __init__(
        self, db: Database, roles: RoleRepository, held: RbacRepository, rbac: Rbac, clock: Clock
    ) -> None:
        self._db, self._roles, self._held = db, roles, held
        self._rbac, self._clock = rbac, clock

    async def create(self, viewer: Viewer, wanted: RoleInput) -> Role:
        """Add a role. Raises Invalid, RoleNameTaken, TooManyRoles or BeyondViewer."""
        role = Role(
            id=RoleId(new_id()),
            key=None,
            name=checked_name(wanted.name or ""),
            description=checked_description(wanted.description or ""),
            permissions=checked_permissions(wanted.permissions or ()),
            built_in=False,
            requires_factor=False,
            created_at=self._clock.now(),
        )
        _require_permissions(viewer, role)
        async with self._db.write(viewer) as tx:
            await tx.lock("roles")  # or two at once would both be the last that fits
            if await self._roles.count_custom(tx) >= MOST_CUSTOM:
                raise TooManyRoles
            await self._roles.create(tx, role)
            tx.emit(RoleCreated(role_id=role.id, changes=_changes(None, role)))
        return role

    async def update(self, viewer: Viewer, role_id: UUID, wanted: RoleInput) -> Role:
        """Change a role at once for everybody who has it.

        Raises RoleNotFound, RoleIsBuiltIn, Invalid, RoleNameTaken or BeyondViewer.
        """
        async with self._db.write(viewer) as tx:
            old = await self._own(tx, role_id)
            role = _edited(old, wanted)
            _require_permissions(viewer, role)
            if role == old:
                return old
            await self._roles.update(tx, role)
            tx.emit(RoleUpdated(role_id=role.id, changes=_changes(old, role)))
            concerned = await self._held.holders(tx, role_id)
            await self._rbac.tell(tx, concerned)
        self._rbac.changed(concerned)
        return role

    async def require_factor(self, viewer: Viewer, role_id: UUID, *, required: bool) -> Role:
        """Say that everybody of a role, built-in or not, has to show a second factor, or no longer.

        Raises RoleNotFound or BeyondViewer.
        """
        async with self._db.write(viewer) as tx:
            old = await self._lock(tx, role_id)
            role = msgspec.structs.replace(old, requires_factor=required)
            if role == old:
                return old
            await self._roles.require_factor(tx, role_id, required)
            told = {"requires_factor": {"old": not required, "new": required}}
            tx.emit(RoleUpdated(role_id=role_id, changes=told))
            concerned = await self._held.holders(tx, role_id)
            await self._rbac.tell(tx, concerned)
        self._rbac.changed(concerned)
        return role

    async def delete(self, viewer: Viewer, role_id: UUID, reassign_to: UUID | None) -> None:
        """Delete a role and its grants; who has it gets `reassign_to` instead.

        Raises RoleNotFound, RoleIsBuiltIn, RoleInUse, Invalid or BeyondViewer.
        """
        if reassign_to == role_id:
            raise Invalid("Name another role than the deleted one.", field="reassignTo")
        async with self._db.write(viewer) as tx:
            role = await self._own(tx, role_id)
            concerned = await self._held.holders(tx, role_id)
            if concerned and reassign_to is None:
                raise RoleInUse(role, len(concerned))
            if reassign_to is not None:
                await self._require_given(tx, reassign_to)
            await self._held.reassign(tx, role_id, reassign_to)
            await self._roles.delete(tx, role_id)
            changes = _changes(role, None)
            changes["users"] = {"old": len(concerned), "new": 0}
            if reassign_to is not None:
                changes["reassigned_to"] = {"old": None, "new": encode_id("role", reassign_to)}
            tx.emit(RoleDeleted(role_id=role_id, reassigned_to=reassign_to, changes=changes))
            await self._rbac.tell(tx, concerned)
        self._rbac.changed(concerned)

    async def _require_given(self, tx: Tx, role_id: UUID) -> None:
        """Raise RoleNotFound or BeyondViewer for a role that the viewer cannot give."""
        role = (await self._held.share(tx, [role_id])).get(role_id)
        if role is None:
            raise RoleNotFound(role_id, field="reassignTo")
        await self._rbac.require_within(tx, [role])

    async def _own(self, tx: Tx, role_id: UUID) -> Role:
        """A role that can be changed, and by nobody else until the end."""
        role = await self._lock(tx, role_id)
        if role.built_in:
            raise RoleIsBuiltIn(role)
        return role

    async def _lock(self, tx: Tx, role_id: UUID) -> Role:
        role = await self._held.lock(tx, role_id)
        if role is None:
            raise RoleNotFound(role_id)
        _require_permissions(tx.viewer, role)
        return role


def _edited(role: Role, wanted: RoleInput) -> Role:
    """The role as it is wanted. Raises Invalid."""
    if wanted.name is not None:
        role = msgspec.structs.replace(role, name=checked_name(wanted.name))
    if wanted.description is not None:
        description = checked_description(wanted.description)
        role = msgspec.structs.replace(role, description=description)
    if wanted.permissions is not None:
        permissions = checked_permissions(wanted.permissions)
        role = msgspec.structs.replace(role, permissions=permissions)
    return role


def _require_permissions(viewer: Viewer, role: Role) -> None:
    """Raise BeyondViewer for a role that permits more than the viewer may do."""
    names = tuple(permission.value for permission in role.permissions)
    held = (role.id,) if role.built_in else ()
    if not within(viewer, StoredRights(roles=held, permissions=names)):
        raise BeyondViewer


def _changes(old: Role | None, new: Role | None) -> dict[str, dict[str, object]]:
    """What differs between two states of a role, for the activity log."""
    told = {}
    for field in LOGGED:
        before, after = _logged(old, field), _logged(new, field)
        if before != after:
            told[field] = {"old": before, "new": after}
    return told


def _logged(role: Role | None, field: str) -> object:
    value = None if role is None else getattr(role, field)
    return sorted(p.value for p in value) if isinstance(value, frozenset) else value
