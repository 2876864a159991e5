"""SQL of shows."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from msgspec.structs import replace
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    exists,
    false,
    func,
    not_,
    or_,
    select,
    true,
)

from app.catalog.domain import Likeness
from app.catalog.repository import (
    counted_of,
    fetch_spoken,
    first_words,
    in_networks,
    likely,
    matching,
    order_of,
    searched_by_ids,
    spoken_by_ids,
)
from app.core.access import Scope, within
from app.core.asked import asked
from app.core.cache import Cache, cached, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.page import Keyset, Page, Sorted
from app.items.domain import Held, ItemId, ItemKind, admitted
from app.items.repository import content_by_ids, held, held_by_item, offered_to, visible_items
from app.libraries.domain import LibraryId
from app.libraries.repository import HIDDEN
from app.shows.domain import (
    SPECIALS,
    GuideEntry,
    SearchedShow,
    Show,
    ShowId,
    ShowQuery,
    ShowSort,
    ShowTitles,
)
from app.shows.models import episodes, show_guide, shows
from app.shows.repository.writing import ShowWriting
from app.watch.repository import watched_by

KINDS = (ItemKind.SHOW,)
BY_IDS = content_by_ids(shows, ItemKind.SHOW, Show)
GUIDES = held(
    select(
        show_guide.c.show_id.label("item_id"),
        *(show_guide.c[name] for name in GuideEntry.__struct_fields__),
    ).where(show_guide.c.show_id == any_(bindparam("ids", type_=ARRAY(Uuid)))),
    show_guide.c.show_id,
).order_by(show_guide.c.show_id, show_guide.c.season, show_guide.c.number)
SPOKEN = spoken_by_ids(shows, ItemKind.SHOW, Show)
SEARCHED = searched_by_ids(shows, ItemKind.SHOW, SearchedShow)
TITLES = searched_by_ids(shows, ItemKind.SHOW, ShowTitles)


class ShowRepository(ShowWriting):
    """Shows."""

    def __init__(self, db: Database, cache: Cache) -> None:
        super().__init__(shows, ItemKind.SHOW)
        self.db, self.cache = db, cache

    async def alike(self, library_id: LibraryId, keys: Collection[str]) -> list[Likeness]:
        """Shows of a library whose titles begin with the first words of these keys."""
        statement = likely(shows, ItemKind.SHOW, library_id)
        return await self.db.fetch(statement, {"firsts": first_words(keys)}, into=Likeness)

    @cached("show", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _by_ids(self, ids: Collection[ShowId]) -> Mapping[ShowId, Show]:
        rows = await self.db.fetch(BY_IDS, {"ids": list(ids)}, into=Show)
        return {show.id: show for show in rows}

    @cached("show.spoken", ttl=minutes(5), tags=("item:{}", HIDDEN))
    async def _spoken_by_ids(self, ids: Collection[ShowId], language: str) -> Mapping[ShowId, Show]:
        found = await fetch_spoken(self.db, SPOKEN, ids, Show, language)
        return {show.id: show for show in found}

    async def by_ids(
        self, scope: Scope, ids: Collection[ShowId], language: str = ""
    ) -> Mapping[ShowId, Show]:
        """The shows among `ids` that the viewer may see, in a language or as they are."""
        spoken = self._spoken_by_ids
        found = await (spoken(ids, language) if language else self._by_ids(ids))
        return {i: s for i, s in found.items() if scope.admits(s.library_id, s.age)}

    async def searched(self, ids: Collection[UUID]) -> list[SearchedShow]:
        """Those among `ids` that are there, by what search finds them; past the cache."""
        return await self.db.fetch(SEARCHED, {"ids": list(ids)}, into=SearchedShow)

    async def titles(self, ids: Collection[ShowId]) -> Mapping[ShowId, ShowTitles]:
        """What these shows are called; past the cache."""
        found = await self.db.fetch(TITLES, {"ids": list(ids)}, into=ShowTitles)
        return {ShowId(show.id): show for show in found}

    @cached("show.guide", ttl=minutes(10), tags=("item:{}", HIDDEN))
    async def _guides(
        self, ids: Collection[ItemId]
    ) -> Mapping[ItemId, Held[tuple[GuideEntry, ...]]]:
        return held_by_item(await self.db.records(GUIDES, {"ids": list(ids)}), GuideEntry)

    async def guides(
        self, scope: Scope, ids: Collection[ItemId]
    ) -> Mapping[ItemId, tuple[GuideEntry, ...]]:
        """What is known and not here of shows that the viewer may see, by season and number."""
        return admitted(scope, await self._guides(ids))

    @cached_list("shows", ttl=minutes(1), tags=("items", "watch:{query.watcher}"))
    async def page(self, scope: Scope, query: ShowQuery, page: Keyset) -> Page[UUID]:
        """One page of shows."""
        listed = asked(_listed, within(scope, query.libraries), query)
        return await self.db.page(listed, query.sort_key, page)

    @cached_list("shows.count", ttl=minutes(1), tags=("items", "watch:{query.watcher}"))
    async def count(self, scope: Scope, query: ShowQuery) -> int:
        """How many shows there are in all."""
        if query.watched is False and query.watcher is not None:  # few are, and soon counted
            whoever = replace(query, watched=None, watcher=None, today=None)
            watched = replace(query, watched=True)
            return await self.count(scope, whoever) - await self.count(scope, watched)
        seen = within(scope, query.libraries)
        if query.narrowed:
            return int(await self.db.scalar(asked(_counted, seen, query)))
        # Every item of this kind is a show.
        return int(await self.db.scalar(asked(counted_of, seen, query, ItemKind.SHOW)))


def _listed(scope: Scope, query: ShowQuery) -> Sorted:
    statement, item = _matching(scope, query, shows.c.id)
    sort = "latest_at" if query.sort is ShowSort.LATEST else query.sort.value
    return Sorted(statement, order_of(query, sort, shows, item))


def _counted(scope: Scope, query: ShowQuery) -> Select[Any]:
    return _matching(scope, query, func.count())[0]


def _matching(
    scope: Scope, query: ShowQuery, what: ColumnElement[Any]
) -> tuple[Select[Any], FromClause]:
    item = visible_items(scope, kinds=KINDS)
    conditions = matching(query, shows, item)
    if query.networks:
        conditions.append(in_networks(query.networks, shows.c.id))
    if query.statuses:
        wanted = bindparam(None, [s.value for s in query.statuses], type_=ARRAY(Text), unique=True)
        conditions.append(shows.c.status == any_(wanted))
    if query.watched is not None and query.watcher is not None and query.today is not None:
        seen = _seen_by(query.watcher, scope, query.today, seen=query.watched)
        conditions.append(seen)
    statement = (
        select(what).select_from(shows).join(item, item.c.id == shows.c.id).where(*conditions)
    )
    return statement, item


def _seen_by(user_id: UUID, scope: Scope, today: date, *, seen: bool) -> ColumnElement[bool]:
    """Shows of which this user has watched, to the end, all that has aired and can be played; or,
    not `seen`, all others.
    """
    due = (
        episodes.c.show_id == shows.c.id,
        episodes.c.season > SPECIALS,
        or_(episodes.c.release_date.is_(None), episodes.c.release_date <= today),
        offered_to(scope, episodes.c.id),
    )
    watched = watched_by(user_id, episodes.c.id)
    left = _first(*due, not_(watched))
    if seen:  # of the few that were begun: the planner starts from what was watched
        return and_(exists().where(*due, watched), not_(left))
    return or_(left, not_(_first(*due)))


def _first(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    """Whether there is such an episode, looked for show by show: a value, not `exists`, of which
    the planner would make a join of all episodes there are.
    """
    found = select(true()).select_from(episodes).where(*conditions).limit(1).correlate(shows)
    return func.coalesce(found.scalar_subquery(), false())
