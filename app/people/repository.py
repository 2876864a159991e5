"""SQL of persons."""

from collections.abc import Collection, Mapping
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import insert

from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.core.ids import new_id
from app.core.tx import Tx
from app.people.domain import Person, PersonId, person_key
from app.people.models import people

BY_IDS = select(people.c.id, people.c.name, people.c.portrait_url).where(
    people.c.id == any_(bindparam("ids", type_=ARRAY(Uuid)))
)


class PersonRepository:
    """Persons."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    @cached("person", ttl=minutes(10), tags=("person:{}",))
    async def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, Person]:
        """Persons. Callers come from a credit of an item that the viewer may see."""
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Person)
        return {person.id: person for person in rows}

    async def ensure(self, tx: Tx, portraits: Mapping[str, str | None]) -> dict[str, PersonId]:
        """Persons by name, made where they are new; `portraits` maps names to picture addresses."""
        by_key = {person_key(name): name for name in portraits}
        rows = [
            {"id": new_id(), "name": name, "name_key": key, "portrait_url": portraits[name]}
            for key, name in sorted(
                by_key.items()
            )  # one order, so that two imports cannot deadlock
        ]
        if not rows:
            return {}
        await tx.execute(insert(people).on_conflict_do_nothing(index_elements=["name_key"]), rows)
        found = await tx.execute(
            select(people.c.name_key, people.c.id).where(
                people.c.name_key == any_(bindparam("keys", type_=ARRAY(Text)))
            ),
            {"keys": list(by_key)},
        )
        ids = {row.name_key: row.id for row in found}
        return {name: ids[person_key(name)] for name in portraits}
