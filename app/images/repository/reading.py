"""Reads of artwork, cached by owner."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, any_, bindparam, case, func, select

from app.core.access import Scope
from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.images.domain import Artwork, ArtworkId, ArtworkSource, Origin
from app.images.models import artwork, images
from app.images.repository.contents import ArtworkContents
from app.images.repository.writing import ArtworkWriting
from app.items.domain import Held, ItemId, admitted
from app.items.repository import held, held_by_item
from app.libraries.repository import HIDDEN

IDS = bindparam("ids", type_=ARRAY(Uuid))
TRUST = case({s.value: rank for rank, s in enumerate(ArtworkSource)}, value=artwork.c.source)
# What was found out about a picture that is here counts before what its provider says.
KNOWN: Mapping[str, ColumnElement[object]] = {
    "width": func.coalesce(images.c.width, artwork.c.width).label("width"),
    "height": func.coalesce(images.c.height, artwork.c.height).label("height"),
    "color": images.c.color,
    "thumbhash": images.c.thumbhash,
}
PICTURES = select(
    *(KNOWN[n] if n in KNOWN else artwork.c[n] for n in Artwork.__struct_fields__)
).select_from(artwork.outerjoin(images, images.c.id == artwork.c.image_id))
PLACE = (artwork.c.chosen.desc(), TRUST, artwork.c.position, artwork.c.id)
BY_ITEMS = held(
    PICTURES.where(artwork.c.item_id == any_(IDS)).order_by(artwork.c.item_id, *PLACE),
    artwork.c.item_id,
)
ORIGINS = (
    select(
        *(artwork.c[n] for n in Origin.__struct_fields__ if n != "hash"),
        images.c.hash,
    )
    .select_from(artwork.outerjoin(images, images.c.id == artwork.c.image_id))
    .where(artwork.c.id == any_(IDS))
)


def _of(owner: ColumnElement[UUID]) -> Select[tuple[object, ...]]:
    return PICTURES.where(owner == any_(IDS)).order_by(owner, *PLACE)


BY_PEOPLE = _of(artwork.c.person_id)
BY_COLLECTIONS = _of(artwork.c.collection_id)
BY_STUDIOS = _of(artwork.c.studio_id)
BY_NETWORKS = _of(artwork.c.network_id)


class ArtworkRepository(ArtworkWriting, ArtworkContents):
    """References to pictures."""

    def __init__(self, db: Database, cache: Cache) -> None:
        self.db, self.cache = db, cache

    @cached("artwork", ttl=minutes(10), tags=("item:{}", HIDDEN))
    async def _by_items(
        self, ids: Collection[ItemId]
    ) -> Mapping[ItemId, Held[tuple[Artwork, ...]]]:
        rows = await self.db.records(BY_ITEMS, {"ids": list(ids)})
        return held_by_item(rows, Artwork)

    async def by_items(
        self, scope: Scope, ids: Collection[ItemId]
    ) -> Mapping[ItemId, tuple[Artwork, ...]]:
        """The artwork of items that the viewer may see: what was chosen, then the most trusted."""
        return admitted(scope, await self._by_items(ids))

    @cached("artwork.people", ttl=minutes(10), tags=("person:{}",))
    async def _by_people(self, ids: Collection[UUID]) -> Mapping[UUID, tuple[Artwork, ...]]:
        rows = await self.db.fetch(BY_PEOPLE, {"ids": list(ids)}, into=Artwork)
        return _grouped([(one.person_id, one) for one in rows])

    @cached("artwork.collections", ttl=minutes(10), tags=("collection:{}",))
    async def _by_collections(self, ids: Collection[UUID]) -> Mapping[UUID, tuple[Artwork, ...]]:
        rows = await self.db.fetch(BY_COLLECTIONS, {"ids": list(ids)}, into=Artwork)
        return _grouped([(one.collection_id, one) for one in rows])

    @cached("artwork.studios", ttl=minutes(10), tags=("studio:{}",))
    async def _by_studios(self, ids: Collection[UUID]) -> Mapping[UUID, tuple[Artwork, ...]]:
        rows = await self.db.fetch(BY_STUDIOS, {"ids": list(ids)}, into=Artwork)
        return _grouped([(one.studio_id, one) for one in rows])

    @cached("artwork.networks", ttl=minutes(10), tags=("network:{}",))
    async def _by_networks(self, ids: Collection[UUID]) -> Mapping[UUID, tuple[Artwork, ...]]:
        rows = await self.db.fetch(BY_NETWORKS, {"ids": list(ids)}, into=Artwork)
        return _grouped([(one.network_id, one) for one in rows])

    async def of_people(self, seen: Collection[UUID]) -> Mapping[UUID, tuple[Artwork, ...]]:
        """The artwork of persons whom the viewer was found to see."""
        return await self._by_people(seen)

    async def of_collections(self, seen: Collection[UUID]) -> Mapping[UUID, tuple[Artwork, ...]]:
        """The artwork of collections that the viewer was found to see."""
        return await self._by_collections(seen)

    async def of_studios(self, seen: Collection[UUID]) -> Mapping[UUID, tuple[Artwork, ...]]:
        """The logos of studios that the viewer was found to see."""
        return await self._by_studios(seen)

    async def of_networks(self, seen: Collection[UUID]) -> Mapping[UUID, tuple[Artwork, ...]]:
        """The logos of networks that the viewer was found to see."""
        return await self._by_networks(seen)

    async def origins(self, ids: Collection[UUID]) -> Mapping[ArtworkId, Origin]:
        """Where these pictures come from; whoever asks has an address that was signed."""
        rows = await self.db.fetch(ORIGINS, {"ids": list(ids)}, into=Origin)
        return {origin.id: origin for origin in rows}


def _grouped(
    rows: Sequence[tuple[UUID | None, Artwork]],
) -> Mapping[UUID, tuple[Artwork, ...]]:
    found: dict[UUID, list[Artwork]] = defaultdict(list)
    for owner, picture in rows:
        if owner is not None:
            found[owner].append(picture)
    return {owner: tuple(pictures) for owner, pictures in found.items()}
