"""Accounts in PostgreSQL and in the cache."""

import unicodedata
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ARRAY, Subquery, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from app.core.access import Permission, Viewer
from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.core.ids import new_id
from app.core.tx import Tx
from app.users.domain import NewUser, User, UserId
from app.users.models import users

COLUMNS = (
    users.c.id,
    users.c.username,
    users.c.display_name,
    users.c.is_active,
    users.c.max_age,
    users.c.created_at,
)
BY_IDS = select(*COLUMNS).where(users.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))


def username_key(username: str) -> str:
    """The form in which two user names are the same: compatibility-composed and case-folded."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", username).casefold())


def accounts() -> Subquery:
    """Accounts to be joined by those who know users by id or name: the table stays private.

    Columns: user_id, username, username_key, is_active, max_age.
    """
    return select(
        users.c.id.label("user_id"),
        users.c.username,
        users.c.username_key,
        users.c.is_active,
        users.c.max_age,
    ).subquery("account")


class UserRepository:
    """Reads are filtered by what the viewer may know; writes take a transaction."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    @cached("user", ttl=minutes(5), tags=("user:{}",))
    async def _by_ids(self, ids: Collection[UserId]) -> Mapping[UserId, User]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=User)
        return {user.id: user for user in rows}

    async def by_ids(self, viewer: Viewer, ids: Collection[UserId]) -> Mapping[UserId, User]:
        """Users by id: oneself, and everybody for those who may list users."""
        if not viewer.may(Permission.USERS_LIST):
            ids = [user_id for user_id in ids if user_id == viewer.user_id]
        return await self._by_ids(ids) if ids else {}

    async def create(self, tx: Tx, new: NewUser) -> User | None:
        """Insert an account; None when its user name is taken."""
        values: dict[str, Any] = {
            "id": new_id(),
            "username": new.username,
            "username_key": username_key(new.username),
            "display_name": new.display_name,
            "max_age": new.max_age,
        }
        statement = (
            insert(users)
            .values(values)
            .on_conflict_do_nothing(index_elements=[users.c.username_key])
            .returning(*COLUMNS)
        )
        row = (await tx.execute(statement)).mappings().one_or_none()
        if row is None:
            return None
        user = User(**row)
        tx.touch(f"user:{user.id}")
        return user
