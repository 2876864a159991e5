"""Accounts in PostgreSQL and in the cache."""

import unicodedata
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Integer,
    Subquery,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from app.core.access import Viewer
from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.core.ids import new_id
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx
from app.mail.domain import address_key
from app.users.domain import DeletedUser, EmailTaken, NewUser, User, UserId, may_know
from app.users.models import users

COLUMNS = (
    users.c.id,
    users.c.username,
    users.c.display_name,
    users.c.is_active,
    users.c.max_age,
    users.c.email,
    users.c.email_verified_at,
    users.c.locale,
    users.c.timezone,
    users.c.avatar_id,
    users.c.created_at,
    users.c.last_login_at,
)
# A deleted account is nobody's any more, though it keeps its names until it is purged.
PRESENT = users.c.deleted_at.is_(None)
BY_IDS = select(*COLUMNS).where(users.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))), PRESENT)
BY_AVATAR = select(users.c.id).where(users.c.avatar_id == bindparam("avatar_id"), PRESENT)
HAS_AVATAR = select(exists().where(users.c.avatar_id == bindparam("avatar_id")))
DELETED = select(
    users.c.id, users.c.username, users.c.display_name, users.c.created_at, users.c.deleted_at
).where(users.c.deleted_at.is_not(None))
AFTER = (
    select(users.c.id)
    .where(users.c.id > bindparam("after", type_=Uuid), PRESENT)
    .order_by(users.c.id)
    .limit(bindparam("most", type_=Integer))
)
BY_EMAIL = select(*COLUMNS).where(users.c.email_key == bindparam("key"), PRESENT)


def username_key(username: str) -> str:
    """The form in which two user names are the same: compatibility-composed and case-folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", username).casefold())


def accounts() -> Subquery:
    """Accounts to be joined by those who know users by id or name: the table stays private.

    Columns: user_id, username, username_key, name_key, email, email_key, email_verified_at, locale,
    is_active, max_age, created_at, last_login_at. Deleted accounts are not among them.
    """
    return (
        select(
            users.c.id.label("user_id"),
            users.c.username,
            users.c.username_key,
            func.lower(users.c.display_name).label("name_key"),
            users.c.created_at,
            users.c.last_login_at,
            users.c.email,
            users.c.email_key,
            users.c.email_verified_at,
            users.c.locale,
            users.c.is_active,
            users.c.max_age,
        )
        .where(PRESENT)
        .subquery("account")
    )


class UserRepository:
    """Reads are filtered by what the viewer may know; writes take a transaction."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    @cached("user", ttl=minutes(5), tags=("user:{}",))
    async def _by_ids(self, ids: Collection[UserId]) -> Mapping[UserId, User]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=User)
        return {user.id: user for user in rows}

    async def by_ids(self, viewer: Viewer, ids: Collection[UserId]) -> Mapping[UserId, User]:
        """Users by id: oneself, and everybody for those who may do something about users."""
        ids = [user_id for user_id in ids if may_know(viewer, user_id)]
        return await self._by_ids(ids) if ids else {}

    async def searched(self, ids: Collection[UUID]) -> list[User]:
        """The accounts among `ids` that are there; for search alone, past the cache."""
        return await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=User)

    async def ids_after(self, after: UUID, most: int) -> list[UUID]:
        """The ids of all accounts in order, from the next one on; for search alone."""
        return await self.db.column(AFTER, {"after": after, "most": most})

    async def by_email(self, email: str) -> User | None:
        """Whose address this is, verified or not; for those who write to it, not for the API."""
        rows = await self.db.fetch(BY_EMAIL, {"key": address_key(email)}, into=User)
        return rows[0] if rows else None

    async def create(self, tx: Tx, new: NewUser) -> User | None:
        """Insert an account; None when its user name is taken. Raises EmailTaken."""
        values: dict[str, Any] = {
            "id": new_id(),
            "username": new.username,
            "username_key": username_key(new.username),
            "display_name": new.display_name,
            "max_age": new.max_age,
            "locale": new.locale,
        }
        if new.email is not None:
            values |= {"email": new.email, "email_key": address_key(new.email)}
        statement = (
            insert(users)
            .values(values)
            .on_conflict_do_nothing(index_elements=[users.c.username_key])
            .returning(*COLUMNS)
        )
        try:
            row = (await tx.execute(statement)).mappings().one_or_none()
        except IntegrityError as error:
            raise _email_taken(error) from None
        if row is None:
            return None
        user = User(**row)
        tx.touch(f"user:{user.id}")
        return user

    async def set_email(
        self, tx: Tx, user_id: UUID, email: str | None, verified_at: datetime | None
    ) -> bool:
        """Give an account an address, or take it away. Raises EmailTaken."""
        key = None if email is None else address_key(email)
        values = {"email": email, "email_key": key, "email_verified_at": verified_at}
        statement = update(users).where(users.c.id == user_id, PRESENT).values(values)
        try:
            changed = await tx.execute(statement)
        except IntegrityError as error:
            raise _email_taken(error) from None
        tx.touch(f"user:{user_id}")
        return changed.rowcount == 1

    async def hold(self, tx: Tx, user_id: UUID) -> User | None:
        """An account as it is now, which nobody else changes until the end of `tx`."""
        statement = select(*COLUMNS).where(users.c.id == user_id, PRESENT).with_for_update()
        row = (await tx.execute(statement)).mappings().one_or_none()
        return None if row is None else User(**row)

    async def change(self, tx: Tx, user_id: UUID, values: Mapping[str, Any]) -> None:
        """Write columns of an account that is held."""
        await tx.execute(update(users).where(users.c.id == user_id).values(**values))
        tx.touch(f"user:{user_id}")

    async def of_avatar(self, avatar_id: UUID) -> UserId | None:
        """Whose avatar this is."""
        found: UserId | None = await self.db.scalar(BY_AVATAR, {"avatar_id": avatar_id})
        return found

    async def avatar_in_use(self, avatar_id: UUID) -> bool:
        """Whether it is the avatar of an account, be it a deleted one."""
        return bool(await self.db.scalar(HAS_AVATAR, {"avatar_id": avatar_id}))

    async def restore(self, tx: Tx, user_id: UUID, since: datetime) -> bool:
        """Undo the deletion of an account; False for one that was not deleted `since` then."""
        changed = await tx.execute(
            update(users)
            .where(users.c.id == user_id, users.c.deleted_at > since)
            .values(deleted_at=None)
        )
        tx.touch(f"user:{user_id}")
        return changed.rowcount == 1

    async def deleted(self, ids: Collection[UUID]) -> Mapping[UUID, DeletedUser]:
        """Deleted accounts by their ids."""
        wanted = users.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
        rows = await self.db.fetch(DELETED.where(wanted), {"ids": list(ids)}, into=DeletedUser)
        return {user.id: user for user in rows}

    async def page_of_deleted(self, page: Keyset) -> Page[UUID]:
        """Deleted accounts, the latest first."""
        statement = select(users.c.id).where(users.c.deleted_at.is_not(None))
        orders = (Order(users.c.deleted_at, descending=True), Order(users.c.id, descending=True))
        return await self.db.page(Sorted(statement, orders), "deleted", page)

    async def count_deleted(self) -> int:
        """How many accounts are deleted and not yet purged."""
        statement = select(func.count()).where(users.c.deleted_at.is_not(None))
        return int(await self.db.scalar(statement))

    async def purge(self, tx: Tx, before: datetime, limit: int) -> list[tuple[UUID, UUID | None]]:
        """Remove accounts that were deleted before then; their ids and avatars."""
        over = (
            select(users.c.id)
            .where(users.c.deleted_at <= before)
            .order_by(users.c.deleted_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
            .cte("over")  # which is run once: a join may run a subselect often, and so its limit
        )
        gone = await tx.execute(
            delete(users)
            .where(users.c.id.in_(select(over.c.id)))
            .returning(users.c.id, users.c.avatar_id)
        )
        return [(row.id, row.avatar_id) for row in gone]

    async def signed_in(self, tx: Tx, user_id: UUID, now: datetime) -> bool:
        """Note when somebody last signed in; False for an account that is off or deleted."""
        noted = await tx.execute(
            update(users)
            .where(users.c.id == user_id, users.c.is_active, users.c.deleted_at.is_(None))
            .values(last_login_at=now)
        )
        tx.touch(f"user:{user_id}")
        return noted.rowcount == 1


def _email_taken(error: IntegrityError) -> Exception:
    """What the violated constraint means to the caller; anything else is passed on as it is."""
    return EmailTaken() if "uq_users_email_key" in str(error.orig) else error
