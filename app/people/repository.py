"""SQL of persons."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    not_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app.core.access import Scope
from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.core.ids import new_id
from app.core.tx import Tx
from app.people.domain import CreditGate, NamedPerson, Person, PersonId, person_key
from app.people.models import people

LOCK = "people"
BY_IDS = select(people.c.id, people.c.name, people.c.portrait_url).where(
    people.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
)


class PersonRepository:
    """Persons."""

    def __init__(self, db: Database, cache: Cache, gate: CreditGate) -> None:
        self.db, self.cache, self._gate = db, cache, gate

    @cached("person", ttl=minutes(10), tags=("person:{}",))
    async def _by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, Person]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Person)
        return {person.id: person for person in rows}

    async def by_ids(self, scope: Scope, ids: Collection[UUID]) -> Mapping[UUID, Person]:
        """The persons among `ids` who took part in something that the viewer may see."""
        if scope.unlimited:
            return await self._by_ids(ids)
        found, seen = await asyncio.gather(self._by_ids(ids), self._gate.credited(scope, ids))
        allowed = set(seen)
        return {i: person for i, person in found.items() if i in allowed}

    async def ensure(self, tx: Tx, portraits: Mapping[str, str | None]) -> dict[str, PersonId]:
        """Persons by name, made where they are new.

        `portraits` maps names to picture addresses; who has none yet is given it.
        """
        by_key: dict[str, tuple[str, str | None]] = {}
        for name, url in portraits.items():
            first, said = by_key.get(person_key(name), (name, None))
            by_key[person_key(name)] = first, said or url
        if not by_key:
            return {}
        await tx.lock(LOCK, shared=True)
        rows = [  # in one order, so that two imports cannot deadlock
            {"id": new_id(), "name": name, "name_key": key, "portrait_url": url}
            for key, (name, url) in sorted(by_key.items())
        ]
        new = insert(people).on_conflict_do_nothing(
            index_elements=["name_key"], index_where=not_(people.c.identified)
        )
        await tx.execute(new, rows)
        found = await tx.execute(
            select(people.c.name_key, people.c.id, people.c.portrait_url).where(
                not_(people.c.identified),
                people.c.name_key == any_(bindparam("keys", type_=ARRAY(Text))),
            ),
            {"keys": list(by_key)},
        )
        known = {row.name_key: row for row in found}
        faceless = [
            {"_id": known[row["name_key"]].id, "_url": row["portrait_url"]}
            for row in rows
            if row["portrait_url"] and known[row["name_key"]].portrait_url is None
        ]
        if faceless:
            await self._portray(tx, faceless)
        return {name: known[person_key(name)].id for name in portraits}

    async def recognise(self, tx: Tx, named: Sequence[NamedPerson]) -> list[PersonId]:
        """Placeholder."""
        ids = await self.ensure(tx, {one.name: one.portrait_url for one in named})
        return [ids[one.name] for one in named]

    async def due(self, now: object, most: int) -> Sequence[PersonId]:
        """Placeholder."""
        return []

    async def delete_unused(
        self, tx: Tx, used: Callable[[ColumnElement[Any]], ColumnElement[bool]], limit: int
    ) -> int:
        """Delete persons who take part in nothing any more; says how many."""
        await tx.lock(LOCK)  # an import may be about to name one
        unused = select(people.c.id).where(not_(used(people.c.id))).limit(limit)
        found = await tx.execute(
            delete(people).where(people.c.id.in_(unused)).returning(people.c.id)
        )
        gone = list(found.scalars())
        tx.touch(*(f"person:{person_id}" for person_id in gone))
        return len(gone)

    async def _portray(self, tx: Tx, faceless: Sequence[Mapping[str, Any]]) -> None:
        lacking = (people.c.id == bindparam("_id", type_=Uuid)) & people.c.portrait_url.is_(None)
        statement = update(people).where(lacking).values(portrait_url=bindparam("_url"))
        await tx.execute(statement, faceless)
        tx.touch(*(f"person:{row['_id']}" for row in faceless))
