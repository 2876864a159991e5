"""Writes what is said of content: texts, genres, people, collections, ids and artwork."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from itertools import chain
from typing import Final, Protocol

from msgspec import structs

from app.catalog.domain import Credit, CreditKind, Details, Label, Person, TitleSource
from app.catalog.repository import CatalogRepository, ContentWriting
from app.catalog.service.values import details_values
from app.core.clock import Clock
from app.core.ids import new_id
from app.core.tx import Tx
from app.images.domain import Artwork, ArtworkSource, artwork_kind
from app.images.repository import ArtworkRepository
from app.items.domain import ItemId, age_of
from app.items.repository import ItemRepository
from app.libraries.domain import FileId
from app.people.domain import PersonId
from app.people.repository import PersonRepository

LABELS: Final[Mapping[Label, str]] = {Label.GENRE: "genres", Label.NETWORK: "networks"}
CREDITS: Final[Mapping[CreditKind, str]] = {
    CreditKind.CAST: "cast",
    CreditKind.GUEST: "guests",
    CreditKind.CREW: "crew",
}


# The names in Details of what is told by each field of metadata.
FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    **{name: (name,) for name in ("title", "original_title", "overview", "tagline", "runtime")},
    **{name: (name,) for name in ("status", "certification", "genres", "networks", "collection")},
    **{name: (name,) for name in CREDITS.values()},
    "release_date": ("release_date", "year"),
    "rating": ("rating", "votes"),
    "trailers": ("trailer_url",),
}


# What of Details a lock keeps out.
LOCKABLE: Final[Mapping[str, tuple[str, ...]]] = {**FIELDS, "artwork": ("pictures",)}


class DetailsDependencies(Protocol):
    """What details are written with; the container has it all."""

    @property
    def item_repository(self) -> ItemRepository: ...
    @property
    def catalog_repository(self) -> CatalogRepository: ...
    @property
    def person_repository(self) -> PersonRepository: ...
    @property
    def artwork_repository(self) -> ArtworkRepository: ...
    @property
    def clock(self) -> Clock: ...


class DetailsWriters:
    """Makes the writers of each kind of content."""

    def __init__(self, needs: DetailsDependencies) -> None:
        self.items, self.catalog = needs.item_repository, needs.catalog_repository
        self.people, self.artwork = needs.person_repository, needs.artwork_repository
        self.clock = needs.clock

    def of(self, content: ContentWriting) -> "DetailsWriter":
        """The writer of details of one kind."""
        return DetailsWriter(content, self)


class DetailsWriter:
    """A batch of items of one kind at once; `content` writes their table."""

    def __init__(self, content: ContentWriting, needs: DetailsWriters) -> None:
        self._content, self._items, self._catalog = content, needs.items, needs.catalog
        self._people, self._artwork = needs.people, needs.artwork
        self._clock = needs.clock

    async def write(
        self,
        tx: Tx,
        told: Mapping[ItemId, Details],
        *,
        new: Collection[ItemId],
        whole: Collection[ItemId],
    ) -> None:
        """Put details in the place of what NFO files said before.

        Of a known film that is `whole` everything that lies beside its files is told, and what is
        not said any more goes; of others only what is said counts.
        """
        if not told:
            return
        locks = await self._catalog.locks_of(tx, [i for i in told if i not in new])
        told = _unlocked(told, locks)
        lapsed = await self._note(tx, told, new, whole)
        old = {i: d for i, d in told.items() if i not in new}
        values = {i: details_values(d) for i, d in old.items()}
        named = {"title_from": TitleSource.NFO.value}
        await self._content.describe(
            tx, {i: v | (named if "title" in v else {}) for i, v in values.items()}
        )
        await self._rate(tx, old)
        await self._catalog.add_external_ids(tx, {i: d.ids for i, d in told.items() if d.ids})
        for label, name in LABELS.items():
            await self._write_labels(tx, label, _said(told, name, lapsed))
        await self._write_credits(tx, told, lapsed)
        await self._write_collections(tx, _said(told, "collection", lapsed))
        pictured = {
            i: d
            for i, d in told.items()
            if d.pictures or (i in whole and "artwork" not in locks.get(i, ()))
        }
        await self._artwork.replace(tx, list(pictured), [ArtworkSource.NFO], _remote(pictured))

    async def _note(
        self,
        tx: Tx,
        told: Mapping[ItemId, Details],
        new: Collection[ItemId],
        whole: Collection[ItemId],
    ) -> Mapping[ItemId, frozenset[str]]:
        """Fields are as NFO files have them; answers those of which they say nothing any more."""
        known = [i for i in told if i not in new and i in whole]
        before = await self._catalog.nfo_fields(tx, known) if known else {}
        fields = {i: _fields(d) for i, d in told.items()}
        await self._catalog.note_nfo(tx, fields, self._clock.now())
        return defaultdict(frozenset, {i: said - fields[i] for i, said in before.items()})

    async def fill(self, tx: Tx, told: Mapping[ItemId, Details], said_by: TitleSource) -> None:
        """Take what nobody has said yet; every "nobody" is asked inside of the transaction."""
        if not told:
            return
        told = _unlocked(told, await self._catalog.locks_of(tx, list(told)))
        values = {i: details_values(d) for i, d in told.items()}
        await self._content.fill(tx, values, said_by)
        rated = [i for i, d in told.items() if d.certification]
        if rated:
            free = await self._items.uncertified(tx, rated)
            await self._rate(tx, {i: d for i, d in told.items() if i in free})
        await self._catalog.fill_external_ids(tx, {i: d.ids for i, d in told.items() if d.ids})
        catalog = self._catalog
        for label, name in LABELS.items():
            said = [i for i, d in told.items() if getattr(d, name)]
            bare = await catalog.without_labels(tx, label, said)
            await self._write_labels(tx, label, {i: told[i] for i in bare})
        await self._fill_credits(tx, told)
        bare = await catalog.without_collection(tx, [i for i, d in told.items() if d.collection])
        await self._write_collections(tx, {i: told[i] for i in bare})
        shown = [i for i, d in told.items() if d.pictures]
        bare = await self._artwork.without(tx, shown, ArtworkSource.NFO) if shown else set()
        if bare:
            pictures = _remote({i: told[i] for i in bare})
            await self._artwork.replace(tx, list(bare), [ArtworkSource.NFO], pictures)

    async def picture(
        self, tx: Tx, files: Mapping[FileId, bool], found: Mapping[ItemId, Sequence[Artwork]]
    ) -> set[ItemId]:
        """These files, of each whether its content is news, are now artwork as `found` has it and
        no other; answers changed items.
        """
        new = [picture for pictures in found.values() for picture in pictures]
        return await self._artwork.replace_files(tx, files, new) if files else set()

    async def _rate(self, tx: Tx, told: Mapping[ItemId, Details]) -> None:
        ratings = [(i, d.certification, age_of(d.certification)) for i, d in told.items()]
        await self._items.rate(tx, [rating for rating in ratings if rating[1]])

    async def _write_labels(self, tx: Tx, label: Label, told: Mapping[ItemId, Details]) -> None:
        if not told:
            return
        said = {i: getattr(d, LABELS[label]) for i, d in told.items()}
        names = dict.fromkeys(name for of_item in said.values() for name in of_item)
        ids = await self._catalog.ensure_labels(tx, label, list(names))
        by_item = {i: [ids[n] for n in of_item if n in ids] for i, of_item in said.items()}
        await self._catalog.replace_labels(tx, label, by_item)

    async def _write_credits(
        self, tx: Tx, told: Mapping[ItemId, Details], lapsed: Mapping[ItemId, frozenset[str]]
    ) -> None:
        kinds = {
            i: [kind for kind, name in CREDITS.items() if getattr(d, name) or name in lapsed[i]]
            for i, d in told.items()
        }
        kinds = {i: some for i, some in kinds.items() if some}
        if kinds:
            of_items = await self._credits(tx, {i: told[i] for i in kinds})
            await self._catalog.write_credits(tx, of_items, kinds)

    async def _fill_credits(self, tx: Tx, told: Mapping[ItemId, Details]) -> None:
        lacking: dict[ItemId, dict[str, tuple[Person, ...]]] = defaultdict(dict)
        for kind, name in CREDITS.items():
            said = [i for i, d in told.items() if getattr(d, name)]
            for item_id in await self._catalog.without_credits(tx, said, kind):
                lacking[item_id][name] = getattr(told[item_id], name)
        if lacking:
            bare = {i: structs.replace(Details(), **people) for i, people in lacking.items()}
            await self._catalog.add_credits(tx, await self._credits(tx, bare))

    async def _credits(
        self, tx: Tx, told: Mapping[ItemId, Details]
    ) -> Mapping[ItemId, list[Credit]]:
        portraits: dict[str, str | None] = {}
        for details in told.values():
            for person in chain.from_iterable(_parts(details).values()):
                portraits[person.name] = portraits.get(person.name) or person.portrait_url
        ids = await self._people.ensure(tx, portraits)
        return {
            item_id: [
                credit
                for kind, persons in _parts(details).items()
                for credit in _credits(item_id, persons, kind, ids)
            ]
            for item_id, details in told.items()
        }

    async def _write_collections(self, tx: Tx, told: Mapping[ItemId, Details]) -> None:
        overviews: dict[str, str | None] = {}
        for d in told.values():
            if d.collection:
                overviews[d.collection] = overviews.get(d.collection) or d.collection_overview
        ids = await self._catalog.ensure_collections(tx, overviews)
        await self._catalog.join_collections(
            tx, {i: ids.get(d.collection) if d.collection else None for i, d in told.items()}
        )


def _parts(details: Details) -> dict[CreditKind, tuple[Person, ...]]:
    return {kind: getattr(details, name) for kind, name in CREDITS.items()}


def _said(
    told: Mapping[ItemId, Details], name: str, lapsed: Mapping[ItemId, frozenset[str]]
) -> dict[ItemId, Details]:
    """Those whose details say something under this name, or nothing any more."""
    return {i: d for i, d in told.items() if getattr(d, name) or name in lapsed[i]}


def _fields(details: Details) -> frozenset[str]:
    """The fields of metadata that details say something of."""
    return frozenset(f for f, names in FIELDS.items() if any(getattr(details, n) for n in names))


def _unlocked(
    told: Mapping[ItemId, Details], locks: Mapping[ItemId, Collection[str]]
) -> dict[ItemId, Details]:
    """What is said of fields that nobody has locked."""
    return {i: _without(d, locks[i]) if i in locks else d for i, d in told.items()}


def _without(details: Details, locks: Collection[str]) -> Details:
    """Details that say nothing of these fields."""
    empty = Details()
    names = (name for field in locks for name in LOCKABLE.get(field, ()))
    return structs.replace(details, **{name: getattr(empty, name) for name in names})


def _credits(
    item_id: ItemId, persons: Sequence[Person], kind: CreditKind, ids: Mapping[str, PersonId]
) -> list[Credit]:
    return [
        Credit(
            id=new_id(),
            item_id=item_id,
            person_id=ids[person.name],
            kind=kind,
            character=person.character,
            job=person.job,
            position=position,
        )
        for position, person in enumerate(persons)
    ]


def _remote(told: Mapping[ItemId, Details]) -> list[Artwork]:
    """The addresses that NFO files give; pictures of kinds that nobody shows are left out."""
    return [
        Artwork(
            id=new_id(),
            item_id=item_id,
            kind=kind,
            source=ArtworkSource.NFO,
            url=picture.url,
            position=position,
        )
        for item_id, details in told.items()
        for position, picture in enumerate(details.pictures)
        if (kind := artwork_kind(picture.aspect)) is not None
    ]
