"""The rows of roles."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError

from app.core.access import Permission, Viewer
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx
from app.rbac.domain import (
    PERMISSIONS,
    BuiltIn,
    Role,
    RoleId,
    RoleNameTaken,
    known_permissions,
    name_key,
)
from app.rbac.models import roles, user_roles

ROLE = (
    roles.c.id,
    roles.c.key,
    roles.c.name,
    roles.c.description,
    roles.c.permissions,
    roles.c.built_in,
    roles.c.requires_factor,
    roles.c.created_at,
)
BUILT_IN = {role.value: role for role in BuiltIn}
IDS = bindparam("ids", type_=ARRAY(Uuid))
BY_IDS = select(*ROLE).where(roles.c.id == any_(IDS))
HELD_BY_IDS = BY_IDS.where(
    roles.c.id.in_(
        select(user_roles.c.role_id).where(user_roles.c.user_id == bindparam("user_id", type_=Uuid))
    )
)
BY_USERS = (
    select(user_roles.c.user_id, *ROLE)
    .join_from(user_roles, roles, roles.c.id == user_roles.c.role_id)
    .where(user_roles.c.user_id == any_(IDS))
    .order_by(roles.c.built_in.desc(), roles.c.id)
)
USERS = (
    select(user_roles.c.role_id, func.count().label("users"))
    .where(user_roles.c.role_id == any_(IDS))
    .group_by(user_roles.c.role_id)
)
# Built-in roles first, mightiest first, which is the order of their ids; then by name.
RANK = case((roles.c.built_in, func.cast(roles.c.id, Text)), else_="~").collate("C")


def role_of(row: Mapping[Any, Any]) -> Role:
    """A role as its row says; what a built-in one permits stands in code."""
    known = BUILT_IN.get(row["key"]) if row["built_in"] else None
    if row["built_in"]:
        permissions = PERMISSIONS[known] if known else frozenset()
    else:
        permissions = known_permissions(row["permissions"])
    return Role(
        id=RoleId(row["id"]),
        key=known.value if known else None,
        name=row["name"],
        description=row["description"],
        permissions=permissions,
        built_in=row["built_in"],
        requires_factor=row["requires_factor"],
        created_at=row["created_at"],
    )


class RoleRepository:
    """Reads are filtered by what the viewer may know; writes take a transaction."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def by_ids(self, viewer: Viewer, ids: Collection[UUID]) -> Mapping[UUID, Role]:
        """Roles by id: one's own, and all for those who may list roles."""
        if viewer.may(Permission.ROLES_LIST):
            rows = await self.db.records(BY_IDS, {"ids": list(ids)})
        elif viewer.user_id is not None:
            rows = await self.db.records(HELD_BY_IDS, {"ids": list(ids), "user_id": viewer.user_id})
        else:
            rows = []
        return {row["id"]: role_of(row) for row in rows}

    async def by_users(self, viewer: Viewer, ids: Collection[UUID]) -> Mapping[UUID, list[Role]]:
        """The roles of users: of oneself, and of everybody for those who may list roles."""
        if not viewer.may(Permission.ROLES_LIST):
            ids = [user_id for user_id in ids if user_id == viewer.user_id]
        found: dict[UUID, list[Role]] = {user_id: [] for user_id in ids}
        if found:
            for row in await self.db.records(BY_USERS, {"ids": list(ids)}):
                found[row["user_id"]].append(role_of(row))
        return found

    async def users(self, ids: Collection[UUID]) -> Mapping[UUID, int]:
        """How many users have each of these roles."""
        rows = await self.db.records(USERS, {"ids": list(ids)})
        return dict.fromkeys(ids, 0) | {row["role_id"]: row["users"] for row in rows}

    async def page(self, page: Keyset) -> Page[UUID]:
        """All roles: the built-in ones, mightiest first, and then the others by name."""
        orders = (Order(RANK), Order(roles.c.name_key), Order(roles.c.id))
        return await self.db.page(Sorted(select(roles.c.id), orders), "roles", page)

    async def count(self) -> int:
        """How many roles there are."""
        return int(await self.db.scalar(select(func.count()).select_from(roles)))

    async def count_custom(self, tx: Tx) -> int:
        """How many roles there are besides the built-in ones."""
        statement = select(func.count()).where(roles.c.built_in.is_(False))
        return int((await tx.execute(statement)).scalar_one())

    async def create(self, tx: Tx, role: Role) -> None:
        """Insert a role. Raises RoleNameTaken."""
        values = {"id": role.id, "created_at": role.created_at, **_values(role)}
        try:
            await tx.execute(insert(roles).values(values))
        except IntegrityError as error:
            raise _taken(error, role) from None

    async def update(self, tx: Tx, role: Role) -> None:
        """Write what has changed of a role. Raises RoleNameTaken."""
        statement = update(roles).where(roles.c.id == role.id, roles.c.built_in.is_(False))
        try:
            await tx.execute(statement.values(_values(role)))
        except IntegrityError as error:
            raise _taken(error, role) from None

    async def require_factor(self, tx: Tx, role_id: UUID, required: bool) -> None:  # noqa: FBT001
        """Write whether who has the role has to show a second factor."""
        statement = update(roles).where(roles.c.id == role_id)
        await tx.execute(statement.values(requires_factor=required))

    async def delete(self, tx: Tx, role_id: UUID) -> None:
        """Delete a role that nobody has, with its grants."""
        await tx.execute(delete(roles).where(roles.c.id == role_id, roles.c.built_in.is_(False)))


def _values(role: Role) -> dict[str, Any]:
    return {
        "name": role.name,
        "name_key": name_key(role.name),
        "description": role.description,
        "permissions": sorted(permission.value for permission in role.permissions),
        "requires_factor": role.requires_factor,
    }


def _taken(error: IntegrityError, role: Role) -> Exception:
    return RoleNameTaken(role.name) if "uq_roles_name_key" in str(error.orig) else error
