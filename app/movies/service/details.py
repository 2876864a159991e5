"""Writes what is said of films: texts, genres, people, collections, ids and artwork."""

from collections.abc import Mapping, Sequence

from app.catalog.domain import Credit, CreditKind, Details, Person
from app.catalog.repository import CatalogRepository
from app.core.ids import new_id
from app.core.tx import Tx
from app.images.domain import Artwork, ArtworkKind, ArtworkSource, artwork_kind
from app.images.repository import ArtworkRepository
from app.items.domain import ItemId, age_of
from app.items.repository import ItemRepository
from app.libraries.domain import FileId
from app.movies.domain import MovieId
from app.movies.repository import MovieRepository
from app.movies.service.candidates import details_values
from app.people.domain import PersonId
from app.people.repository import PersonRepository


class DetailsWriter:
    """A batch of films at once."""

    def __init__(
        self,
        movies: MovieRepository,
        items: ItemRepository,
        catalog: CatalogRepository,
        people: PersonRepository,
        artwork: ArtworkRepository,
    ) -> None:
        self._movies, self._items, self._catalog = movies, items, catalog
        self._people, self._artwork = people, artwork

    async def write(self, tx: Tx, told: Mapping[ItemId, Details], *, new: set[ItemId]) -> None:
        """Put details in the place of what NFO files said before."""
        if not told:
            return
        old = {i: d for i, d in told.items() if i not in new}
        await self._movies.describe(
            tx, {MovieId(i): details_values(details) for i, details in old.items()}
        )
        await self._items.rate(
            tx,
            [
                (i, d.certification, age_of(d.certification))
                for i, d in old.items()
                if d.certification
            ],
        )
        await self._catalog.add_external_ids(tx, {i: d.ids for i, d in told.items() if d.ids})
        await self._write_genres(tx, {i: d.genres for i, d in told.items()})
        await self._write_credits(tx, told)
        await self._write_collections(tx, told)
        pictures = {i: _remote(i, d) for i, d in told.items()}
        await self._artwork.replace(
            tx, list(pictures), [ArtworkSource.NFO], [a for all_ in pictures.values() for a in all_]
        )

    async def fill_genres(self, tx: Tx, genres: Mapping[ItemId, Sequence[str]]) -> None:
        """Genres of films that have none."""
        if not genres:
            return
        known = await self._catalog.genres_of(list(genres))
        await self._write_genres(tx, {i: g for i, g in genres.items() if i not in known})

    async def picture(
        self, tx: Tx, files: Sequence[FileId], found: Mapping[ItemId, Sequence[Artwork]]
    ) -> set[ItemId]:
        """These files are now artwork as `found` has it and no other; answers changed films."""
        new = [picture for pictures in found.values() for picture in pictures]
        return await self._artwork.replace_files(tx, files, new) if files else set()

    async def _write_genres(self, tx: Tx, genres: Mapping[ItemId, Sequence[str]]) -> None:
        if not genres:
            return
        names = dict.fromkeys(name for of_item in genres.values() for name in of_item)
        ids = await self._catalog.ensure_genres(tx, list(names))
        by_item = {i: [ids[n] for n in of_item if n in ids] for i, of_item in genres.items()}
        await self._catalog.replace_genres(tx, by_item)

    async def _write_credits(self, tx: Tx, told: Mapping[ItemId, Details]) -> None:
        portraits: dict[str, str | None] = {}
        for details in told.values():
            for person in (*details.cast, *details.crew):
                portraits[person.name] = portraits.get(person.name) or person.portrait_url
        ids = await self._people.ensure(tx, portraits)
        credits_ = {
            item_id: [
                *_credits(item_id, details.cast, CreditKind.CAST, ids),
                *_credits(item_id, details.crew, CreditKind.CREW, ids),
            ]
            for item_id, details in told.items()
        }
        await self._catalog.replace_credits(tx, credits_)

    async def _write_collections(self, tx: Tx, told: Mapping[ItemId, Details]) -> None:
        overviews = {d.collection: d.collection_overview for d in told.values() if d.collection}
        ids = await self._catalog.ensure_collections(tx, overviews)
        await self._catalog.join_collections(
            tx, {i: ids.get(d.collection) if d.collection else None for i, d in told.items()}
        )


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


def _remote(item_id: ItemId, details: Details) -> list[Artwork]:
    return [
        Artwork(
            id=new_id(),
            item_id=item_id,
            kind=artwork_kind(picture.aspect) or ArtworkKind.POSTER,
            source=ArtworkSource.NFO,
            url=picture.url,
            position=position,
        )
        for position, picture in enumerate(details.pictures)
    ]
