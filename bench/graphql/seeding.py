"""A library of films from a fixed seed, written by COPY into a migrated database.

Every value follows from the film's place among the titles, so that each table is made by itself,
and the first films by title are the same however many there are.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import asyncpg
from msgspec import Struct

from app.auth.domain import Entry
from app.container import Container
from app.core.access import SYSTEM
from app.core.config import Config
from app.libraries.domain import LibraryKind
from app.rbac.domain import BuiltIn
from app.users.domain import NewUser

PEOPLE: Final = 2_000
CAST: Final = 10
CREW: Final = ("Director", "Writer", "Producer")
GENRES: Final = (
    "Action", "Adventure", "Animation", "Comedy", "Crime", "Documentary", "Drama", "Family",
    "Fantasy", "History", "Horror", "Music", "Mystery", "Romance", "Science Fiction", "Sport",
    "Thriller", "Travel", "War", "Western",
)  # fmt: skip
OF_EACH: Final = 3  # genres of a film
SHOWN: Final = 64  # movies
CREDITED: Final = 10_000  # films that have credits, the first by title
IN_COLLECTION: Final = 10
STARTED, FINISHED = 30, 5  # films that a viewer has begun and watched
CERTIFICATIONS: Final = (("G", 0), ("PG", 8), ("PG-13", 13), ("R", 17))
HEIGHTS: Final = (480, 720, 1080, 2160)
SAID: Final = (
    "a storm over quiet water finds the last keeper of light and every letter she never sent while "
    "two brothers cross winter roads toward one promise that nobody in town will remember"
)
WORDS: Final = tuple(SAID.split())
FIRST: Final = ("Ada", "Boris", "Clara", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jun")
LAST: Final = ("Abel", "Brandt", "Costa", "Dupont", "Eriksen", "Fischer", "Garcia", "Hansen")
BEGINNING: Final = datetime(2026, 1, 1, tzinfo=UTC)
_STEP: Final = 7919  # scatters titles over the rows; has no divisor with the number of films
_MASK: Final = (1 << 64) - 1
# What a row's id says of its table.
LIBRARY, FOLDER, PERSON, GENRE, COLLECTION, MOVIE, VERSION, FILE, CREDIT = range(9)
MOVIE_COLUMNS: Final = (
    "id title sort_title title_key original_title year release_date overview tagline runtime rating"
    " votes popularity trailer_url"
)
Rows = Iterator[tuple[Any, ...]]


class Watcher(Struct, frozen=True):
    """Somebody who watches: the id for peers, and a session's token for us."""

    id: UUID
    token: str


class Seeded(Struct, frozen=True):
    """What was written, as far as operations name it: `shown` are the movies that are asked for one
    by one, in turn.
    """

    movies: int
    shown: tuple[UUID, ...]
    genre: UUID
    watchers: tuple[Watcher, Watcher]


def row_id(kind: int, number: int) -> UUID:
    """A UUIDv7 that follows from the kind of row and its number; they rise with it."""
    millisecond = int(BEGINNING.timestamp() * 1000) + number
    return UUID(int=millisecond << 80 | 0x7 << 76 | kind << 64 | 0b10 << 62 | number)


def drawn(place: int, salt: int, below: int) -> int:
    """A number from 0 up to `below` that looks as if it were drawn (splitmix64)."""
    mixed = (place * 64 + salt + 1) * 0x9E3779B97F4A7C15 & _MASK
    mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & _MASK
    return (mixed ^ mixed >> 31) % below


def several(place: int, salt: int, count: int, below: int) -> list[int]:
    """`count` different numbers."""
    first, step = drawn(place, salt, below), 1 + drawn(place, salt + 1, below // count - 1)
    return [(first + n * step) % below for n in range(count)]


def runtime(place: int) -> int:
    """Of a film, in seconds."""
    return 4_800 + 60 * drawn(place, 1, 90)


def size(place: int) -> tuple[int, str]:
    """Height of a film's picture, and what it is called."""
    height = HEIGHTS[drawn(place, 2, 4)]
    return height, f"{height}p"


def overview(place: int) -> str:
    """Some 150 characters."""
    said = (WORDS[drawn(place, 8 + n, len(WORDS))] for n in range(27))
    return f"{' '.join(said).capitalize()}."


class Library:
    """The rows of a library of so many films."""

    def __init__(self, movies: int) -> None:
        if movies % _STEP == 0:
            raise ValueError(f"The number of films cannot be a multiple of {_STEP}.")
        self.movies = movies

    def placed(self, before: int | None = None) -> Iterator[tuple[int, int]]:
        """Films as (number, place among the titles), of those up to a place."""
        limit = self.movies if before is None else before
        for number in range(self.movies):
            place = number * _STEP % self.movies
            if place < limit:
                yield number, place

    def movie(self, place: int) -> UUID:
        """The film at this place among the titles."""
        return row_id(MOVIE, place * pow(_STEP, -1, self.movies) % self.movies)

    def tables(self) -> Iterator[tuple[str, str, Callable[[], Rows]]]:
        """Every table in the order of writing: its name, columns and rows."""
        library = row_id(LIBRARY, 0)
        yield (
            "libraries",
            "id name name_key kind watch language",
            lambda: iter([(library, "Films", "films", LibraryKind.MOVIES.value, "off", "en")]),
        )
        folder = (row_id(FOLDER, 0), library, "/srv/films")
        yield "library_folders", "id library_id path", lambda: iter([folder])
        yield "people", "id name name_key portrait_url", _people
        yield "genres", "id name slug", _genres
        yield "collections", "id name name_key overview", self._collections
        yield "items", "id kind library_id certification age added_at", self._items
        yield "movies", MOVIE_COLUMNS, self._movies
        yield "item_genres", "item_id genre_id position", self._item_genres
        yield "credits", "id item_id person_id kind character job position", self._credits
        yield "collection_items", "item_id collection_id", self._collection_items
        yield "external_ids", "item_id source value", self._external_ids
        yield (
            "item_versions",
            "id item_id source height resolution hdr duration confidence",
            self._versions,
        )
        yield (
            "library_files",
            "id library_id folder_id dir name kind role size mtime_ns inode probe added_at",
            self._files,
        )
        yield "version_files", "file_id version_id", self._version_files

    def _items(self) -> Rows:
        for number, place in self.placed():
            certification, age = CERTIFICATIONS[drawn(place, 3, 4)]
            added = BEGINNING + timedelta(seconds=number)
            yield row_id(MOVIE, number), "movie", row_id(LIBRARY, 0), certification, age, added

    def _movies(self) -> Rows:
        for number, place in self.placed():
            year, title = 1950 + drawn(place, 4, 75), f"Film {place:07}"
            rating, votes = (30 + drawn(place, 5, 65)) / 10, drawn(place, 6, 90_000)
            yield (
                row_id(MOVIE, number),
                title,
                title.lower(),
                title.lower(),
                f"{title}, as it was called",
                year,
                date(year, 1 + place % 12, 1 + place % 28),
                overview(place),
                f"Nobody forgets film {place}",
                runtime(place),
                rating,
                votes,
                rating * votes / (votes + 500),
                f"https://films.example.org/trailers/{place}",
            )

    def _item_genres(self) -> Rows:
        for number, place in self.placed():
            for position, genre in enumerate(several(place, 40, OF_EACH, len(GENRES))):
                yield row_id(MOVIE, number), row_id(GENRE, genre), position

    def _credits(self) -> Rows:
        each = CAST + len(CREW)
        for number, place in self.placed(CREDITED):
            for position, person in enumerate(several(place, 42, each, PEOPLE)):
                made, item = row_id(CREDIT, place * each + position), row_id(MOVIE, number)
                if position < CAST:
                    character = f"{FIRST[drawn(place, position, 10)]} the {position + 1}."
                    yield made, item, row_id(PERSON, person), "cast", character, None, position
                else:
                    at, job = position - CAST, CREW[position - CAST]
                    yield made, item, row_id(PERSON, person), "crew", None, job, at

    def _collections(self) -> Rows:
        for number in range(min(self.movies, CREDITED) // IN_COLLECTION // 4):
            name = f"Collection {number:04}"
            yield row_id(COLLECTION, number), name, name.lower(), overview(number)

    def _collection_items(self) -> Rows:
        many = min(self.movies, CREDITED) // 4
        for number, place in self.placed(many - many % IN_COLLECTION):
            yield row_id(MOVIE, number), row_id(COLLECTION, place // IN_COLLECTION)

    def _external_ids(self) -> Rows:
        for number, place in self.placed(CREDITED):
            yield row_id(MOVIE, number), "imdb", f"tt{place:08}"
            yield row_id(MOVIE, number), "tmdb", str(place + 1)

    def _versions(self) -> Rows:
        for number, place in self.placed():
            item, length = row_id(MOVIE, number), float(runtime(place))
            yield row_id(VERSION, number), item, "bluray", *size(place), "sdr", length, 0.95

    def _files(self) -> Rows:
        for number, place in self.placed():
            name, octets = f"Film {place:07}", 2_000_000_000 + drawn(place, 7, 1 << 33)
            where = row_id(LIBRARY, 0), row_id(FOLDER, 0), name, f"{name}.mkv"
            when = BEGINNING + timedelta(seconds=number)
            rest = "video", "main", octets, 10**18 + number, number + 1, "done", when
            yield row_id(FILE, number), *where, *rest

    def _version_files(self) -> Rows:
        for number in range(self.movies):
            yield row_id(FILE, number), row_id(VERSION, number)

    def watched(self, watcher: UUID, which: int) -> Rows:
        """Films that somebody has begun, or watched; each watcher others."""
        for turn, place in enumerate(several(which, 50, STARTED + FINISHED, self.movies)):
            item, length, done = self.movie(place), float(runtime(place)), turn < FINISHED
            at, when = length * (1.0 if done else 0.4), BEGINNING + timedelta(hours=turn)
            yield watcher, item, item, at, length, done, int(done), when


def _people() -> Rows:
    for number in range(PEOPLE):
        name = f"{FIRST[number % 10]} {LAST[number // 10 % 8]} {number:04}"
        yield (
            row_id(PERSON, number),
            name,
            name.lower(),
            f"https://films.example.org/people/{number}",
        )


def _genres() -> Rows:
    for number, name in enumerate(GENRES):
        yield row_id(GENRE, number), name, name.lower().replace(" ", "-")


PROGRESS: Final = "user_id item_id root_id position duration completed plays last_watched_at"


async def copy(connection: Any, table: str, columns: str, rows: Rows) -> None:
    """Write rows to a table.

    Foreign keys are not looked up: they follow from the numbers. Items are counted by triggers.
    """
    role = "origin" if table == "items" else "replica"
    await connection.execute(f"set session_replication_role = {role}")
    await connection.copy_records_to_table(table, records=rows, columns=columns.split())


async def watchers(config: Config) -> tuple[Watcher, Watcher]:
    """Two who see everything, signed in without a password."""
    app = Container(config)
    await app.open()
    made = []
    try:
        async with app.db.write(SYSTEM) as tx:
            for number in range(2):
                user = await app.user_repository.create(tx, NewUser(username=f"watcher-{number}"))
                assert user is not None
                await app.rbac.set_roles(tx, user.id, [BuiltIn.ADMINISTRATOR.id])
                tokens = await app.sessions.open(tx, user.id, "password", Entry(), factor=True)
                made.append(Watcher(user.id, tokens.access))
    finally:
        await app.close()
    return made[0], made[1]


async def seed(config: Config, movies: int) -> Seeded:
    """Fill a migrated, empty database; nothing may run on it yet."""
    library, people = Library(movies), await watchers(config)
    connection = await asyncpg.connect(dsn=config.database_url)
    try:
        for table, columns, rows in library.tables():
            await copy(connection, table, columns, rows())
        for number, watcher in enumerate(people):
            await copy(connection, "watch_progress", PROGRESS, library.watched(watcher.id, number))
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()
    return Seeded(
        movies=movies,
        shown=tuple(
            [library.movie(movies // 10 + place) for place in range(min(SHOWN, movies // 2))]
        ),
        genre=row_id(GENRE, 6),
        watchers=people,
    )
