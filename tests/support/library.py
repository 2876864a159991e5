"""Libraries full of movies, made through the repositories: no files, no scan, no worker."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from app.catalog.domain import Credit, CreditKind, Label
from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import encode_id, new_id
from app.core.tx import Tx
from app.images.domain import (
    Artwork,
    ArtworkKind,
    ArtworkSource,
    Offered,
    Owner,
    OwnerKind,
)
from app.items.domain import Item, ItemId, ItemKind, Part, Version, VersionFacts, VersionId
from app.libraries.domain import (
    FileId,
    FileKind,
    Folder,
    Library,
    LibraryId,
    LibraryKind,
    ProbeState,
    Scan,
    ScanError,
    ScanId,
    ScanKind,
    ScanState,
)
from app.libraries.repository import NewFile, Unprobed
from app.media.domain import Probed
from app.movies.domain import MovieId
from app.people.domain import PersonId
from app.watch.domain import Progress
from tests.support.found_media import MEDIA
from tests.support.said import credit

START = datetime(2026, 1, 1, tzinfo=UTC)
SIZE = 1_000_000


@dataclass(frozen=True)
class Film:
    """What a movie shall be; names of genres, people and collections are shared by name."""

    title: str
    year: int | None = 1999
    certification: str | None = "PG-13"
    age: int | None = 13
    genres: Sequence[str] = ("Drama",)
    cast: Sequence[str] = ("Ann Actor",)
    crew: Sequence[str] = ("Dan Director",)
    collection: str | None = "Saga"
    studios: Sequence[str] = ()
    external: str | None = None
    height: int = 2160
    hdr: str | None = "hdr10"


@dataclass
class Shelf:
    """A library that was made, with the ids of what is in it."""

    id: LibraryId
    movies: list[MovieId] = field(default_factory=list)
    files: list[FileId] = field(default_factory=list)
    versions: list[VersionId] = field(default_factory=list)
    scans: list[ScanId] = field(default_factory=list)
    genres: dict[str, UUID] = field(default_factory=dict)
    collections: dict[str, UUID] = field(default_factory=dict)
    people: dict[str, UUID] = field(default_factory=dict)
    studios: dict[str, UUID] = field(default_factory=dict)

    @property
    def ref(self) -> str:
        """The library's id as the API writes it."""
        return encode_id("library", self.id)

    @property
    def movie_refs(self) -> list[str]:
        """The movies' ids as the API writes them."""
        return [encode_id("movie", i) for i in self.movies]


class Shelves:
    """Makes libraries quickly."""

    def __init__(self, app: Container) -> None:
        self._app = app
        self._made = 0

    async def library(self, name: str, folder: str | None = None) -> Shelf:
        """An empty library with one folder."""
        self._made += 1
        library_id = LibraryId(new_id())
        path = folder or f"/srv/made/{library_id.hex}"
        library = Library(
            id=library_id,
            name=name,
            kind=LibraryKind.MOVIES,
            enabled=True,
            scan_on_start=False,
            schedule=None,
            language="en",
            created_at=START + timedelta(minutes=self._made),
            deleting=False,
            folders=(Folder(id=new_id(), library_id=library_id, path=path),),
        )
        async with self._app.db.write(SYSTEM) as tx:
            await self._app.library_repository.create(tx, library, None)
        return Shelf(library_id)

    async def fill(self, shelf: Shelf, films: Sequence[Film]) -> list[MovieId]:
        """Add movies with a version, two files, genres, credits, collection and artwork each."""
        app = self._app
        found = (await app.library_repository.by_ids(SYSTEM.scope, [shelf.id]))[shelf.id]
        folder = found.folders[0].id
        made = [MovieId(new_id()) for _ in films]
        async with app.db.write(SYSTEM) as tx:
            await self._files(tx, shelf, folder, films, made)
            await self._describe(tx, shelf, films, made)
        shelf.movies += made
        await app.cache.settle()
        return made

    async def _files(
        self,
        tx: Tx,
        shelf: Shelf,
        folder: UUID,
        films: Sequence[Film],
        made: Sequence[MovieId],
    ) -> None:
        app, base = self._app, len(shelf.movies)
        items = [
            Item(
                id=ItemId(i),
                kind=ItemKind.MOVIE,
                library_id=shelf.id,
                certification=f.certification,
                age=f.age,
                added_at=START + timedelta(seconds=base + n),
            )
            for n, (i, f) in enumerate(zip(made, films, strict=True))
        ]
        videos = [FileId(new_id()) for _ in films]
        rows = [
            NewFile(
                id=FileId(new_id()) if kind is FileKind.SUBTITLE else videos[n],
                library_id=shelf.id,
                folder_id=folder,
                dir=f"movie-{base + n}",
                name=f"movie-{base + n}.{suffix}",
                kind=kind,
                role="feature",
                size=SIZE,
                mtime_ns=1,
                inode=base + n,
                probe=ProbeState.PENDING if kind is FileKind.VIDEO else ProbeState.NONE,
            )
            for n in range(len(films))
            for kind, suffix in ((FileKind.VIDEO, "mkv"), (FileKind.SUBTITLE, "en.srt"))
        ]
        await app.item_repository.add(tx, items)
        await app.movie_repository.add(tx, [_row(i, f) for i, f in zip(made, films, strict=True)])
        await app.file_repository.add(tx, rows)
        await app.file_repository.probed(tx, [_looked_into(file_id) for file_id in videos])
        versions = [
            Version(
                id=VersionId(new_id()),
                item_id=ItemId(i),
                height=f.height,
                resolution=f"{f.height}p",
                parts=(Part(file_id=v, part=None),),
            )
            for i, f, v in zip(made, films, videos, strict=True)
        ]
        await app.item_repository.add_versions(tx, versions)
        facts = {v: _facts(f) for v, f in zip(videos, films, strict=True)}
        await app.item_repository.describe_versions(tx, facts)
        shelf.files += videos
        shelf.versions += [version.id for version in versions]

    async def _describe(
        self, tx: Tx, shelf: Shelf, films: Sequence[Film], made: Sequence[MovieId]
    ) -> None:
        app = self._app
        catalog = app.catalog_repository
        names = {n for f in films for n in (*f.cast, *f.crew)}
        people = await app.person_repository.ensure(tx, dict.fromkeys(sorted(names)))
        genres = await catalog.ensure_labels(tx, Label.GENRE, {g for f in films for g in f.genres})
        sagas = {f.collection: None for f in films if f.collection}
        collections = await catalog.ensure_collections(tx, dict(sagas))
        pairs = [(ItemId(i), f) for i, f in zip(made, films, strict=True)]
        await catalog.replace_labels(
            tx, Label.GENRE, {i: [genres[g] for g in f.genres] for i, f in pairs}
        )
        await credit(app, tx, {i: _credits(i, f, people) for i, f in pairs})
        await catalog.join_collections(
            tx, {i: collections[f.collection] if f.collection else None for i, f in pairs}
        )
        await catalog.add_external_ids(
            tx, {i: {"imdb": f.external or f"tt{i.int % 10**12}"} for i, f in pairs}
        )
        pictures = [
            Artwork(
                id=new_id(),
                item_id=i,
                kind=ArtworkKind.POSTER,
                source=ArtworkSource.NFO,
                url=f"https://static.tvmaze.com/{i.hex}",
            )
            for i, _ in pairs
        ]
        await app.artwork_repository.replace(
            tx, [i for i, _ in pairs], [ArtworkSource.NFO], pictures
        )
        await self._produce(tx, shelf, pairs)
        shelf.people |= {name: UUID(int=p.int) for name, p in people.items()}
        shelf.genres |= {name: UUID(int=g.int) for name, g in genres.items()}
        shelf.collections |= {name: UUID(int=c.int) for name, c in collections.items()}

    async def _produce(self, tx: Tx, shelf: Shelf, films: Sequence[tuple[ItemId, Film]]) -> None:
        """Their studios, each with a logo."""
        catalog, names = self._app.catalog_repository, {s for _, f in films for s in f.studios}
        studios = await catalog.ensure_labels(tx, Label.STUDIO, names)
        of_films = {i: [studios[s] for s in f.studios] for i, f in films}
        await catalog.replace_labels(tx, Label.STUDIO, of_films)
        logos = {
            Owner(OwnerKind.STUDIO, i): [
                Offered(
                    kind=ArtworkKind.LOGO,
                    provider="tvmaze",
                    url=f"https://static.tvmaze.com/{i.hex}",
                )
            ]
            for i in studios.values()
        }
        await self._app.artwork_repository.offer(tx, logos)
        shelf.studios |= studios

    async def unmatched(self, shelf: Shelf, names: Sequence[str]) -> list[FileId]:
        """Add videos that belong to nothing."""
        app = self._app
        found = (await app.library_repository.by_ids(SYSTEM.scope, [shelf.id]))[shelf.id]
        rows = [
            NewFile(
                id=FileId(new_id()),
                library_id=shelf.id,
                folder_id=found.folders[0].id,
                dir="unsorted",
                name=name,
                kind=FileKind.VIDEO,
                role="feature",
                size=SIZE,
                mtime_ns=1,
                inode=number,
                probe=ProbeState.DONE,
            )
            for number, name in enumerate(names)
        ]
        async with app.db.write(SYSTEM) as tx:
            await app.file_repository.add(tx, rows)
        return [row.id for row in rows]

    async def scan(self, shelf: Shelf, state: ScanState = ScanState.COMPLETED) -> ScanId:
        """A scan record with one error."""
        scan_id = ScanId(new_id())
        at = START + timedelta(hours=len(shelf.scans))
        scan = Scan(
            id=scan_id,
            library_id=shelf.id,
            kind=ScanKind.FULL,
            state=ScanState.PENDING,
            created_at=at,
        )
        error = ScanError("movie-0/secret-name.mkv", "The file is empty.")
        async with self._app.db.write(SYSTEM) as tx:
            await self._app.scan_repository.create(tx, scan)
            await self._app.scan_repository.record(
                tx,
                scan_id,
                {
                    "state": state.value,
                    "errors": [{"path": error.path, "reason": error.reason}],
                    "started_at": at,
                    "finished_at": at + timedelta(seconds=5) if state.over else None,
                },
            )
        shelf.scans.append(scan_id)
        return scan_id

    async def watched(self, user_id: UUID, ids: Sequence[UUID], fraction: float = 0.5) -> None:
        """Progress of a user with movies or episodes."""
        rows = [
            Progress(
                user_id=user_id,
                item_id=ItemId(i),
                position=6000 * fraction,
                duration=6000,
                completed=fraction >= 0.9,
                plays=int(fraction >= 0.9),
                last_watched_at=START + timedelta(seconds=n),
                completed_at=START if fraction >= 0.9 else None,
            )
            for n, i in enumerate(ids)
        ]
        async with self._app.db.write(SYSTEM) as tx:
            await self._app.watch_repository.write(tx, rows)


def films(count: int, start: int = 0) -> list[Film]:
    """Movies that share a few genres, people and collections."""
    return [
        Film(
            title=f"Film {n:04}",
            year=1950 + n % 70,
            genres=("Drama", f"Genre {n % 7}"),
            cast=("Ann Actor", f"Actor {n % 11}"),
            crew=("Dan Director", f"Writer {n % 5}"),
            collection=f"Saga {n % 13}",
        )
        for n in range(start, start + count)
    ]


def _row(movie_id: MovieId, film: Film) -> dict[str, object]:
    return {
        "id": movie_id,
        "title": film.title,
        "sort_title": film.title.casefold(),
        "title_from": "name",
        "title_key": film.title.casefold(),
        "year": film.year,
        "overview": f"About {film.title}.",
        "runtime": 6000,
        "rating": 7.5,
        "votes": 100,
    }


def _credits(item_id: ItemId, film: Film, people: Mapping[str, UUID]) -> list[Credit]:
    named = [(CreditKind.CAST, n, name) for n, name in enumerate(film.cast)]
    named += [(CreditKind.CREW, n, name) for n, name in enumerate(film.crew)]
    return [
        Credit(
            id=new_id(),
            item_id=item_id,
            person_id=PersonId(people[name]),
            kind=kind,
            character=f"Role {n}" if kind is CreditKind.CAST else None,
            job="Director" if kind is CreditKind.CREW else None,
            position=n,
        )
        for kind, n, name in named
    ]


def _looked_into(file_id: FileId) -> tuple[Unprobed, Probed]:
    """A file, and what was found in it."""
    file = Unprobed(id=file_id, path="", size=SIZE, mtime_ns=1, read_before=False)
    return file, Probed(info=MEDIA, content_hash=file_id.bytes, size=SIZE, mtime_ns=1)


def _facts(film: Film) -> VersionFacts:
    return VersionFacts(
        duration=MEDIA.duration, height=film.height, resolution=f"{film.height}p", hdr=film.hdr
    )
