"""Where the indexes on a search server stand."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from app.core.db import Database
from app.core.tx import Tx
from app.search.domain import SearchKind
from app.search.models import indexes

ALL: Final = select(
    indexes.c.kind, indexes.c.name, indexes.c.told, indexes.c.building, indexes.c.built
)


class IndexState(Struct, frozen=True, kw_only=True):
    """The collection that is searched and up to which version it was told, and the one that is
    being built to take its place.
    """

    kind: SearchKind
    name: str | None = None
    told: int = 0
    building: str | None = None
    built: int = 0

    @property
    def least(self) -> int:
        """Up to which version all of its collections were told."""
        return self.told if self.building is None else min(self.told, self.built)


class IndexRepository:
    """The table of indexes. What moves a position says which collection it is of: somebody else
    may have put another one there meanwhile, and then nothing moves.
    """

    def __init__(self, db: Database) -> None:
        self._db = db

    async def all(self) -> Mapping[SearchKind, IndexState]:
        """Those that were ever begun."""
        return {one.kind: one for one in await self._db.fetch(ALL, into=IndexState)}

    async def one(self, kind: SearchKind) -> IndexState:
        """That of a type, begun or not."""
        return (await self.all()).get(kind, IndexState(kind=kind))

    async def begin(self, tx: Tx, kind: SearchKind, name: str) -> None:
        """From now on this collection is being built, from nothing."""
        values = {"building": name, "built": 0}
        statement = insert(indexes).values(kind=kind.value, **values)
        await tx.execute(
            statement.on_conflict_do_update(index_elements=[indexes.c.kind], set_=values)
        )

    async def built(self, tx: Tx, kind: SearchKind, name: str, version: int) -> None:
        """The one that is being built has all up to this version."""
        mine = (indexes.c.kind == kind.value, indexes.c.building == name)
        await tx.execute(
            update(indexes).where(*mine, indexes.c.built < version).values(built=version)
        )

    async def told(self, tx: Tx, kind: SearchKind, name: str, version: int) -> None:
        """The one that is searched has all up to this version."""
        mine = (indexes.c.kind == kind.value, indexes.c.name == name)
        await tx.execute(
            update(indexes).where(*mine, indexes.c.told < version).values(told=version)
        )

    async def swap(self, tx: Tx, kind: SearchKind, name: str) -> None:
        """The one that was being built is searched now."""
        mine = (indexes.c.kind == kind.value, indexes.c.building == name)
        values = {"name": name, "told": indexes.c.built, "building": None, "built": 0}
        await tx.execute(update(indexes).where(*mine).values(values))
