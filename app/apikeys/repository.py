"""API keys in PostgreSQL, known here by the SHA-256 of their tokens; never cached."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    LargeBinary,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    column,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)

from app.apikeys.domain import ApiKey
from app.apikeys.models import api_keys
from app.auth.domain import PrincipalRow, Seen
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.core.tx import Tx
from app.rbac.repository import rights_columns
from app.settings.repository import preferred_language
from app.users.repository import accounts

KEY: Final = tuple(api_keys.c[name] for name in ApiKey.__struct_fields__)
BY_IDS: Final = select(*KEY).where(api_keys.c.id == any_(bindparam("ids", type_=ARRAY(Uuid))))
NEWEST: Final = (Order(api_keys.c.id, descending=True),)


def _principal() -> Select[Any]:
    """Everything a viewer is made of, in one statement."""
    account = accounts()
    return (
        select(
            api_keys.c.id.label("credential_id"),
            api_keys.c.expires_at,
            api_keys.c.scopes,
            account.c.user_id,
            account.c.username,
            account.c.max_age,
            preferred_language(account.c.user_id).label("language"),
            *rights_columns(account.c.user_id),
        )
        .join_from(api_keys, account, account.c.user_id == api_keys.c.user_id)
        .where(
            api_keys.c.token_hash == bindparam("token_hash", type_=LargeBinary),
            api_keys.c.revoked_at.is_(None),
            account.c.is_active,
        )
    )


BY_TOKEN: Final = _principal()


class ApiKeyRepository:
    """What takes `tx` writes."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def by_token(self, token_hash: bytes) -> PrincipalRow | None:
        """The unrevoked key of this token, if its owner is active; expiry is the caller's."""
        rows = await self.db.fetch(BY_TOKEN, {"token_hash": token_hash}, into=PrincipalRow)
        return rows[0] if rows else None

    async def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, ApiKey]:
        """Keys by their ids, whatever has become of them."""
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=ApiKey)
        return {key.id: key for key in rows}

    async def page(self, user_id: UUID | None, page: Keyset) -> Page[UUID]:
        """Keys that were not revoked, of a user or of all, the newest first."""
        statement = select(api_keys.c.id).where(*_of(user_id))
        return await self.db.page(Sorted(statement, NEWEST), "apikeys.newest", page)

    async def count(self, user_id: UUID | None) -> int:
        """How many there are."""
        found = select(func.count()).select_from(api_keys).where(*_of(user_id))
        return int(await self.db.scalar(found) or 0)

    async def count_valid(self, tx: Tx, user_id: UUID, now: datetime) -> int:
        """How many keys of a user are good."""
        found = select(func.count()).select_from(api_keys).where(*_of(user_id), _valid(now))
        return int((await tx.execute(found)).scalar_one())

    async def count_active(self, now: datetime) -> int:
        """How many keys of all are good."""
        found = select(func.count()).select_from(api_keys).where(*_of(None), _valid(now))
        return int(await self.db.scalar(found) or 0)

    async def add(self, tx: Tx, key: ApiKey, token_hash: bytes) -> None:
        """Store a key."""
        values = {**msgspec.structs.asdict(key), "token_hash": token_hash}
        await tx.execute(insert(api_keys).values({**values, "scopes": list(key.scopes)}))

    async def change(
        self, tx: Tx, user_id: UUID, key_id: UUID, values: Mapping[str, Any]
    ) -> ApiKey | None:
        """Give a user's key other values; None where there is none that was not revoked."""
        changed = await tx.execute(
            update(api_keys)
            .where(api_keys.c.id == key_id, *_of(user_id))
            .values(**values)
            .returning(*KEY)
        )
        row = changed.mappings().one_or_none()
        return None if row is None else _key(row)

    async def revoke(
        self, tx: Tx, key_id: UUID, owner: UUID | None, now: datetime
    ) -> ApiKey | None:
        """Revoke a key, of this owner or of whomever; None where there is none to revoke."""
        revoked = await tx.execute(
            update(api_keys)
            .where(api_keys.c.id == key_id, *_of(owner))
            .values(revoked_at=now)
            .returning(*KEY)
        )
        row = revoked.mappings().one_or_none()
        return None if row is None else _key(row)

    async def revoke_all(self, tx: Tx, user_id: UUID, now: datetime) -> list[ApiKey]:
        """Revoke every key of a user; answers those that were not revoked before."""
        revoked = await tx.execute(
            update(api_keys).where(*_of(user_id)).values(revoked_at=now).returning(*KEY)
        )
        return [_key(row) for row in revoked.mappings()]

    async def note_seen(self, tx: Tx, seen: Mapping[UUID, Seen]) -> None:
        """Write down when keys were last used, in one statement."""
        moment = DateTime(timezone=True)
        told = (
            func.unnest(
                bindparam("ids", list(seen), type_=ARRAY(Uuid)),
                bindparam("moments", [s.at for s in seen.values()], type_=ARRAY(moment)),
                bindparam("addresses", [s.address for s in seen.values()], type_=ARRAY(Text)),
            )
            .table_valued(column("id", Uuid), column("at", moment), column("address", Text))
            .render_derived()
        )
        later = or_(api_keys.c.last_used_at.is_(None), api_keys.c.last_used_at < told.c.at)
        await tx.execute(
            update(api_keys)
            .where(api_keys.c.id == told.c.id, later)
            .values(
                last_used_at=told.c.at,
                last_address=func.coalesce(
                    func.nullif(told.c.address, ""), api_keys.c.last_address
                ),
            )
        )

    async def forget(self, tx: Tx, before: datetime, most: int) -> int:
        """Delete keys that were over before this moment; says how many, at most `most`."""
        over = (
            select(api_keys.c.id)
            .where(or_(api_keys.c.expires_at < before, api_keys.c.revoked_at < before))
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("over")  # which is run once: a join may run a subselect often, and so its limit
        )
        gone = await tx.execute(delete(api_keys).where(api_keys.c.id.in_(select(over.c.id))))
        return gone.rowcount


def _key(row: Mapping[Any, Any]) -> ApiKey:
    return ApiKey(**{**row, "scopes": tuple(row["scopes"])})


def _of(user_id: UUID | None) -> list[ColumnElement[bool]]:
    """Keys that were not revoked, of a user or of all."""
    conditions: list[ColumnElement[bool]] = [api_keys.c.revoked_at.is_(None)]
    return conditions if user_id is None else [*conditions, api_keys.c.user_id == user_id]


def _valid(now: datetime) -> ColumnElement[bool]:
    return or_(api_keys.c.expires_at.is_(None), api_keys.c.expires_at > now)
