"""Roles and grants in PostgreSQL; never cached, see `auth.Principals`."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, delete, exists, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from app.core.db import Database
from app.core.tx import Tx
from app.rbac.domain import Grant, LibraryUnknown, Role
from app.rbac.models import library_grants, user_roles
from app.users.domain import UserNotFound

GRANT = (
    library_grants.c.user_id,
    library_grants.c.library_id,
    library_grants.c.granted_at,
)


def roles_of(user_id: ColumnElement[UUID]) -> ColumnElement[Any]:
    """The names of a user's roles as an array, for a statement that has the user's id."""
    names = select(user_roles.c.role).where(user_roles.c.user_id == user_id)
    return func.array(names.correlate_except(user_roles).scalar_subquery())


def grants_of(user_id: ColumnElement[UUID]) -> ColumnElement[Any]:
    """The ids of a user's granted libraries as an array, likewise."""
    ids = select(library_grants.c.library_id).where(library_grants.c.user_id == user_id)
    return func.array(ids.correlate_except(library_grants).scalar_subquery())


class RbacRepository:
    """The tables of roles and grants."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def anybody_is(self, tx: Tx, role: Role) -> bool:
        """Whether there is a user of this role."""
        found = await tx.execute(select(exists().where(user_roles.c.role == role.value)))
        return bool(found.scalar_one())

    async def set_roles(self, tx: Tx, user_id: UUID, roles: Collection[Role]) -> None:
        """Replace a user's roles. Raises UserNotFound."""
        await tx.execute(delete(user_roles).where(user_roles.c.user_id == user_id))
        if not roles:
            return
        rows = [{"user_id": user_id, "role": role.value} for role in roles]
        try:
            await tx.execute(upsert(user_roles).on_conflict_do_nothing(), rows)
        except IntegrityError as error:
            raise _missing(error, user_id, None) from None

    async def grant(self, tx: Tx, user_id: UUID, library_id: UUID) -> Grant:
        """Give a grant, or answer the one there is. Raises LibraryUnknown or UserNotFound."""
        statement = upsert(library_grants).values(user_id=user_id, library_id=library_id)
        # Writes what is there already: DO NOTHING would return no row.
        statement = statement.on_conflict_do_update(
            index_elements=[library_grants.c.user_id, library_grants.c.library_id],
            set_={"library_id": statement.excluded.library_id},
        )
        try:
            row = (await tx.execute(statement.returning(*GRANT))).mappings().one()
        except IntegrityError as error:
            raise _missing(error, user_id, library_id) from None
        return _grant(row)

    async def revoke(self, tx: Tx, user_id: UUID, library_id: UUID) -> Grant | None:
        """Take a grant away and answer it; None where there was none."""
        statement = (
            delete(library_grants)
            .where(library_grants.c.user_id == user_id, library_grants.c.library_id == library_id)
            .returning(*GRANT)
        )
        row = (await tx.execute(statement)).mappings().one_or_none()
        return None if row is None else _grant(row)


def _grant(row: Mapping[Any, Any]) -> Grant:
    return Grant(**row)


def _missing(error: IntegrityError, user_id: UUID, library_id: UUID | None) -> Exception:
    """What a violated foreign key means to the caller; anything else is passed on as it is."""
    if "fk_library_grants_library_id" in str(error.orig) and library_id is not None:
        return LibraryUnknown(library_id)
    if "fk_library_grants_user_id" in str(error.orig) or "fk_user_roles" in str(error.orig):
        return UserNotFound(user_id, field="userId")
    return error
