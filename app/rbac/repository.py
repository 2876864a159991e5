"""Roles and grants in PostgreSQL; never cached, see `auth.Principals`."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import ColumnElement, FromClause, Select, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from app.core.db import Database
from app.core.ids import new_id
from app.core.tx import Tx
from app.rbac.domain import Grant, Grantee, Level, LibraryUnknown, RoleNotFound, RoleUnknown
from app.rbac.models import hidden_libraries, library_grants, roles, user_policies, user_roles
from app.users.domain import UserNotFound

GRANT = (
    library_grants.c.id,
    library_grants.c.library_id,
    library_grants.c.user_id,
    library_grants.c.role_id,
    library_grants.c.level,
    library_grants.c.granted_at,
)


def rights_columns(user_id: ColumnElement[UUID]) -> tuple[ColumnElement[Any], ...]:
    """What the tables hold of a user's rights, for a statement that has the user's id.

    The columns of StoredRights but `max_age`, which is the account's.
    """
    held = select(user_roles.c.role_id).where(user_roles.c.user_id == user_id)
    hidden = select(hidden_libraries.c.library_id).where(hidden_libraries.c.user_id == user_id)
    return (
        _array(held, user_roles).label("roles"),
        _array(_permissions(user_id), roles, user_roles).label("permissions"),
        _requires_factor(user_id).label("requires_factor"),
        _array(_granted(user_id, Level.VIEW), library_grants).label("libraries"),
        _array(_granted(user_id, Level.DOWNLOAD), library_grants).label("downloads"),
        _array(_granted(user_id, Level.MANAGE), library_grants).label("manages"),
        _array(hidden, hidden_libraries).label("hidden"),
    )


def _array(values: Select[Any], *tables: FromClause) -> ColumnElement[Any]:
    """The values as an array; all but these tables are those of the statement around it."""
    return func.array(values.correlate_except(*tables).scalar_subquery())


def _permissions(user_id: ColumnElement[UUID]) -> Select[Any]:
    """What the user's custom roles permit; what built-in ones do stands in code."""
    return (
        select(func.unnest(roles.c.permissions))
        .join_from(roles, user_roles, user_roles.c.role_id == roles.c.id)
        .where(user_roles.c.user_id == user_id, roles.c.built_in.is_(False))
    )


def _requires_factor(user_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    by_role = (
        select(roles.c.id)
        .join_from(roles, user_roles, user_roles.c.role_id == roles.c.id)
        .where(user_roles.c.user_id == user_id, roles.c.requires_factor)
    )
    by_policy = select(user_policies.c.user_id).where(
        user_policies.c.user_id == user_id, user_policies.c.requires_factor
    )
    return or_(
        exists(by_role.correlate_except(roles, user_roles)),
        exists(by_policy.correlate_except(user_policies)),
    )


def _granted(user_id: ColumnElement[UUID], least: Level) -> Select[Any]:
    """The libraries granted to the user or to a role of theirs, at this level or a higher one."""
    held = select(user_roles.c.role_id).where(user_roles.c.user_id == user_id)
    levels = [level for level in Level if level.includes(least)]
    return select(library_grants.c.library_id).where(
        or_(
            library_grants.c.user_id == user_id,
            library_grants.c.role_id.in_(held.correlate_except(user_roles)),
        ),
        or_(*(library_grants.c.level == level.value for level in levels)),
    )


class RbacRepository:
    """The tables of roles and grants."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def anybody_is(self, tx: Tx, role_id: UUID) -> bool:
        """Whether there is a user of this role."""
        found = await tx.execute(select(exists().where(user_roles.c.role_id == role_id)))
        return bool(found.scalar_one())

    async def set_roles(self, tx: Tx, user_id: UUID, role_ids: Collection[UUID]) -> None:
        """Replace a user's roles. Raises UserNotFound or RoleNotFound."""
        await tx.execute(delete(user_roles).where(user_roles.c.user_id == user_id))
        if not role_ids:
            return
        rows = [{"user_id": user_id, "role_id": role_id} for role_id in role_ids]
        try:
            await tx.execute(upsert(user_roles).on_conflict_do_nothing(), rows)
        except IntegrityError as error:
            raise _missing(error, Grantee(user_id=user_id), None) from None

    async def grant(self, tx: Tx, grantee: Grantee, library_id: UUID, level: Level) -> Grant:
        """Give a grant, or set the level of the one there is. Raises LibraryUnknown, UserNotFound
        or RoleNotFound.
        """
        statement = upsert(library_grants).values(
            id=new_id(),
            library_id=library_id,
            level=level.value,
            **msgspec.structs.asdict(grantee),
        )
        subject = library_grants.c.role_id if grantee.role_id else library_grants.c.user_id
        statement = statement.on_conflict_do_update(
            index_elements=[subject, library_grants.c.library_id],
            set_={"level": statement.excluded.level},
        )
        try:
            row = (await tx.execute(statement.returning(*GRANT))).mappings().one()
        except IntegrityError as error:
            raise _missing(error, grantee, library_id) from None
        return _grant(row)

    async def revoke(self, tx: Tx, grantee: Grantee, library_id: UUID) -> Grant | None:
        """Take a grant away and answer it; None where there was none."""
        statement = (
            delete(library_grants)
            .where(_of(grantee), library_grants.c.library_id == library_id)
            .returning(*GRANT)
        )
        row = (await tx.execute(statement)).mappings().one_or_none()
        return None if row is None else _grant(row)


def _of(grantee: Grantee) -> ColumnElement[bool]:
    if grantee.role_id is not None:
        return library_grants.c.role_id == grantee.role_id
    return library_grants.c.user_id == grantee.user_id


def _grant(row: Mapping[Any, Any]) -> Grant:
    return Grant(**{**row, "level": Level(row["level"])})


def _missing(error: IntegrityError, grantee: Grantee, library_id: UUID | None) -> Exception:
    """What a violated foreign key means to the caller; anything else is passed on as it is."""
    said = str(error.orig)
    if "fk_library_grants_library_id" in said and library_id is not None:
        return LibraryUnknown(library_id)
    if "_user_id" in said and grantee.user_id is not None:
        return UserNotFound(grantee.user_id, field="userId")
    if "fk_library_grants_role_id" in said and grantee.role_id is not None:
        return RoleNotFound(grantee.role_id, field="roleId")
    if "fk_user_roles_role_id" in said:
        return RoleUnknown(field="roleIds")
    return error
