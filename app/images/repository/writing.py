"""Writes of artwork: what scans find, what providers name, what somebody chooses."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    delete,
    or_,
    select,
    text,
    update,
)

from app.core.ids import new_id
from app.core.tx import Tx
from app.images.domain import (
    Artwork,
    ArtworkId,
    ArtworkKind,
    ArtworkSource,
    ImageId,
    Offered,
    Owner,
    OwnerKind,
)
from app.images.models import artwork
from app.items.domain import ItemId
from app.libraries.domain import FileId

IDS: Final = bindparam("ids", type_=ARRAY(Uuid))
SOURCES: Final = bindparam("sources", type_=ARRAY(Text))
MOST_OF_KIND: Final = 30  # that one owner has of those which providers name
OWNER_COLUMNS: Final = tuple(f"{kind.value}_id" for kind in OwnerKind)
# The columns that are written of a picture; the others are of its content.
COLUMNS: Final = (
    *("id", *OWNER_COLUMNS, "kind", "source", "provider", "url", "file_id", "position"),
    *("language", "width", "height", "score"),
)
OFFERED: Final = ("position", "provider", "language", "width", "height", "score")
# Rows in one order, so that two writers cannot deadlock.
WRITTEN: Final = select(
    *(artwork.c[name] for name in COLUMNS), artwork.c.chosen, artwork.c.failures
).order_by(artwork.c.id)
# Of the pictures of several persons who are one: those of one address are one.
DELETE_DOUBLES: Final = text("""
with own as (
  select id, row_number() over (partition by kind, url order by person_id = :kept desc, id) as turn
    from artwork where person_id = any(cast(:ids as uuid[])) and url is not null
)
delete from artwork a using own where own.id = a.id and own.turn > 1
""")
NEWS_LOCK: Final = "artwork.news"
Key = tuple[UUID | str | None, ...]


def touch_owners(tx: Tx, rows: Iterable[Any]) -> None:
    """What rows with the columns of owners are of has changed."""
    for row in rows:
        kinds = zip(OwnerKind, _owner(row), strict=True)
        tx.touch(*(f"{kind.value}:{owner}" for kind, owner in kinds if owner is not None))


class ArtworkWriting:
    """A part of `ArtworkRepository`."""

    async def replace(
        self,
        tx: Tx,
        ids: Collection[ItemId],
        sources: Sequence[ArtworkSource],
        new: Sequence[Artwork],
    ) -> None:
        """Put `new` in the place of what these sources gave before; what stays keeps its id."""
        await self._settle(tx, [Owner(OwnerKind.ITEM, i) for i in ids], sources, new)
        tx.touch(*(f"item:{item_id}" for item_id in ids))

    async def offer(self, tx: Tx, owners: Mapping[Owner, Sequence[Offered]]) -> None:
        """These are what providers name, the best first, and no others; what somebody chose stays.

        Pictures keep their ids while they are named. The statements do not grow in number.
        """
        changed = await self._settle(tx, list(owners), [ArtworkSource.PROVIDER], _all(owners))
        _touch(tx, owners, changed)

    async def offer_beside(self, tx: Tx, owners: Mapping[Owner, Sequence[Offered]]) -> None:
        """The same for what many items share: what other providers name of it stays, and nobody is
        waited for where there is no news. News come one after the other, or two would be doubles.
        """
        rows = await self._rows(tx, list(owners), [ArtworkSource.PROVIDER], lock=False)
        held = {_key(row) for row in rows if not row.failures}
        told = {owner: _all({owner: pictures}) for owner, pictures in owners.items()}
        news = {o: some for o, some in told.items() if any(_key(one) not in held for one in some)}
        if news:
            await tx.lock(NEWS_LOCK)
            wanted = [picture for some in news.values() for picture in some]
            sources = [ArtworkSource.PROVIDER]
            _touch(tx, news, await self._settle(tx, list(news), sources, wanted, beside=True))

    async def _settle(
        self,
        tx: Tx,
        owners: Sequence[Owner],
        sources: Sequence[ArtworkSource],
        wanted: Sequence[Artwork],
        *,
        beside: bool = False,
    ) -> set[UUID | None]:
        """Make the rows of these owners and sources those that are wanted; whose have changed. With
        `beside` rows of providers that name nothing stay.
        """
        before = await self._rows(tx, owners, sources)
        if beside:
            heard = {(_owner(picture), picture.provider) for picture in wanted}
            before = [row for row in before if (_owner(row), row.provider) in heard]
        after = {_key(picture): picture for picture in wanted}
        known = {_key(row): row for row in before}
        gone = [row for key, row in known.items() if key not in after and not row.chosen]
        gone += [row for row in before if known[_key(row)] is not row]  # doubles
        new = [picture for key, picture in after.items() if key not in known]
        altered = [
            (row, after[key]) for key, row in known.items() if key in after and _differ(row, after)
        ]
        touched = await _put(tx, gone, altered, new)
        return {owner for one in touched for owner in _owner(one)}

    async def _rows(
        self,
        tx: Tx,
        owners: Sequence[Owner],
        sources: Sequence[ArtworkSource],
        *,
        lock: bool = True,
    ) -> Sequence[Any]:
        ids: dict[OwnerKind, list[UUID]] = {kind: [] for kind in OwnerKind}
        for owner in owners:
            ids[owner.kind].append(owner.id)
        theirs = [
            artwork.c[f"{kind.value}_id"] == any_(bindparam(f"{kind.value}s", type_=ARRAY(Uuid)))
            for kind in OwnerKind
        ]
        found = WRITTEN.where(or_(*theirs), artwork.c.source == any_(SOURCES))
        if lock:
            found = found.with_for_update()
        given = {f"{kind.value}s": some for kind, some in ids.items()}
        told = {**given, "sources": [source.value for source in sources]}
        return (await tx.execute(found, told)).all()

    async def without(self, tx: Tx, ids: Collection[ItemId], source: ArtworkSource) -> set[ItemId]:
        """Those among `ids` without artwork of this source, as this transaction leaves them."""
        having = select(artwork.c.item_id).where(
            artwork.c.item_id == any_(IDS), artwork.c.source == source.value
        )
        return set(ids) - set((await tx.execute(having, {"ids": list(ids)})).scalars())

    async def replace_files(
        self, tx: Tx, files: Mapping[FileId, bool], new: Sequence[Artwork]
    ) -> set[ItemId]:
        """Put `new` in the place of whatever these files were before; answers changed items.
        `files` says of each whether its content is news: what is not keeps its id. What somebody
        chose stays chosen while it is there.
        """
        mine = WRITTEN.where(artwork.c.file_id == any_(IDS))
        old = (await tx.execute(mine.with_for_update(), {"ids": list(files)})).all()
        wanted = {_key(picture): picture for picture in new}
        kept = {_key(r): r for r in old if _key(r) in wanted and not files[r.file_id]}
        gone = [row for row in old if kept.get(_key(row)) is not row]
        added = [picture for key, picture in wanted.items() if key not in kept]
        altered = [(row, wanted[key]) for key, row in kept.items() if _differ(row, wanted)]
        touched = await _put(tx, gone, altered, added)
        changed = {row.item_id for row in touched if row.item_id is not None}
        tx.touch(*(f"item:{item_id}" for item_id in changed))
        return changed

    async def move_person(self, tx: Tx, gone: Collection[UUID], kept: UUID) -> None:
        """Pictures of these persons are another's, who has chosen what to show already."""
        given = {"kept": kept, "ids": [kept, *gone]}
        await tx.execute(DELETE_DOUBLES, given)
        others = (artwork.c.person_id == any_(IDS)) & (artwork.c.person_id != kept)
        await tx.execute(update(artwork).where(others).values(person_id=kept, chosen=False), given)

    async def add_upload(
        self, tx: Tx, item_id: ItemId, kind: ArtworkKind, image_id: ImageId
    ) -> ArtworkId:
        """A picture that somebody sent, as one of the item's; the same one again is the same."""
        same = select(artwork.c.id).where(
            artwork.c.item_id == item_id,
            artwork.c.kind == kind.value,
            artwork.c.source == ArtworkSource.UPLOAD.value,
            artwork.c.image_id == image_id,
        )
        known = (await tx.execute(same)).scalar()
        if known is not None:
            return ArtworkId(known)
        made = ArtworkId(new_id())
        row = {"id": made, "item_id": item_id, "kind": kind.value, "image_id": image_id}
        await tx.execute(artwork.insert().values(**row, source=ArtworkSource.UPLOAD.value))
        return made

    async def choose(
        self, tx: Tx, item_id: ItemId, kind: ArtworkKind, chosen: ArtworkId | None
    ) -> tuple[bool, ArtworkId | None]:
        """Let this be the picture of its kind that comes first, or none. Whether the item has it,
        and which was chosen before.
        """
        mine = and_(artwork.c.item_id == item_id, artwork.c.kind == kind.value)
        of_kind = select(artwork.c.id, artwork.c.chosen).where(mine).order_by(artwork.c.id)
        rows = (await tx.execute(of_kind.with_for_update())).all()
        before = next((ArtworkId(row.id) for row in rows if row.chosen), None)
        if chosen is not None and all(row.id != chosen for row in rows):
            return False, before
        is_it = artwork.c.id == chosen if chosen is not None else artwork.c.id.is_(None)
        wrong = and_(mine, artwork.c.chosen != is_it)
        await tx.execute(update(artwork).where(wrong).values(chosen=is_it))
        tx.touch(f"item:{item_id}")
        return True, before


async def _put(
    tx: Tx,
    gone: Sequence[Any],
    altered: Sequence[tuple[Any, Artwork]],
    new: Sequence[Artwork],
) -> list[Any]:
    """Write what is different; what is chosen and made anew stays chosen. Answers all of it."""
    if gone:
        ids = {"ids": [row.id for row in gone]}
        await tx.execute(delete(artwork).where(artwork.c.id == any_(IDS)), ids)
    if altered:
        await _alter(tx, altered)
    if new:
        chosen = {_key(row) for row in gone if row.chosen}
        rows = [(*(getattr(a, c) for c in COLUMNS), _key(a) in chosen) for a in new]
        await tx.copy("artwork", (*COLUMNS, "chosen"), rows)
    return [*gone, *new, *(row for row, _ in altered)]


def _all(owners: Mapping[Owner, Sequence[Offered]]) -> list[Artwork]:
    return [
        _named(owner, picture, position)
        for owner, pictures in owners.items()
        for position, picture in enumerate(_best(pictures))
    ]


def _touch(tx: Tx, owners: Iterable[Owner], changed: Collection[UUID | None]) -> None:
    tx.touch(*(f"{owner.kind.value}:{owner.id}" for owner in owners if owner.id in changed))


def _owner(row: Any) -> tuple[UUID | None, ...]:
    return tuple(getattr(row, name) for name in OWNER_COLUMNS)


def _named(owner: Owner, picture: Offered, position: int) -> Artwork:
    whose: dict[str, Any] = {f"{owner.kind.value}_id": owner.id}
    return Artwork(
        **whose,
        id=new_id(),
        source=ArtworkSource.PROVIDER,
        position=position,
        kind=picture.kind,
        provider=picture.provider,
        url=picture.url,
        language=picture.language,
        width=picture.width,
        height=picture.height,
        score=picture.score,
    )


def _best(pictures: Sequence[Offered]) -> list[Offered]:
    """As many of each kind as are kept, each address once."""
    found: dict[ArtworkKind, dict[str, Offered]] = defaultdict(dict)
    for picture in pictures:
        of_kind = found[picture.kind]
        if len(of_kind) < MOST_OF_KIND:
            of_kind.setdefault(picture.url, picture)
    return [picture for of_kind in found.values() for picture in of_kind.values()]


def _key(row: Any) -> Key:
    """What makes a picture the same: whose it is, what for, and where it is."""
    return *_owner(row), str(row.kind), row.url, row.file_id


def _differ(row: Any, after: Mapping[Key, Artwork]) -> bool:
    """Whether there is anything to write; what failed is tried again once it is named anew."""
    picture = after[_key(row)]
    said_anew = any(getattr(row, name) != getattr(picture, name) for name in OFFERED)
    return said_anew or row.failures > 0


async def _alter(tx: Tx, altered: Sequence[tuple[Any, Artwork]]) -> None:
    values = {name: bindparam(f"_{name}", type_=artwork.c[name].type) for name in OFFERED}
    mine = artwork.c.id == bindparam("_id", type_=Uuid)
    rows = [
        {"_id": row.id, **{f"_{name}": getattr(picture, name) for name in OFFERED}}
        for row, picture in altered
    ]
    again = update(artwork).where(mine).values(**values, failures=0, problem=None)
    await tx.execute(again, rows)
