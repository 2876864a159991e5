"""Who has which roles, which libraries were granted and hidden, and who owes a second factor."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import IntegrityError

from app.core.access import Permission, Scope, Viewer
from app.core.db import Database
from app.core.ids import new_id
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx
from app.rbac.domain import (
    Grant,
    Grantee,
    GrantFilter,
    Level,
    LibraryUnknown,
    Role,
    RoleNotFound,
    RoleUnknown,
    StoredRights,
)
from app.rbac.models import hidden_libraries, library_grants, roles, user_policies, user_roles
from app.rbac.repository.roles import ROLE, role_of
from app.users.domain import UserNotFound
from app.users.repository import accounts

GRANT = (
    library_grants.c.id,
    library_grants.c.library_id,
    library_grants.c.user_id,
    library_grants.c.role_id,
    library_grants.c.level,
    library_grants.c.granted_at,
)
IDS = bindparam("ids", type_=ARRAY(Uuid))
GRANTS_BY_IDS = select(*GRANT).where(library_grants.c.id == any_(IDS))
NEWEST = (Order(library_grants.c.granted_at, True), Order(library_grants.c.id, True))
FACTORS = select(user_policies.c.user_id).where(
    user_policies.c.user_id == any_(IDS), user_policies.c.requires_factor
)


class RbacRepository:
    """What takes `tx` writes, or reads in the same transaction."""

    def __init__(self, db: Database) -> None:
        self.db = db

    # -- roles of users

    async def anybody_is(self, tx: Tx, role_id: UUID) -> bool:
        """Whether there is a user of this role."""
        found = await tx.execute(select(exists().where(user_roles.c.role_id == role_id)))
        return bool(found.scalar_one())

    async def another_active(self, tx: Tx, role_id: UUID, user_id: UUID) -> bool:
        """Whether anybody but this user has the role and can sign in."""
        account = accounts()
        other = (
            select(account.c.user_id)
            .join_from(account, user_roles, user_roles.c.user_id == account.c.user_id)
            .where(
                user_roles.c.role_id == role_id,
                account.c.user_id != user_id,
                account.c.is_active,
            )
        )
        return bool((await tx.execute(select(other.exists()))).scalar_one())

    async def exists(self, tx: Tx, user_id: UUID) -> bool:
        """Whether there is an account of this id that was not deleted."""
        account = accounts()
        present = select(account.c.user_id).where(account.c.user_id == user_id)
        return bool((await tx.execute(select(present.exists()))).scalar_one())

    async def held(self, tx: Tx, user_id: UUID) -> frozenset[UUID]:
        """The ids of a user's roles."""
        statement = select(user_roles.c.role_id).where(user_roles.c.user_id == user_id)
        return frozenset((await tx.execute(statement)).scalars())

    async def holders(self, tx: Tx, role_id: UUID) -> tuple[UUID, ...]:
        """The users who have a role."""
        statement = select(user_roles.c.user_id).where(user_roles.c.role_id == role_id)
        return tuple((await tx.execute(statement)).scalars())

    async def share(self, tx: Tx, role_ids: Collection[UUID]) -> dict[UUID, Role]:
        """Roles that nobody changes until the end of the transaction, by id."""
        statement = select(*ROLE).where(roles.c.id.in_(role_ids)).order_by(roles.c.id)
        rows = (await tx.execute(statement.with_for_update(read=True))).mappings()
        return {row["id"]: role_of(row) for row in rows}

    async def lock(self, tx: Tx, role_id: UUID) -> Role | None:
        """A role that nobody else changes, gives or grants libraries to until the end."""
        statement = select(*ROLE).where(roles.c.id == role_id).with_for_update()
        row = (await tx.execute(statement)).mappings().one_or_none()
        return None if row is None else role_of(row)

    async def set_roles(self, tx: Tx, user_id: UUID, role_ids: Collection[UUID]) -> None:
        """Replace a user's roles. Raises UserNotFound or RoleUnknown."""
        await tx.execute(delete(user_roles).where(user_roles.c.user_id == user_id))
        if not role_ids:
            return
        rows = [{"user_id": user_id, "role_id": role_id} for role_id in sorted(set(role_ids))]
        try:
            await tx.execute(insert(user_roles), rows)
        except IntegrityError as error:
            raise _missing(error, Grantee(user_id=user_id), None) from None

    async def reassign(self, tx: Tx, role_id: UUID, other: UUID | None) -> None:
        """Take a role from everybody who has it, and give them another one."""
        if other is not None:
            having = select(user_roles.c.user_id, literal(other, Uuid)).where(
                user_roles.c.role_id == role_id
            )
            statement = upsert(user_roles).from_select(["user_id", "role_id"], having)
            await tx.execute(statement.on_conflict_do_nothing())
        await tx.execute(delete(user_roles).where(user_roles.c.role_id == role_id))

    async def rights_of_users(self, tx: Tx, user_ids: Collection[UUID]) -> StoredRights:
        """What somebody would have who had the roles of all these users; roles alone."""
        having = select(user_roles.c.role_id).where(
            user_roles.c.user_id == any_(literal(list(user_ids), ARRAY(Uuid)))
        )
        rows = (await tx.execute(select(*ROLE).where(roles.c.id.in_(having)))).mappings()
        held = [role_of(row) for row in rows]
        return StoredRights(
            roles=tuple(role.id for role in held),
            permissions=tuple(p.value for role in held for p in role.permissions),
        )

    async def rights_of_roles(self, tx: Tx, given: Collection[Role]) -> StoredRights:
        """What somebody would have who had all of these roles and nothing else."""
        ids = [role.id for role in given]
        statement = select(*GRANT).where(library_grants.c.role_id.in_(ids))
        granted = [_grant(row) for row in (await tx.execute(statement)).mappings()]

        def least(level: Level) -> tuple[UUID, ...]:
            return tuple(grant.library_id for grant in granted if grant.level.includes(level))

        return StoredRights(
            roles=tuple(ids),
            permissions=tuple(p.value for role in given for p in role.permissions),
            libraries=least(Level.VIEW),
            downloads=least(Level.DOWNLOAD),
            manages=least(Level.MANAGE),
        )

    # -- second factors

    async def require_factor(self, tx: Tx, user_id: UUID, required: bool) -> bool:  # noqa: FBT001
        """Write whether a user has to show one; False when that is so already. Raises
        UserNotFound.
        """
        statement = upsert(user_policies).values(user_id=user_id, requires_factor=required)
        statement = statement.on_conflict_do_update(
            index_elements=[user_policies.c.user_id],
            set_={"requires_factor": required},
            where=user_policies.c.requires_factor != required,
        )
        try:
            return (await tx.execute(statement)).rowcount == 1
        except IntegrityError as error:
            raise _missing(error, Grantee(user_id=user_id), None) from None

    async def owing_factor(self, ids: Collection[UUID]) -> frozenset[UUID]:
        """Those of these users who were themselves required to show a second factor."""
        return frozenset(await self.db.column(FACTORS, {"ids": list(ids)}))

    # -- libraries

    async def grants(self, viewer: Viewer, ids: Collection[UUID]) -> Mapping[UUID, Grant]:
        """Grants by id, of libraries that are the viewer's to grant."""
        if not viewer.may(Permission.LIBRARIES_GRANT):
            return {}
        rows = await self.db.records(GRANTS_BY_IDS, {"ids": list(ids)})
        found = [_grant(row) for row in rows]
        return {g.id: g for g in found if viewer.scope.admits_library(g.library_id)}

    async def page_of_grants(self, scope: Scope, wanted: GrantFilter, page: Keyset) -> Page[UUID]:
        """Grants, newest first."""
        statement = _listed(select(library_grants.c.id), scope, wanted)
        return await self.db.page(Sorted(statement, NEWEST), "grants", page)

    async def count_grants(self, scope: Scope, wanted: GrantFilter) -> int:
        """How many grants there are of these."""
        statement = select(func.count()).select_from(library_grants)
        return int(await self.db.scalar(_listed(statement, scope, wanted)))

    async def level(self, tx: Tx, grantee: Grantee, library_id: UUID) -> Level | None:
        """What a grant says now, which stays so until the end; None where there is none."""
        statement = (
            select(library_grants.c.level)
            .where(_of(grantee), library_grants.c.library_id == library_id)
            .with_for_update()
        )
        found = (await tx.execute(statement)).scalar_one_or_none()
        return None if found is None else Level(found)

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

    async def hide(self, tx: Tx, user_id: UUID, library_id: UUID) -> bool:
        """Deny a library to a user; False when it is already. Raises LibraryUnknown or
        UserNotFound.
        """
        statement = upsert(hidden_libraries).values(user_id=user_id, library_id=library_id)
        try:
            return (await tx.execute(statement.on_conflict_do_nothing())).rowcount == 1
        except IntegrityError as error:
            raise _missing(error, Grantee(user_id=user_id), library_id) from None

    async def unhide(self, tx: Tx, user_id: UUID, library_id: UUID) -> bool:
        """Deny it no longer; False when it was not."""
        gone = await tx.execute(
            delete(hidden_libraries).where(
                hidden_libraries.c.user_id == user_id, hidden_libraries.c.library_id == library_id
            )
        )
        return gone.rowcount == 1

    async def page_of_hidden(self, scope: Scope, user_id: UUID | None, page: Keyset) -> Page[UUID]:
        """Libraries that are hidden from a user, or from anybody."""
        statement = _hidden(select(hidden_libraries.c.library_id).distinct(), scope, user_id)
        return await self.db.page(
            Sorted(statement, [Order(hidden_libraries.c.library_id)]), "hidden", page
        )

    async def count_hidden(self, scope: Scope, user_id: UUID | None) -> int:
        """How many there are."""
        statement = select(func.count(hidden_libraries.c.library_id.distinct()))
        return int(await self.db.scalar(_hidden(statement, scope, user_id)))


def _of(grantee: Grantee) -> ColumnElement[bool]:
    if grantee.role_id is not None:
        return library_grants.c.role_id == grantee.role_id
    return library_grants.c.user_id == grantee.user_id


def _listed(statement: Select[Any], scope: Scope, wanted: GrantFilter) -> Select[Any]:
    """Only those wanted, of libraries that the viewer sees."""
    for name, value in msgspec.structs.asdict(wanted).items():
        if value is not None:
            statement = statement.where(library_grants.c[name] == value)
    return statement.where(_seen(scope, library_grants.c.library_id))


def _hidden(statement: Select[Any], scope: Scope, user_id: UUID | None) -> Select[Any]:
    if user_id is not None:
        statement = statement.where(hidden_libraries.c.user_id == user_id)
    return statement.where(_seen(scope, hidden_libraries.c.library_id))


def _seen(scope: Scope, library_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    if scope.libraries is None:
        return true()
    return library_id == any_(literal(sorted(scope.libraries), ARRAY(Uuid)))


def _grant(row: Mapping[Any, Any]) -> Grant:
    return Grant(**{**row, "level": Level(row["level"])})


def _missing(error: IntegrityError, grantee: Grantee, library_id: UUID | None) -> Exception:
    """What a violated foreign key means to the caller; anything else is passed on as it is."""
    said = str(error.orig)
    if "_library_id" in said and library_id is not None:
        return LibraryUnknown(library_id)
    if "_user_id" in said and grantee.user_id is not None:
        return UserNotFound(grantee.user_id, field="userId")
    if "fk_library_grants_role_id" in said and grantee.role_id is not None:
        return RoleNotFound(grantee.role_id, field="roleId")
    if "fk_user_roles_role_id" in said:
        return RoleUnknown(field="roleIds")
    return error
