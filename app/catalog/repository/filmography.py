"""What persons did, across everything a viewer may see."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final, Protocol

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Uuid,
    bindparam,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by

from app.catalog.domain import CreditKind, PersonCredit
from app.catalog.models import credits as item_credits
from app.core.access import Scope
from app.core.asked import asked
from app.core.cache import Cache, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.items.domain import ItemId, ItemKind
from app.items.repository import root_of, visible_items
from app.people.domain import PersonId

IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
MOST: Final = bindparam("most", type_=Integer)


class Released(Protocol):
    """What knows when content of some kind was released, for lists of any kind to be ordered by."""

    def released(self, item_column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The day of this row's item; null where nobody knows it, and for other kinds."""
        ...


class CreditRepository:
    """Credits by person."""

    def __init__(self, db: Database, cache: Cache, kinds: Sequence[Released]) -> None:
        self.db, self.cache, self._kinds = db, cache, kinds

    async def of_persons(
        self, scope: Scope, ids: Collection[PersonId], first: int
    ) -> Mapping[PersonId, tuple[PersonCredit, ...]]:
        """What these persons did, the newest release first.

        What they did for episodes and seasons of a show stands there as one line.
        """
        return await self._of_persons(scope, tuple(sorted(ids)), first)

    @cached_list("people.filmography", ttl=minutes(5), tags=("items",))
    async def _of_persons(
        self, scope: Scope, ids: tuple[PersonId, ...], first: int
    ) -> dict[PersonId, tuple[PersonCredit, ...]]:
        found: dict[PersonId, list[PersonCredit]] = defaultdict(list)
        given = {"ids": list(ids), "most": first}
        for row in await self.db.records(asked(self._lines, scope), given):
            line = PersonCredit(
                item=(ItemKind(row["item_kind"]), ItemId(row["item_id"])),
                kind=CreditKind(row["kind"]),
                job=row["job"],
                character=row["character"],
                department=row["department"],
                episodes=row["episodes"] or None,
            )
            found[row["id"]].append(line)
        return {person_id: tuple(lines) for person_id, lines in found.items()}

    def _lines(self, scope: Scope) -> Select[Any]:
        person = select(func.unnest(IDS).label("id")).subquery("person")
        line = _grouped(scope, person).lateral("line")
        day = func.coalesce(*(kind.released(line.c.item_id) for kind in self._kinds))
        newest = (
            select(line, day.label("day"))
            .order_by(day.desc().nulls_last(), line.c.item_id.desc(), line.c.kind, line.c.job)
            .limit(MOST)
            .lateral("newest")
        )
        return (
            select(person.c.id, newest)
            .join(newest, literal(value=True))
            .order_by(
                person.c.id,
                newest.c.day.desc().nulls_last(),
                newest.c.item_id.desc(),
                newest.c.kind,
                newest.c.job,
            )
        )


def _grouped(scope: Scope, person: FromClause) -> Select[Any]:
    """One row for each film or show of a person, kind of credit and job."""
    own, root = visible_items(scope), visible_items(scope)
    part = item_credits.c
    whole = part.item_id == root.c.id
    named = func.string_agg(part.character, aggregate_order_by(literal(" / "), part.position))
    usual = func.mode().within_group(part.character)
    episodes = func.count(part.item_id.distinct()).filter(own.c.kind == ItemKind.EPISODE.value)
    return (
        select(
            root.c.id.label("item_id"),
            root.c.kind.label("item_kind"),
            part.kind,
            part.job,
            func.coalesce(named.filter(whole), usual).label("character"),
            func.max(part.department).label("department"),
            episodes.label("episodes"),
        )
        .select_from(item_credits)
        .join(own, own.c.id == part.item_id)
        .join(root, root.c.id == root_of(part.item_id))
        .where(part.person_id == person.c.id)
        .group_by(root.c.id, root.c.kind, part.kind, part.job)
        .correlate(person)
    )
