"""Persons, changed: by providers, by hand, and when several turn out to be one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    not_,
    select,
    update,
)

from app.core.clock import Clock
from app.core.tx import Tx
from app.people.domain import (
    PersonDetails,
    PersonEdit,
    PersonField,
    PersonId,
    PersonNameTaken,
    PersonReferences,
    check_life,
    differ,
    person_key,
)
from app.people.jobs import MergeTwins
from app.people.models import people, person_ids
from app.people.repository.recognising import LISTED, LOCK, NEW_LOCK, add_ids, known_by

IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
SAID: Final = (*PersonField, "popularity")
# What somebody who is kept has from those who are not, where there is nothing yet.
TAKEN: Final = (
    "portrait_url",
    "biography",
    "texts",
    "birth_date",
    "death_date",
    "birth_place",
    "department",
    "homepage",
    "also_known_as",
    "popularity",
)


class PersonWriting:
    """A part of `PersonRepository`."""

    clock: Clock
    references: Sequence[PersonReferences]

    async def take_due(self, tx: Tx, now: datetime, until: datetime, limit: int) -> list[PersonId]:
        """Who is due to be asked for at providers; they are nobody else's until then."""
        due = (
            select(people.c.id)
            .where(people.c.due_at <= now)
            .order_by(people.c.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        taken = update(people).where(people.c.id.in_(due)).values(due_at=until)
        return [PersonId(i) for i in (await tx.execute(taken.returning(people.c.id))).scalars()]

    async def describe(
        self, tx: Tx, person_id: PersonId, details: PersonDetails, due_at: datetime
    ) -> bool:
        """Keep what providers say of a person, but for locked fields, and when to ask again; says
        whether anything is different now.
        """
        await tx.lock(LOCK, shared=True)
        if details.ids:
            await tx.lock(NEW_LOCK)
        held = await _held(tx, [person_id])
        if not held:
            return False
        values = _news(held[0], details)
        await _add_ids(tx, held[0], details.ids)
        asked = {"problem": None, "failures": 0, "refreshed_at": self.clock.now(), "due_at": due_at}
        await _change(tx, person_id, values | asked)
        _touch(tx, person_id, values)
        return bool(values)

    async def mark_failed(
        self, tx: Tx, person_id: PersonId, problem: str, again_at: datetime | None
    ) -> None:
        """Nothing could be found out about a person, and when to ask again."""
        failures = people.c.failures + 1
        await _change(tx, person_id, {"problem": problem, "failures": failures, "due_at": again_at})

    async def edit(self, tx: Tx, person_id: PersonId, edit: PersonEdit) -> list[str] | None:
        """Change a person by hand and lock what was changed; answers the names of the columns that
        are different now, None where there is no such person. Raises Invalid or PersonNameTaken.
        """
        await tx.lock(LOCK, shared=True)
        held = await _held(tx, [person_id])
        if not held:
            return None
        old, wanted = held[0], {name.value: value for name, value in edit.values.items()}
        check_life(
            wanted.get("birth_date", old["birth_date"]), wanted.get("death_date", old["death_date"])
        )
        locks = set(old["locks"]) if edit.locked is None else {f.value for f in edit.locked}
        wanted["locks"] = sorted(locks | set(wanted))
        values = {name: value for name, value in wanted.items() if value != old[name]}
        if "name" in values:
            values["name_key"] = await _free_key(tx, old, values["name"])
        if "biography" in wanted and old["texts"]:
            values["texts"] = {}  # what is said by hand is said in every language
        if values:
            await _change(tx, person_id, values)
            _touch(tx, person_id, values)
        return sorted(values.keys() - {"name_key", "texts"} | ({"biography"} & wanted.keys()))

    async def merge(self, tx: Tx, kept: PersonId, gone: Collection[PersonId]) -> bool:
        """Make several persons one, with all that they have; says whether there are all of them.

        What somebody kept lacks is taken from the others, with its lock.
        """
        await tx.lock(LOCK)
        others = sorted(set(gone) - {kept})
        rows = {row["id"]: row for row in await _held(tx, [kept, *others])}
        if len(rows) != len(others) + 1:
            return False
        for reference in self.references:
            await reference.move_person(tx, others, kept)
        given = {"ids": others}
        owned = person_ids.c.person_id == any_(IDS)
        await tx.execute(update(person_ids).where(owned).values(person_id=kept), given)
        await tx.execute(delete(people).where(people.c.id == any_(IDS)), given)
        values = _united(rows[kept], [rows[i] for i in others])
        if values.get("identified"):
            values["due_at"] = self.clock.now()
        if values:
            await _change(tx, kept, values)
        tx.touch(LISTED, *(f"person:{i}" for i in (kept, *others)))
        return True

    async def merge_twins(self, tx: Tx, kept: PersonId, gone: PersonId) -> bool:
        """Make one of two persons whom an id elsewhere says to be one, unless somebody has edited
        one of them, or a source knows both by different ids; says whether.
        """
        await tx.lock(LOCK)
        rows = await _held(tx, [kept, gone])
        ids = await tx.execute(
            select(person_ids).where(person_ids.c.person_id == any_(IDS)), {"ids": [kept, gone]}
        )
        pairs: dict[Any, set[tuple[str, str]]] = {kept: set(), gone: set()}
        for row in ids:
            pairs[row.person_id].add((row.source, row.value))
        if any(row["locks"] for row in rows) or differ(pairs[kept], pairs[gone]):
            return False
        return await self.merge(tx, kept, [gone])

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
        tx.touch(LISTED, *(f"person:{person_id}" for person_id in gone))
        return len(gone)


async def _held(tx: Tx, ids: Collection[PersonId]) -> list[dict[str, Any]]:
    """The rows of these, which nobody else changes until the commit."""
    wanted = select(people).where(people.c.id == any_(IDS)).order_by(people.c.id)
    rows = await tx.execute(wanted.with_for_update(), {"ids": list(ids)})
    return [dict(row) for row in rows.mappings()]


async def _add_ids(tx: Tx, held: Mapping[str, Any], ids: Mapping[str, str]) -> None:
    """Give a person ids; whoever has one of them already may be the same."""
    person_id, pairs = held["id"], set(ids.items())
    if not pairs:
        return
    known = {one.id: one for one in await known_by(tx, pairs)}
    own = known.pop(person_id, None)
    for other in known.values():
        apart = own is not None and differ(own.ids, other.ids)
        if not (held["locks"] or other.edited or apart):
            tx.enqueue(MergeTwins(person_id, other.id))
    new = pairs.difference(*(one.ids for one in (own, *known.values()) if one is not None))
    if new:
        await add_ids(tx, dict.fromkeys(new, person_id))
        tx.touch(f"person:{person_id}")


async def _change(tx: Tx, person_id: PersonId, values: Mapping[str, Any]) -> None:
    await tx.execute(update(people).where(people.c.id == person_id).values(**values))


def _touch(tx: Tx, person_id: PersonId, values: Mapping[str, Any]) -> None:
    if values:
        tx.touch(f"person:{person_id}")
    if "name" in values:  # what names them has to be found by it
        tx.touch(f"called:{person_id}")
    if values.keys() & {"name", "popularity"}:
        tx.touch(LISTED)


def _news(old: Mapping[str, Any], details: PersonDetails) -> dict[str, Any]:
    """What is said that is not there yet, and not locked."""
    said = {name: getattr(details, name) for name in SAID if name not in old["locks"]}
    said["also_known_as"] = list(said.get("also_known_as", ()))
    values = {name: value for name, value in said.items() if value and value != old[name]}
    if details.biographies and PersonField.BIOGRAPHY not in old["locks"]:
        told = {tag: {"biography": text} for tag, text in details.biographies.items()}
        if (texts := {**old["texts"], **told}) != old["texts"]:
            values["texts"] = texts
    if details.portrait_url and old["portrait_url"] is None:
        values["portrait_url"] = details.portrait_url
    if details.ids and not old["identified"]:
        values["identified"] = True
    if "name" in values:
        if old["identified"] or details.ids:
            values["name_key"] = person_key(values["name"])
        else:
            del values["name"]  # by which alone they are known
    return values


def _united(kept: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What somebody gets from those who are no more."""
    values: dict[str, Any] = {}
    locks = set(kept["locks"])
    for other in others:
        for name in TAKEN:
            if other[name] and not kept[name] and name not in locks and name not in values:
                values[name] = other[name]
                locks |= {name} & set(other["locks"])
    if locks != set(kept["locks"]):
        values["locks"] = sorted(locks)
    if not kept["identified"] and any(other["identified"] for other in others):
        values["identified"] = True
    return values


async def _free_key(tx: Tx, old: Mapping[str, Any], name: str) -> str:
    """The key of another name. Raises PersonNameTaken."""
    key = person_key(name)
    if not old["identified"] and key != old["name_key"]:
        same = exists().where(people.c.name_key == key, not_(people.c.identified))
        if (await tx.execute(select(same))).scalar():
            raise PersonNameTaken(name)
    return key
