"""SQL of artwork."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from sqlalchemy import ARRAY, Text, Uuid, any_, bindparam, case, delete, select, text, update

from app.core.access import Scope
from app.core.cache import Cache, cached
from app.core.clock import minutes
from app.core.db import Database
from app.core.tx import Tx
from app.images.domain import Artwork, ArtworkSource
from app.images.models import artwork
from app.items.domain import Held, ItemId, admitted
from app.items.repository import held, held_by_item
from app.libraries.repository import HIDDEN

IDS = bindparam("ids", type_=ARRAY(Uuid))
COLUMNS = Artwork.__struct_fields__
TRUST = case({s.value: rank for rank, s in enumerate(ArtworkSource)}, value=artwork.c.source)
BY_ITEMS = held(
    select(*(artwork.c[name] for name in COLUMNS))
    .where(artwork.c.item_id == any_(IDS))
    .order_by(artwork.c.item_id, TRUST, artwork.c.position, artwork.c.id),
    artwork.c.item_id,
)

# Of the pictures of several persons who are one: those of one address are one.
DELETE_DOUBLES = text("""
with own as (
  select id, row_number() over (partition by kind, url order by person_id = :kept desc, id) as turn
    from artwork where person_id = any(cast(:ids as uuid[])) and url is not null
)
delete from artwork a using own where own.id = a.id and own.turn > 1
""")


class ArtworkRepository:
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
        """The artwork of items that the viewer may see, the most trusted first."""
        return admitted(scope, await self._by_items(ids))

    async def replace(
        self,
        tx: Tx,
        ids: Collection[ItemId],
        sources: Sequence[ArtworkSource],
        new: Sequence[Artwork],
    ) -> None:
        """Put `new` in the place of what these sources gave before."""
        wanted = bindparam("sources", type_=ARRAY(Text))
        await tx.execute(
            delete(artwork).where(artwork.c.item_id == any_(IDS), artwork.c.source == any_(wanted)),
            {"ids": list(ids), "sources": [source.value for source in sources]},
        )
        await tx.copy("artwork", COLUMNS, [tuple(getattr(a, c) for c in COLUMNS) for a in new])
        tx.touch(*(f"item:{item_id}" for item_id in ids))

    async def move_person(self, tx: Tx, gone: Collection[UUID], kept: UUID) -> None:
        """Pictures of these persons are another's, who has chosen what to show already."""
        given = {"kept": kept, "ids": [kept, *gone]}
        await tx.execute(DELETE_DOUBLES, given)
        others = (artwork.c.person_id == any_(IDS)) & (artwork.c.person_id != kept)
        await tx.execute(update(artwork).where(others).values(person_id=kept, chosen=False), given)

    async def without(self, tx: Tx, ids: Collection[ItemId], source: ArtworkSource) -> set[ItemId]:
        """Those among `ids` without artwork of this source, as this transaction leaves them."""
        having = select(artwork.c.item_id).where(
            artwork.c.item_id == any_(IDS), artwork.c.source == source.value
        )
        return set(ids) - set((await tx.execute(having, {"ids": list(ids)})).scalars())

    async def replace_files(
        self, tx: Tx, files: Collection[UUID], new: Sequence[Artwork]
    ) -> set[ItemId]:
        """Put `new` in the place of whatever these files were before; answers changed items."""
        old = await tx.execute(
            delete(artwork).where(artwork.c.file_id == any_(IDS)).returning(artwork.c.item_id),
            {"ids": list(files)},
        )
        changed = {*old.scalars(), *(picture.item_id for picture in new)}
        if new:
            await tx.copy("artwork", COLUMNS, [tuple(getattr(a, c) for c in COLUMNS) for a in new])
        tx.touch(*(f"item:{item_id}" for item_id in changed))
        return changed
