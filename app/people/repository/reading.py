"""Persons, read."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Collection, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from app.core.access import Scope
from app.core.asked import asked
from app.core.cache import Cache, cached, cached_list
from app.core.clock import Clock, minutes
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.people.domain import (
    Biography,
    Pair,
    Person,
    PersonId,
    PersonQuery,
    PersonReferences,
    PersonSort,
    SearchedPerson,
)
from app.people.models import people, person_ids
from app.people.repository.recognising import PersonRecognising
from app.people.repository.writing import PersonWriting

T = TypeVar("T")
IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
BY_IDS: Final = select(*(people.c[name] for name in Person.__struct_fields__)).where(
    people.c.id == any_(IDS)
)
BIOGRAPHIES: Final = select(people.c.id, people.c.biography, people.c.texts).where(
    people.c.id == any_(IDS)
)
ELSEWHERE: Final = (
    select(person_ids.c.person_id, person_ids.c.source, person_ids.c.value)
    .where(person_ids.c.person_id == any_(IDS))
    .order_by(person_ids.c.person_id, person_ids.c.source, person_ids.c.value)
)
MOST_NAMES: Final = 50
LONGEST_NAME: Final = 300  # characters
_named: Final = (
    func.unnest(people.c.also_known_as)
    .table_valued("name", with_ordinality="place")
    .render_derived("named")
)
_names: Final = (
    select(func.left(_named.c.name, LONGEST_NAME))
    .select_from(_named)
    .order_by(_named.c.place)
    .limit(MOST_NAMES)
    .correlate(people)
)
SEARCHED: Final = select(
    people.c.id,
    func.left(people.c.name, LONGEST_NAME).label("name"),
    func.array(_names.scalar_subquery(), type_=ARRAY(Text)).label("also_known_as"),
    func.left(people.c.birth_place, LONGEST_NAME).label("birth_place"),
    people.c.birth_date,
    people.c.department,
    people.c.popularity,
).where(people.c.id == any_(IDS))
AFTER: Final = (
    select(people.c.id)
    .where(people.c.id > bindparam("after", type_=Uuid))
    .order_by(people.c.id)
    .limit(bindparam("most", type_=Integer))
)
ORDERS: Final[Mapping[PersonSort, tuple[Order, ...]]] = {
    PersonSort.NAME: (Order(people.c.name_key), Order(people.c.id)),
    PersonSort.POPULARITY: (
        Order(people.c.popularity, descending=True, nullable=True),
        Order(people.c.name_key),
        Order(people.c.id),
    ),
}


class CreditGate(Protocol):
    """Who knows in what persons took part: a person has neither library nor age rating."""

    async def credited(self, scope: Scope, ids: Collection[UUID]) -> Collection[UUID]:
        """Those among `ids` who took part in something that the viewer may see."""
        ...

    def took_part(self, scope: Scope, person_column: ColumnElement[Any]) -> ColumnElement[bool]:
        """Rows whose person took part in something that the viewer may see."""
        ...


class PersonRepository(PersonRecognising, PersonWriting):
    """Persons. To who may see nothing that they took part in they are not there."""

    def __init__(
        self,
        db: Database,
        cache: Cache,
        clock: Clock,
        gate: CreditGate,
        references: Sequence[PersonReferences],
    ) -> None:
        self.db, self.cache, self.clock = db, cache, clock
        self._gate, self.references = gate, references

    async def by_ids(self, scope: Scope, ids: Collection[PersonId]) -> Mapping[PersonId, Person]:
        """The persons among `ids` who took part in something that the viewer may see."""
        return await self._seen(scope, ids, self._by_ids(ids))

    async def biographies(
        self, scope: Scope, ids: Collection[PersonId]
    ) -> Mapping[PersonId, Biography]:
        """What is told of them."""
        return await self._seen(scope, ids, self._biographies(ids))

    async def external_ids(
        self, scope: Scope, ids: Collection[PersonId]
    ) -> Mapping[PersonId, tuple[Pair, ...]]:
        """Their ids elsewhere, by source."""
        return await self._seen(scope, ids, self._external_ids(ids))

    async def _seen(
        self, scope: Scope, ids: Collection[PersonId], read: Awaitable[Mapping[PersonId, T]]
    ) -> Mapping[PersonId, T]:
        if scope.unlimited:
            return await read
        found, seen = await asyncio.gather(read, self._gate.credited(scope, ids))
        allowed = set(seen)
        return {i: one for i, one in found.items() if i in allowed}

    @cached("person", ttl=minutes(10), tags=("person:{}",))
    async def _by_ids(self, ids: Collection[PersonId]) -> Mapping[PersonId, Person]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Person)
        return {person.id: person for person in rows}

    @cached("person.biography", ttl=minutes(10), tags=("person:{}",))
    async def _biographies(self, ids: Collection[PersonId]) -> Mapping[PersonId, Biography]:
        rows = await self.db.records(BIOGRAPHIES, {"ids": list(ids)})
        return {
            row["id"]: Biography(
                own=row["biography"],
                by_language={tag: said["biography"] for tag, said in row["texts"].items()},
            )
            for row in rows
        }

    async def searched(self, ids: Collection[UUID]) -> list[SearchedPerson]:
        """Those among `ids` that are there, by what search finds them; past the cache."""
        return await self.db.fetch(SEARCHED, {"ids": list(ids)}, into=SearchedPerson)

    async def ids_after(self, after: UUID, most: int) -> list[UUID]:
        """The ids of all persons in order, from the next one on."""
        return await self.db.column(AFTER, {"after": after, "most": most})

    @cached("person.external_ids", ttl=minutes(10), tags=("person:{}",))
    async def _external_ids(self, ids: Collection[PersonId]) -> Mapping[PersonId, tuple[Pair, ...]]:
        found: dict[PersonId, list[Pair]] = defaultdict(list)
        for row in await self.db.records(ELSEWHERE, {"ids": list(ids)}):
            found[row["person_id"]].append((row["source"], row["value"]))
        return {person_id: tuple(pairs) for person_id, pairs in found.items()}

    @cached_list("people", ttl=minutes(1), tags=("items", "people"))
    async def page(self, scope: Scope, query: PersonQuery, page: Keyset) -> Page[UUID]:
        """One page of those who took part in something that the viewer may see."""
        listed = asked(self._listed, scope, query.sort, _beginning(query.words))
        return await self.db.page(listed, f"people.{query.sort}", page)

    @cached_list("people.count", ttl=minutes(1), tags=("items", "people"))
    async def count(self, scope: Scope, query: PersonQuery) -> int:
        """How many there are in all."""
        return int(await self.db.scalar(asked(self._counted, scope, _beginning(query.words))))

    def _listed(self, scope: Scope, sort: PersonSort, words: str) -> Sorted:
        return Sorted(self._matching(people.c.id, scope, words), ORDERS[sort])

    def _counted(self, scope: Scope, words: str) -> Select[Any]:
        return self._matching(func.count(), scope, words)

    def _matching(self, what: Any, scope: Scope, words: str) -> Select[Any]:
        statement = select(what).select_from(people)
        if words:
            statement = statement.where(people.c.words.op("@@")(cast(cast(words, Text), TSQUERY)))
        return statement.where(self._gate.took_part(scope, people.c.id))


def _beginning(words: Collection[str]) -> str:
    """The tsquery of names with words that begin with all of these; "" for any."""
    return " & ".join(f"'{word}':*" for word in words)
