"""Sign-ins on the way: each state and each code is taken once, by SQL."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import CursorResult, delete, insert, or_, select, update

from app.core.db import Database
from app.core.keys import Sealed
from app.core.tx import Tx
from app.oidc.domain import Flow
from app.oidc.models import oidc_providers, oidc_states

table = oidc_states
FLOW: Final = (
    table.c.id,
    table.c.provider_id,
    table.c.purpose,
    table.c.user_id,
    table.c.in_browser,
    table.c.redirect_path,
    table.c.expires_at,
)
CARRIED: Final = (table.c.carried_key_id, table.c.carried_sealed)
Taken = tuple[Flow, Sealed]


class StateRepository:
    """What takes `tx` writes; hashes alone are known here."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def add(self, tx: Tx, flow: Flow, hashes: tuple[bytes, bytes], carried: Sealed) -> None:
        """Store a way that begins: hashes of its state and its binding."""
        values = msgspec.structs.asdict(flow) | {
            "purpose": flow.purpose.value,
            "state_hash": hashes[0],
            "binding_hash": hashes[1],
            "carried_sealed": carried.data,
            "carried_key_id": carried.key_id,
        }
        await tx.execute(insert(table).values(values))

    async def take(
        self, tx: Tx, state_hash: bytes, bindings: Collection[bytes], at: tuple[str, datetime]
    ) -> Taken | None:
        """The way of this state, once: in the browser that began it, from the provider of this
        name, before it is too late.
        """
        provider, now = at
        of_provider = select(oidc_providers.c.id).where(
            oidc_providers.c.name == provider, oidc_providers.c.enabled
        )
        statement = (
            update(table)
            .where(
                table.c.state_hash == state_hash,
                table.c.used_at.is_(None),
                table.c.expires_at > now,
                table.c.provider_id == of_provider.scalar_subquery(),
                or_(~table.c.in_browser, table.c.binding_hash.in_(bindings)),
            )
            .values(used_at=now)
            .returning(*FLOW, *CARRIED)
        )
        return _taken(await tx.execute(statement))

    async def arrived(
        self, tx: Tx, flow_id: UUID, code_hash: bytes, carried: Sealed, until: datetime
    ) -> None:
        """Somebody came back: the code with which the way is finished."""
        await tx.execute(
            update(table)
            .where(table.c.id == flow_id)
            .values(
                code_hash=code_hash,
                carried_sealed=carried.data,
                carried_key_id=carried.key_id,
                expires_at=until,
            )
        )

    async def finish(
        self, tx: Tx, code_hash: bytes, bindings: Collection[bytes], now: datetime
    ) -> Taken | None:
        """The way of this code, once, for who began it."""
        statement = (
            update(table)
            .where(
                table.c.code_hash == code_hash,
                table.c.finished_at.is_(None),
                table.c.expires_at > now,
                table.c.binding_hash.in_(bindings),
            )
            .values(finished_at=now)
            .returning(*FLOW, *CARRIED)
        )
        return _taken(await tx.execute(statement))

    async def forget(self, tx: Tx, before: datetime, limit: int) -> int:
        """Delete ways that ended before this moment; says how many, at most `limit`."""
        over = select(table.c.id).where(table.c.expires_at < before).limit(limit)
        gone = await tx.execute(delete(table).where(table.c.id.in_(over.scalar_subquery())))
        return gone.rowcount

    async def sealed(self, tx: Tx, current: str) -> dict[UUID, Sealed]:
        """What ways carry that is sealed with another key than the current one."""
        statement = select(table.c.id, *CARRIED).where(table.c.carried_key_id != current)
        rows = await tx.execute(statement.with_for_update())
        return {row.id: Sealed(row.carried_key_id, row.carried_sealed) for row in rows}

    async def set_carried(self, tx: Tx, flow_id: UUID, carried: Sealed) -> None:
        """The same under another key."""
        await tx.execute(
            update(table)
            .where(table.c.id == flow_id)
            .values(carried_sealed=carried.data, carried_key_id=carried.key_id)
        )


def _taken(result: CursorResult[Any]) -> Taken | None:
    row = result.mappings().one_or_none()
    if row is None:
        return None
    values = {str(name): value for name, value in row.items()}
    carried = Sealed(values.pop("carried_key_id"), values.pop("carried_sealed"))
    return msgspec.convert(values, Flow), carried
