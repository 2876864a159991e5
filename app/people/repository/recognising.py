"""Persons out of what credits say: found again, or made."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, not_, select, text, update
from sqlalchemy.dialects.postgresql import insert

from app.core.clock import Clock
from app.core.ids import new_id
from app.core.tx import Tx
from app.people.domain import (
    Known,
    NamedPerson,
    Pair,
    PersonId,
    Recognition,
    pairs_of,
    person_key,
    recognise,
)
from app.people.jobs import MergeTwins
from app.people.models import people, person_ids

# Who refers to persons shares it until the commit; who deletes some has it alone.
LOCK: Final = "people"
# Who makes persons with ids, or gives them ids, has it alone; always taken after the other one.
NEW_LOCK: Final = "people.new"
LISTED: Final = "people"  # the tag of lists of persons
KEYS: Final = bindparam("keys", type_=ARRAY(Text))
# Everybody whom an id or a name may mean: of names with ids only who has no id yet.
KNOWN: Final = text("""
with found as (
  select i.person_id as id
    from unnest(cast(:sources as text[]), cast(:values as text[])) as w(source, value)
    join person_ids i on i.source = w.source and i.value = w.value
   union
  select p.id from people p where p.name_key = any(cast(:keys as text[]))
     and (not p.identified or p.name_key = any(cast(:bare as text[])))
)
select p.id, p.name_key, p.identified, p.portrait_url, p.locks <> '{}' as edited,
       array_agg(i.source) as own_sources, array_agg(i.value) as own_values
  from found join people p on p.id = found.id
  left join person_ids i on i.person_id = p.id
 group by p.id order by p.id
""")
NAMED: Final = select(
    people.c.name_key, people.c.id, people.c.identified, people.c.portrait_url
).where(people.c.name_key == any_(KEYS))
ADD: Final = insert(people).on_conflict_do_nothing(
    index_elements=["name_key"], index_where=not_(people.c.identified)
)
_OWN: Final = people.c.id == bindparam("_id", type_=Uuid)
PORTRAY: Final = (
    update(people)
    .where(_OWN, people.c.portrait_url.is_(None))
    .values(portrait_url=bindparam("_url"))
)
IDENTIFY: Final = (
    update(people)
    .where(_OWN)
    .values(identified=True, due_at=bindparam("_now", type_=people.c.due_at.type))
)


class PersonRecognising:
    """A part of `PersonRepository`."""

    clock: Clock

    async def recognise(self, tx: Tx, named: Sequence[NamedPerson]) -> list[PersonId]:
        """Who these persons are, in their order: found by an id, else by a name that nobody has an
        id for, else made.

        Their ids are theirs from now on. Those of whom an id is new are due to be asked for at
        providers. Two who turn out to be one are merged later, by a job, unless one was edited.
        A fixed number of statements; whoever names somebody new has that alone until the commit.
        """
        if not named:
            return []
        await tx.lock(LOCK, shared=True)
        found = await _known(tx, named)
        if found.news:
            await tx.lock(NEW_LOCK)
            found = await _known(tx, named)  # another one may have made them meanwhile
        for kept, gone in found.twins:
            tx.enqueue(MergeTwins(kept, gone))
        if not found.news:
            return found.ids
        others = await self._make(tx, found)
        await self._tell(tx, found)
        await add_ids(tx, {pair: others.get(i, i) for pair, i in found.added.items()})
        return [others.get(i, i) for i in found.ids]

    async def _make(self, tx: Tx, found: Recognition) -> dict[PersonId, PersonId]:
        """Add who is new; answers who was added by name alone in this very moment by another."""
        if not found.made:
            return {}
        now = self.clock.now()
        rows = [
            {
                "id": person_id,
                "name": name,
                "name_key": made.name_key,
                "portrait_url": made.portrait_url,
                "identified": made.identified,
                "due_at": now if made.identified else None,
            }
            for person_id, (name, made) in found.made.items()
        ]
        await tx.execute(ADD, sorted(rows, key=_by_key))
        tx.touch(LISTED)
        bare = {one.name_key: one.id for _, one in found.made.values() if not one.identified}
        if not bare:
            return {}
        there = await tx.execute(NAMED.where(not_(people.c.identified)), {"keys": list(bare)})
        return {bare[row.name_key]: row.id for row in there}

    async def _tell(self, tx: Tx, found: Recognition) -> None:
        if found.identified:
            now = self.clock.now()
            rows = [{"_id": i, "_now": now} for i in sorted(found.identified)]
            await tx.execute(IDENTIFY, rows)
        if found.portraits:
            rows = [{"_id": i, "_url": url} for i, url in sorted(found.portraits.items())]
            await tx.execute(PORTRAY, rows)
        tx.touch(*(f"person:{i}" for i in {*found.portraits, *found.added.values()}))

    async def ensure(self, tx: Tx, portraits: Mapping[str, str | None]) -> dict[str, PersonId]:
        """Persons by name: who is known by that name alone, else the only one who has it, else
        somebody new.

        `portraits` maps names to picture addresses; who has none yet is given it.
        """
        by_key: dict[str, tuple[str, str | None]] = {}
        for name, url in portraits.items():
            first, said = by_key.get(person_key(name), (name, None))
            by_key[person_key(name)] = first, said or url
        if not by_key:
            return {}
        await tx.lock(LOCK, shared=True)
        known = await _by_name(tx, by_key)
        rows = [  # in one order, so that two imports cannot deadlock
            {"id": new_id(), "name": name, "name_key": key, "portrait_url": url}
            for key, (name, url) in sorted(by_key.items())
            if key not in known
        ]
        if rows:
            await tx.execute(ADD, rows)
            tx.touch(LISTED)
            known |= await _by_name(tx, [str(row["name_key"]) for row in rows])
        faceless = [
            {"_id": known[key].id, "_url": url}
            for key, (_, url) in by_key.items()
            if url and known[key].portrait_url is None
        ]
        if faceless:
            await tx.execute(PORTRAY, sorted(faceless, key=_by_id))
            tx.touch(*(f"person:{row['_id']}" for row in faceless))
        return {name: known[person_key(name)].id for name in portraits}


async def add_ids(tx: Tx, added: Mapping[Pair, PersonId]) -> None:
    """Give persons ids that nobody has yet."""
    rows = [{"source": s, "value": v, "person_id": i} for (s, v), i in sorted(added.items())]
    if rows:
        await tx.execute(insert(person_ids).on_conflict_do_nothing(), rows)


async def known_by(tx: Tx, pairs: Iterable[Pair], named: Sequence[NamedPerson] = ()) -> list[Known]:
    """Everybody who has one of these ids, or may be meant by a name."""
    pairs = sorted(set(pairs))
    rows = await tx.execute(
        KNOWN,
        {
            "sources": [source for source, _ in pairs],
            "values": [value for _, value in pairs],
            "keys": sorted({person_key(one.name) for one in named}),
            "bare": sorted({person_key(one.name) for one in named if not one.ids}),
        },
    )
    return [
        Known(
            id=row.id,
            name_key=row.name_key,
            identified=row.identified,
            portrait_url=row.portrait_url,
            edited=row.edited,
            ids=_pairs(row.own_sources, row.own_values),
        )
        for row in rows
    ]


def _pairs(sources: Sequence[str | None], values: Sequence[str | None]) -> set[Pair]:
    return {(s, v) for s, v in zip(sources, values, strict=True) if s is not None and v is not None}


async def _known(tx: Tx, named: Sequence[NamedPerson]) -> Recognition:
    pairs = (pair for one in named for pair in pairs_of(one))
    return recognise(named, await known_by(tx, pairs, named))


async def _by_name(tx: Tx, keys: Iterable[str]) -> dict[str, Any]:
    """Who is meant by a name alone, by key: nobody where several have it, each with an id."""
    alike: dict[str, list[Any]] = {}
    for row in await tx.execute(NAMED, {"keys": list(keys)}):
        alike.setdefault(row.name_key, []).append(row)
    found = {}
    for key, rows in alike.items():
        free = [row for row in rows if not row.identified]
        if free or len(rows) == 1:
            found[key] = (free or rows)[0]
    return found


def _by_key(row: Mapping[str, Any]) -> str:
    return str(row["name_key"])


def _by_id(row: Mapping[str, Any]) -> Any:
    return row["_id"]
