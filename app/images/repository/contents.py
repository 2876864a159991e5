"""What became of fetching pictures: their content, or why it is not here."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, delete, exists, not_, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert

from app.core.ids import new_id
from app.core.pictures import Look
from app.core.tx import Tx
from app.images.domain import (
    FRAMED,
    ArtworkId,
    ArtworkKind,
    ArtworkSource,
    FetchProblem,
    ImageId,
    Origin,
)
from app.images.models import artwork, images
from app.images.repository.writing import OWNER_COLUMNS, touch_owners
from app.items.domain import ItemId

IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
OWNERS: Final = tuple(artwork.c[name] for name in OWNER_COLUMNS)
PREFETCHED: Final = tuple(kind.value for kind in FRAMED)


class ArtworkContents:
    """A part of `ArtworkRepository`."""

    async def keep(self, tx: Tx, digest: bytes, look: Look, size: int) -> ImageId:
        """The content with this SHA-256, which somebody may have had already; `size` in bytes."""
        values = {
            "id": new_id(),
            "hash": digest,
            "type": look.kind,
            "width": look.width,
            "height": look.height,
            "bytes": size,
            "thumbhash": look.thumbhash,
            "color": look.color,
        }
        known = insert(images).values(values)
        kept = known.on_conflict_do_update(
            index_elements=["hash"], set_={"hash": known.excluded.hash}
        )
        return ImageId((await tx.execute(kept.returning(images.c.id))).scalar_one())

    async def fetched(self, tx: Tx, origin: Origin, image_id: ImageId, at: datetime) -> None:
        """Note what the picture is; a frame begins to be one of its item's."""
        found = {"image_id": image_id, "tried_at": at, "failures": 0, "problem": None}
        await self._note(tx, origin, found)

    async def failed(self, tx: Tx, origin: Origin, problem: FetchProblem, at: datetime) -> None:
        """It cannot be had, for now or for good; tries are counted."""
        why = {"tried_at": at, "failures": origin.failures + 1, "problem": problem.value}
        await self._note(tx, origin, why)

    async def _note(self, tx: Tx, origin: Origin, values: dict[str, Any]) -> None:
        if origin.source is ArtworkSource.FRAME:
            row = {
                "id": origin.id,
                "item_id": origin.item_id,
                "kind": ArtworkKind.THUMB.value,
                "source": ArtworkSource.FRAME.value,
                "file_id": origin.file_id,
            }
            made = insert(artwork).values({**row, **values})
            now = {**values, "file_id": origin.file_id}
            noted = made.on_conflict_do_update(index_elements=["id"], set_=now)
            rows = (await tx.execute(noted.returning(*OWNERS))).all()
        else:
            told = update(artwork).where(artwork.c.id == origin.id).values(**values)
            rows = (await tx.execute(told.returning(*OWNERS))).all()
        touch_owners(tx, rows)

    async def waiting(self, tx: Tx, items: Collection[ItemId]) -> list[ArtworkId]:
        """The pictures that are shown first of these items and were not fetched yet."""
        first = (
            select(artwork.c.id, artwork.c.image_id, artwork.c.failures)
            .where(artwork.c.item_id == any_(IDS), artwork.c.kind.in_(PREFETCHED))
            .ext(distinct_on(artwork.c.item_id, artwork.c.kind))
            .order_by(
                artwork.c.item_id,
                artwork.c.kind,
                artwork.c.chosen.desc(),
                artwork.c.position,
                artwork.c.id,
            )
            .subquery()
        )
        lacking = select(first.c.id).where(first.c.image_id.is_(None), first.c.failures == 0)
        return list((await tx.execute(lacking, {"ids": list(items)})).scalars())

    async def unused(self, tx: Tx, before: datetime, limit: int) -> Sequence[tuple[UUID, bytes]]:
        """Contents from before then that no picture has any more, with their hashes; nobody else
        takes one of them up until the transaction is over.
        """
        needed = exists().where(artwork.c.image_id == images.c.id)
        found = (
            select(images.c.id, images.c.hash)
            .where(not_(needed), images.c.created_at < before)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        return [(row.id, row.hash) for row in await tx.execute(found)]

    async def forget(self, tx: Tx, ids: Collection[UUID]) -> None:
        """Delete contents that no picture has."""
        await tx.execute(delete(images).where(images.c.id == any_(IDS)), {"ids": list(ids)})
