"""Genres and networks: what many items share under a name. They differ by their tables."""

from collections.abc import Collection as Ids
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    delete,
    exists,
    func,
    literal,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from app.catalog.domain import Genre, GenreId, Label, Labels, Network, NetworkId, slug
from app.catalog.domain.genres import GENRES, genre_slug
from app.catalog.domain.said import Studio
from app.catalog.models import (
    genres,
    item_genres,
    item_keywords,
    item_networks,
    item_studios,
    keywords,
    networks,
    studios,
)
from app.catalog.repository.speaking import named_in
from app.core.access import Scope
from app.core.asked import asked
from app.core.cache import Cache, cached, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.ids import new_id
from app.core.page import Keyset, Order, Page, Sorted
from app.core.rows import Record, structs_of
from app.core.tx import Tx
from app.items.domain import Held, ItemId, ItemKind, admitted
from app.items.repository import held, offered_to, visible_to
from app.libraries.domain import LibraryId
from app.libraries.repository import HIDDEN

IDS = bindparam("ids", type_=ARRAY(Uuid))
ORGANISATIONS: Final = "organisations"  # the tag under which studios are kept with their items


class Tables(Struct, frozen=True):
    """Where a kind of label stands: itself, what has it, and the lock of who makes or deletes."""

    own: Table
    links: Table
    column: ColumnElement[Any]
    lock: str

    def of_item(self, item_seen: ColumnElement[bool]) -> ColumnElement[bool]:
        """Rows of `own` that an item of this condition has."""
        return exists().where(self.column == self.own.c.id, item_seen)


TABLES: Final[Mapping[Label, Tables]] = {
    Label.GENRE: Tables(genres, item_genres, item_genres.c.genre_id, "catalog.genres"),
    Label.NETWORK: Tables(networks, item_networks, item_networks.c.network_id, "catalog.networks"),
    Label.KEYWORD: Tables(keywords, item_keywords, item_keywords.c.keyword_id, "catalog.keywords"),
    Label.STUDIO: Tables(studios, item_studios, item_studios.c.studio_id, "catalog.studios"),
}


def _linked(label: Label) -> Any:
    own, links, column = TABLES[label].own, TABLES[label].links, TABLES[label].column
    return (
        select(
            links.c.item_id,
            literal(label.value, Text).label("label"),
            own.c.id,
            own.c.name,
            own.c.slug,
            links.c.position,
        )
        .join(own, own.c.id == column)
        .where(links.c.item_id == any_(IDS))
    )


_GENRE: Final = Label.GENRE.value
_LINKED = union_all(_linked(Label.GENRE), _linked(Label.NETWORK)).subquery("linked")
OF_ITEMS = held(
    select(_LINKED.c.item_id, _LINKED.c.label, _LINKED.c.id, _LINKED.c.name, _LINKED.c.slug),
    _LINKED.c.item_id,
).order_by(_LINKED.c.item_id, _LINKED.c.label, _LINKED.c.position)
# Networks are called the same everywhere.
OF_ITEMS_SPOKEN = OF_ITEMS.add_columns(genres.c.texts).outerjoin(
    genres, genres.c.id == _LINKED.c.id
)


class LabelRepository:
    """Genres and networks, the part of `CatalogRepository`."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    @cached("item.labels", ttl=minutes(10), tags=("item:{}", HIDDEN))
    async def _labels_of(self, ids: Ids[ItemId]) -> Mapping[ItemId, Held[Labels]]:
        return _gathered(await self.db.records(OF_ITEMS, {"ids": list(ids)}))

    @cached("item.labels.spoken", ttl=minutes(10), tags=("item:{}", HIDDEN))
    async def _spoken_labels_of(
        self, ids: Ids[ItemId], language: str
    ) -> Mapping[ItemId, Held[Labels]]:
        rows = await self.db.records(OF_ITEMS_SPOKEN, {"ids": list(ids)})
        return _gathered(
            (item_id, label, id_, named_in(language, name, texts), *rest)
            for item_id, label, id_, name, *rest, texts in rows
        )

    async def genres_of(
        self, scope: Scope, ids: Ids[ItemId], language: str = ""
    ) -> Mapping[ItemId, tuple[Genre, ...]]:
        """Genres of items that the viewer may see, the most telling first."""
        spoken = self._spoken_labels_of
        found = await (spoken(ids, language) if language else self._labels_of(ids))
        return {i: own.genres for i, own in admitted(scope, found).items()}

    async def networks_of(
        self, scope: Scope, ids: Ids[ItemId]
    ) -> Mapping[ItemId, tuple[Network, ...]]:
        """Networks of items that the viewer may see, the first broadcaster first."""
        return {i: own.networks for i, own in admitted(scope, await self._labels_of(ids)).items()}

    async def genres_by_ids(
        self, scope: Scope, ids: Ids[GenreId], language: str = ""
    ) -> Mapping[GenreId, Genre]:
        """The genres among `ids` of something the viewer may see."""
        return await self._genres_by_ids(scope, tuple(sorted(ids)), language)

    @cached_list("genres.seen", ttl=minutes(10), tags=("items",))
    async def _genres_by_ids(
        self, scope: Scope, ids: tuple[GenreId, ...], language: str
    ) -> dict[GenreId, Genre]:
        rows = await self.db.records(asked(_seen, Label.GENRE, scope), {"ids": list(ids)})
        found = {genre.id: genre for genre in structs_of(rows, Genre)}
        if not language:
            return found
        names = {r["id"]: named_in(language, r["name"], r["texts"]) for r in rows}
        return {i: replace(genre, name=names[i]) for i, genre in found.items()}

    async def networks_by_ids(
        self, scope: Scope, ids: Ids[NetworkId]
    ) -> Mapping[NetworkId, Network]:
        """The networks among `ids` of something the viewer may see."""
        return await self._networks_by_ids(scope, tuple(sorted(ids)))

    @cached_list("networks.seen", ttl=minutes(10), tags=("items",))
    async def _networks_by_ids(
        self, scope: Scope, ids: tuple[NetworkId, ...]
    ) -> dict[NetworkId, Network]:
        statement = asked(_seen, Label.NETWORK, scope)
        rows = await self.db.fetch(statement, {"ids": list(ids)}, into=Network)
        return {network.id: network for network in rows}

    async def studios_by_ids(self, scope: Scope, ids: Ids[UUID]) -> Mapping[UUID, Studio]:
        """The studios among `ids` of something the viewer may see."""
        return await self._studios_by_ids(scope, tuple(sorted(ids)))

    @cached_list("studios.seen", ttl=minutes(10), tags=("items", ORGANISATIONS))
    async def _studios_by_ids(self, scope: Scope, ids: tuple[UUID, ...]) -> dict[UUID, Studio]:
        statement = asked(_seen, Label.STUDIO, scope)
        rows = await self.db.fetch(statement, {"ids": list(ids)}, into=Studio)
        return {studio.id: studio for studio in rows}

    @cached_list("labels", ttl=minutes(10), tags=("items",))
    async def label_page(
        self, label: Label, scope: Scope, kinds: tuple[ItemKind, ...] | None, page: Keyset
    ) -> Page[UUID]:
        """Genres or networks of what the viewer may see and play, by name; with `kinds` only those
        of such items.
        """
        return await self.db.page(asked(_listed, label, scope, kinds), label.value, page)

    @cached_list("labels.count", ttl=minutes(10), tags=("items",))
    async def label_count(
        self, label: Label, scope: Scope, kinds: tuple[ItemKind, ...] | None
    ) -> int:
        """How many of them the viewer's content has."""
        return int(await self.db.scalar(asked(_counted, label, scope, kinds)))

    # -- writes

    async def ensure_labels(self, tx: Tx, label: Label, names: Ids[str]) -> dict[str, UUID]:
        """Genres or networks by name, made where they are new."""
        own, slug_of = TABLES[label].own, genre_slug if label is Label.GENRE else slug
        by_slug = {key: name for name in reversed(list(names)) if (key := slug_of(name))}
        if not by_slug:
            return {}
        await tx.lock(TABLES[label].lock, shared=True)
        rows = [_made(label, name, key) for key, name in sorted(by_slug.items())]
        await tx.execute(insert(own).on_conflict_do_nothing(index_elements=["slug"]), rows)
        wanted = own.c.slug == any_(bindparam("slugs", type_=ARRAY(Text)))
        found = await tx.execute(select(own.c.slug, own.c.id).where(wanted), {"slugs": [*by_slug]})
        ids = {row.slug: row.id for row in found}
        return {name: ids[key] for name in names if (key := slug_of(name))}

    async def replace_labels(
        self, tx: Tx, label: Label, of_items: Mapping[ItemId, Sequence[UUID]]
    ) -> None:
        """Set the genres or networks of items."""
        links, column = TABLES[label].links, TABLES[label].column
        old = delete(links).where(links.c.item_id == any_(IDS))
        await tx.execute(old, {"ids": list(of_items)})
        rows = [
            (item_id, label_id, position)
            for item_id, ids in of_items.items()
            for position, label_id in enumerate(dict.fromkeys(ids))
        ]
        await tx.copy(links.name, ("item_id", str(column.key), "position"), rows)
        tx.touch("items", *(f"item:{item_id}" for item_id in of_items))

    async def write_labels(
        self, tx: Tx, label: Label, of_items: Mapping[ItemId, Sequence[UUID]]
    ) -> set[ItemId]:
        """Set the labels of those items that have others; answers them."""
        links, column = TABLES[label].links, TABLES[label].column
        known: dict[ItemId, list[UUID]] = {item_id: [] for item_id in of_items}
        if not known:
            return set()
        held_now = select(links.c.item_id, column.label("label_id")).where(
            links.c.item_id == any_(IDS)
        )
        rows = await tx.execute(held_now.order_by(links.c.position), {"ids": list(of_items)})
        for row in rows:
            known[row.item_id].append(row.label_id)
        changed = {i: ids for i, ids in of_items.items() if known[i] != list(dict.fromkeys(ids))}
        if changed:
            await self.replace_labels(tx, label, changed)
        return set(changed)

    async def describe_organisations(
        self, tx: Tx, label: Label, said: Mapping[UUID, tuple[str | None, str | None]]
    ) -> None:
        """Logos and countries of studios or networks that have none yet."""
        own = TABLES[label].own
        if not any(logo or country for logo, country in said.values()):
            return
        wanted = select(own.c.id, own.c.logo_url, own.c.country).where(own.c.id == any_(IDS))
        known = (await tx.execute(wanted, {"ids": list(said)})).all()
        rows = [
            {"_id": row.id, "_logo": row.logo_url or logo, "_country": row.country or country}
            for row in sorted(known, key=lambda row: row.id)
            for logo, country in [said[row.id]]
            if (logo and not row.logo_url) or (country and not row.country)
        ]
        if rows:
            values: dict[str, Any] = {
                "logo_url": bindparam("_logo"),
                "country": bindparam("_country"),
            }
            mine = own.c.id == bindparam("_id", type_=Uuid)
            await tx.execute(update(own).where(mine).values(values), rows)
            tx.touch(ORGANISATIONS)

    async def without_labels(self, tx: Tx, label: Label, ids: Ids[ItemId]) -> set[ItemId]:
        """Those among `ids` that have none, as this transaction leaves them."""
        if not ids:
            return set()
        links = TABLES[label].links
        having = select(links.c.item_id).where(links.c.item_id == any_(IDS))
        return set(ids) - set((await tx.execute(having, {"ids": list(ids)})).scalars())

    async def delete_unused_labels(self, tx: Tx, label: Label, limit: int) -> int:
        """Delete those that nothing has any more; says how many."""
        own, column = TABLES[label].own, TABLES[label].column
        await tx.lock(TABLES[label].lock)  # an import may be about to use one
        # Nobody is shown what no item has: there is no tag to touch.
        unused = select(own.c.id).where(~exists().where(column == own.c.id)).limit(limit)
        return (await tx.execute(delete(own).where(own.c.id.in_(unused)))).rowcount


def _made(label: Label, name: str, key: str) -> dict[str, Any]:
    row: dict[str, Any] = {"id": new_id(), "name": name, "slug": key}
    if label is Label.GENRE:
        known = GENRES.get(key, {})
        row |= {"name": known.get("en", name), "texts": known}
    return row


def _gathered(rows: Iterable[Record]) -> dict[ItemId, Held[Labels]]:
    known: dict[UUID, Any] = {}  # items share them
    owned: dict[ItemId, tuple[LibraryId, int | None, list[Genre], list[Network]]] = {}
    for item_id, label, id_, name, slug_, library_id, age in rows:
        own = owned.get(item_id)
        if own is None:
            own = owned[item_id] = library_id, age, [], []
        one = known.get(id_)
        if label == _GENRE:
            if one is None:
                one = known[id_] = Genre(id=id_, name=name, slug=slug_)
            own[2].append(one)
        else:
            if one is None:
                one = known[id_] = Network(id=id_, name=name, slug=slug_)
            own[3].append(one)
    return {
        item_id: Held(library_id, age, Labels(genres=tuple(genres), networks=tuple(networks)))
        for item_id, (library_id, age, genres, networks) in owned.items()
    }


def _seen(label: Label, scope: Scope) -> Any:
    tables = TABLES[label]
    seen = tables.of_item(visible_to(scope, tables.links.c.item_id))
    return select(tables.own).where(tables.own.c.id == any_(IDS), seen)


def _listed(label: Label, scope: Scope, kinds: tuple[ItemKind, ...] | None) -> Sorted:
    own = TABLES[label].own
    statement = select(own.c.id).where(_offered(label, scope, kinds))
    return Sorted(statement, (Order(own.c.slug), Order(own.c.id)))


def _counted(label: Label, scope: Scope, kinds: tuple[ItemKind, ...] | None) -> Any:
    return select(func.count()).select_from(TABLES[label].own).where(_offered(label, scope, kinds))


def _offered(label: Label, scope: Scope, kinds: tuple[ItemKind, ...] | None) -> ColumnElement[bool]:
    tables = TABLES[label]
    return tables.of_item(offered_to(scope, tables.links.c.item_id, kinds))
