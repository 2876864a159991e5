"""Which film or show of a library a name means, and what names add to what is known of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from app.catalog.domain import Details, Naming, TitleSource, differ, merged, same_years
from app.catalog.repository import CatalogRepository, NamedWriting
from app.catalog.service.values import titled
from app.core.clock import Clock
from app.core.ids import new_id
from app.core.tx import Tx
from app.items.domain import Item, ItemId, ItemKind, age_of
from app.items.repository import ItemRepository
from app.libraries.domain import LibraryId


class Named(Struct, kw_only=True):
    """What names and NFO files say of a film or show; `item_id` once it is found or made.

    `key` and `name_year` are what names say of it, `years` every year that is said.
    """

    title: str
    title_from: TitleSource
    key: str
    name_year: int | None
    years: frozenset[int]
    ids: dict[str, str]
    details: Details | None
    item_id: ItemId | None = None

    @property
    def id(self) -> ItemId:
        assert self.item_id is not None, "found or made by now"  # noqa: S101
        return self.item_id

    @property
    def year(self) -> int | None:
        """The year to show."""
        said = self.details.year if self.details is not None else None
        return said or self.name_year

    def may_be(self, other: "Named | Naming") -> bool:
        """Whether what has the same title can be this one, by the years."""
        return same_years((self.name_year, self.years), (other.name_year, other.years))

    def learn(self, other: "Named") -> None:
        """What is said of the other one is said of this; what is surer wins."""
        self.ids = {**other.ids, **self.ids}
        self.years |= other.years
        self.name_year = self.name_year or other.name_year
        if other.details is not None:
            said = [self.details] if self.details is not None else []
            self.details = merged([*said, other.details])
        if self.title_from in other.title_from.weaker:
            self.title, self.title_from = other.title, other.title_from


class Finder:
    """A batch of them at once, of one kind."""

    def __init__(
        self,
        kind: ItemKind,
        content: NamedWriting,
        items: ItemRepository,
        catalog: CatalogRepository,
        clock: Clock,
    ) -> None:
        self._kind, self._content = kind, content
        self._items, self._catalog, self._clock = items, catalog, clock

    async def find(self, tx: Tx, library_id: LibraryId, wanted: Sequence[Named]) -> None:
        """Which of them the library has already: by ids first, then by title."""
        pairs = {pair for c in wanted for pair in c.ids.items()}
        if pairs:
            by_id = await self._catalog.find_by_external_ids(tx, pairs)
            everyone = {i for ids in by_id.values() for i in ids}
            here = await self._items.in_library(tx, library_id, everyone, self._kind)
            for candidate in wanted:
                hits = [i for pair in candidate.ids.items() for i in by_id.get(pair, ())]
                candidate.item_id = next((i for i in hits if i in here), None)
        rest = [c for c in wanted if c.item_id is None]
        if not rest:
            return
        by_title = await self._content.find_by_titles(tx, library_id, {c.key for c in rest})
        everyone = {n.id for namings in by_title.values() for n in namings}
        known = await self._catalog.known_ids(tx, everyone) if everyone else {}
        for candidate in rest:
            alike = [n for n in by_title.get(candidate.key, ()) if candidate.may_be(n)]
            # The year that its own name says is surer than one that was read somewhere.
            alike.sort(key=lambda n: n.name_year != candidate.name_year)
            found = (n.id for n in alike if not differ(known.get(n.id, {}), candidate.ids))
            candidate.item_id = next(found, None)

    async def add(
        self, tx: Tx, library_id: LibraryId, added: Sequence[tuple[Named, Mapping[str, Any]]]
    ) -> None:
        """Make them with these columns."""
        now = self._clock.now()
        items, rows = [], []
        for candidate, values in added:
            item_id = candidate.item_id = ItemId(new_id())
            certification = candidate.details.certification if candidate.details else None
            items.append(
                Item(
                    id=item_id,
                    kind=self._kind,
                    library_id=library_id,
                    certification=certification,
                    age=age_of(certification),
                    added_at=now,
                )
            )
            rows.append({"id": item_id, **values})
        if items:
            await self._items.add(tx, items)
            await self._content.add(tx, rows)
        ids = {c.id: c.ids for c, _ in added if c.ids}
        if ids:
            await self._catalog.add_external_ids(tx, ids)

    async def join(self, tx: Tx, joined: Sequence[Named]) -> None:
        """What the names of later files add to what is known."""
        named = {
            c.id: {
                "year": c.name_year,
                "name_year": c.name_year,
                "title_key": c.key,
                **(titled(c.title) if c.title_from is TitleSource.NAME else {}),
            }
            for c in joined
        }
        await self._content.fill(tx, named, TitleSource.NAME)
        await self._catalog.fill_external_ids(tx, {c.id: c.ids for c in joined})

    async def rename(self, tx: Tx, said: Mapping[ItemId, Sequence[Named]]) -> set[ItemId]:
        """Of those with all their files: who renames them corrects title, year and ids."""
        if not said:
            return set()
        namings = await self._content.namings(tx, list(said))
        renamed = {n.id: said[n.id][0] for n in namings if is_renamed(n, said[n.id])}
        for source in TitleSource:
            rows = {
                i: {
                    **titled(c.title, c.details.sort_title if c.details is not None else None),
                    "title_key": c.key,
                    "name_year": c.name_year,
                    "year": c.year,
                }
                for i, c in renamed.items()
                if c.title_from is source
            }
            await self._content.rename(tx, rows, source)
        known = await self._catalog.known_ids(tx, list(said))
        ids = {
            i: {source: value for c in reversed(of_item) for source, value in c.ids.items()}
            for i, of_item in said.items()
        }
        other = {i: dict(ids[i].items() - known.get(i, {}).items()) for i in ids}
        await self._catalog.add_external_ids(tx, other)
        return {*renamed, *(i for i, values in other.items() if values)}


def is_renamed(naming: Naming, said: Sequence[Named]) -> bool:
    """Whether none of the names says any more what it was called."""
    names = [(c.key, c.name_year) for c in said]
    return (naming.title_key, naming.name_year) not in names
