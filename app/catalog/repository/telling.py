"""What is said of items, read: ratings, certifications, who said what, and what is like them."""

from collections import defaultdict
from collections.abc import Collection as Ids
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from msgspec import convert
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Select,
    Table,
    Text,
    Uuid,
    any_,
    bindparam,
    exists,
    func,
    literal,
    select,
    union_all,
)

from app.catalog.domain import CollectionId, Label
from app.catalog.domain.said import (
    HAND,
    Certification,
    Elsewhere,
    Guess,
    ItemMetadata,
    Keyword,
    MetadataState,
    Provenance,
    RelatedKind,
    Shown,
    Studio,
    Tags,
)
from app.catalog.models import (
    collection_items,
    collection_parts,
    external_ids,
    item_metadata,
    item_related,
)
from app.catalog.repository.labels import ORGANISATIONS, TABLES
from app.core.access import Scope
from app.core.asked import asked
from app.core.cache import Cache, cached, cached_list
from app.core.clock import minutes
from app.core.db import Database
from app.core.page import Keyset, Order, Page, Sorted
from app.items.domain import Held, ItemId, ItemKind, admitted, age_of
from app.items.repository import held, visible_items, visible_to
from app.libraries.domain import LibraryId
from app.libraries.repository import HIDDEN
from app.metadata.domain import Rating, Video

IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
METADATA: Final = held(
    select(item_metadata).where(item_metadata.c.item_id == any_(IDS)), item_metadata.c.item_id
)
_COLUMNS: Final = ("source", "value", "title", "year", "picture_url")


def _tagged(label: Label) -> Select[Any]:
    own, links, column = TABLES[label].own, TABLES[label].links, TABLES[label].column
    extra = [own.c.get(n, literal(None, Text)).label(n) for n in ("logo_url", "country")]
    return (
        select(
            links.c.item_id,
            literal(label.value, Text).label("label"),
            own.c.id,
            own.c.name,
            own.c.slug,
            links.c.position,
            *extra,
        )
        .join(own, own.c.id == column)
        .where(links.c.item_id == any_(IDS))
    )


_TAGGED: Final = union_all(_tagged(Label.KEYWORD), _tagged(Label.STUDIO)).subquery("tagged")
TAGS: Final = held(
    select(*(c for c in _TAGGED.c if c.key != "position")), _TAGGED.c.item_id
).order_by(_TAGGED.c.item_id, _TAGGED.c.label, _TAGGED.c.position)


class SaidReading:
    """A part of `CatalogRepository`."""

    db: Database
    cache: Cache

    @cached("item.metadata", ttl=minutes(10), tags=("item:{}", HIDDEN))
    async def _metadata_of(self, ids: Ids[ItemId]) -> Mapping[ItemId, Held[ItemMetadata]]:
        rows = await self.db.records(METADATA, {"ids": list(ids)})
        return {row["item_id"]: Held(row["library_id"], row["age"], _metadata(row)) for row in rows}

    async def metadata_of(self, scope: Scope, ids: Ids[ItemId]) -> Mapping[ItemId, ItemMetadata]:
        """What is said of items that the viewer may see; absent where nobody was asked yet."""
        return admitted(scope, await self._metadata_of(ids))

    @cached("item.tags", ttl=minutes(10), tags=("item:{}", HIDDEN, ORGANISATIONS))
    async def _tags_of(self, ids: Ids[ItemId]) -> Mapping[ItemId, Held[Tags]]:
        found: dict[ItemId, tuple[Any, list[Keyword], list[Studio]]] = {}
        for row in await self.db.records(TAGS, {"ids": list(ids)}):
            _, keywords, studios = found.setdefault(row["item_id"], (row, [], []))
            named = {name: row[name] for name in ("id", "name", "slug")}
            if row["label"] == Label.KEYWORD.value:
                keywords.append(Keyword(**named))
            else:
                studios.append(Studio(**named, logo_url=row["logo_url"], country=row["country"]))
        return {
            item_id: Held(
                row["library_id"],
                row["age"],
                Tags(keywords=tuple(keywords), studios=tuple(studios)),
            )
            for item_id, (row, keywords, studios) in found.items()
        }

    async def tags_of(self, scope: Scope, ids: Ids[ItemId]) -> Mapping[ItemId, Tags]:
        """Keywords and studios of items that the viewer may see."""
        return admitted(scope, await self._tags_of(ids))

    async def unidentified(self, scope: Scope, library_id: LibraryId, page: Keyset) -> Page[UUID]:
        """Items that nobody surely has; never cached: it is what somebody works on."""
        statement, item = _unidentified(scope, library_id)
        return await self.db.page(Sorted(statement, (Order(item.c.id),)), "unidentified", page)

    async def unidentified_count(self, scope: Scope, library_id: LibraryId) -> int:
        """How many there are."""
        statement, _ = _unidentified(scope, library_id)
        return int(await self.db.scalar(statement.with_only_columns(func.count())))

    async def related_of(
        self, scope: Scope, ids: Ids[ItemId], kind: RelatedKind, first: int
    ) -> Mapping[ItemId, tuple[Shown, ...]]:
        """What a provider says is like items, each with what it is here, if the viewer sees it."""
        return await self._related_of(scope, tuple(sorted(ids)), kind, first)

    @cached_list("items.related", ttl=minutes(10), tags=("items",))
    async def _related_of(
        self, scope: Scope, ids: tuple[ItemId, ...], kind: RelatedKind, first: int
    ) -> dict[ItemId, tuple[Shown, ...]]:
        statement = asked(_related, scope)
        given = {"ids": list(ids), "kind": kind.value, "first": first}
        return _by_owner(await self.db.records(statement, given))

    async def parts_of(
        self, scope: Scope, ids: Ids[CollectionId]
    ) -> Mapping[CollectionId, tuple[Shown, ...]]:
        """What belongs to collections, here or not, in the order of release."""
        return await self._parts_of(scope, tuple(sorted(ids)))

    @cached_list("collections.parts", ttl=minutes(10), tags=("items",))
    async def _parts_of(
        self, scope: Scope, ids: tuple[CollectionId, ...]
    ) -> dict[CollectionId, tuple[Shown, ...]]:
        return _by_owner(await self.db.records(asked(_parts, scope), {"ids": list(ids)}))


def _unidentified(scope: Scope, library_id: LibraryId) -> tuple[Select[Any], Any]:
    item = visible_items(scope, libraries=[library_id])
    waiting = item_metadata.c.state == MetadataState.UNMATCHED.value
    return (
        select(item.c.id).join(item_metadata, item_metadata.c.item_id == item.c.id).where(waiting),
        item,
    )


def _related(scope: Scope) -> Select[Any]:
    """Tags of one kind count: an id at TMDb is that of a film and of another show."""
    mine = visible_items(scope)
    here = _here(scope, item_related, mine.c.kind)
    return (
        select(
            item_related.c.item_id.label("owner"),
            *(item_related.c[name] for name in _COLUMNS),
            literal(None).label("release_date"),
            here.c.id.label("here"),
            here.c.kind.label("here_kind"),
        )
        .join(mine, mine.c.id == item_related.c.item_id)
        .outerjoin(here, literal(value=True))
        .where(
            item_related.c.item_id == any_(IDS),
            item_related.c.kind == bindparam("kind"),
            item_related.c.position < bindparam("first"),
        )
        .order_by(item_related.c.item_id, item_related.c.position)
    )


def _parts(scope: Scope) -> Select[Any]:
    here = _here(scope, collection_parts, literal(ItemKind.MOVIE.value, Text))
    seen = exists().where(
        collection_items.c.collection_id == collection_parts.c.collection_id,
        visible_to(scope, collection_items.c.item_id),
    )
    return (
        select(
            collection_parts.c.collection_id.label("owner"),
            *(collection_parts.c[name] for name in (*_COLUMNS, "release_date")),
            here.c.id.label("here"),
            here.c.kind.label("here_kind"),
        )
        .outerjoin(here, literal(value=True))
        .where(collection_parts.c.collection_id == any_(IDS), seen)
        .order_by(collection_parts.c.collection_id, collection_parts.c.position)
    )


def _here(scope: Scope, table: Table, kind: ColumnElement[Any]) -> FromClause:
    """The item of this kind that has the id of a row, the first of several that one may see."""
    item = visible_items(scope)
    return (
        select(item.c.id, item.c.kind)
        .join(external_ids, external_ids.c.item_id == item.c.id)
        .where(
            external_ids.c.source == table.c.source,
            external_ids.c.value == table.c.value,
            item.c.kind == kind,
        )
        .order_by(item.c.id)
        .limit(1)
        .lateral("here")
    )


def _by_owner(rows: Any) -> dict[Any, tuple[Shown, ...]]:
    found: dict[UUID, list[Shown]] = defaultdict(list)
    for row in rows:
        elsewhere = Elsewhere(**{name: row[name] for name in (*_COLUMNS, "release_date")})
        here = None if row["here"] is None else (str(row["here_kind"]), row["here"])
        found[row["owner"]].append(Shown(elsewhere=elsewhere, item=here))
    return {owner: tuple(shown) for owner, shown in found.items()}


def _provenance(name: str, said: Mapping[str, str], locks: Ids[str]) -> Provenance:
    return convert({**said, "field": name, "locked": name in locks}, Provenance)


def _metadata(row: Any) -> ItemMetadata:
    locks = frozenset(row["locks"])
    said = {name: _provenance(name, value, locks) for name, value in row["provenance"].items()}
    said |= {n: _provenance(n, {"source": HAND}, locks) for n in locks if n not in said}
    return ItemMetadata(
        original_language=row["original_language"],
        alternative_titles=tuple(row["alternative_titles"]),
        ratings=convert(row["ratings"], tuple[Rating, ...]),
        certifications=tuple(
            Certification(country=country, certification=mark, age=age_of(mark))
            for country, mark in sorted(row["certifications"].items())
        ),
        trailers=convert(row["videos"], tuple[Video, ...]),
        countries=tuple(row["countries"]),
        homepage=row["homepage"],
        budget=row["budget"],
        revenue=row["revenue"],
        provenance=tuple(said[name] for name in sorted(said)),
        state=MetadataState(row["state"]),
        guesses=convert(row["candidates"], tuple[Guess, ...]),
        problem=row["problem"],
        refreshed_at=row["refreshed_at"],
        due_at=row["due_at"],
    )
