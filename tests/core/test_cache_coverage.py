"""Every read that is asked often is cached, or has a reason; and no write leaves a copy behind."""

import inspect
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from app.catalog.domain import CollectionId, CreditKind, GenreId, Label, NetworkId, Translation
from app.catalog.domain.said import Elsewhere, RelatedKind
from app.container import Container
from app.core.access import EVERYTHING, SYSTEM, Viewer
from app.core.cache import Declared
from app.core.clock import minutes
from app.core.page import Keyset
from app.core.tx import Tx
from app.images.domain import ArtworkKind, Offered, Owner, OwnerKind
from app.items.domain import ItemId, ItemKind
from app.libraries.domain import LibraryInput, LibraryKind
from app.movies.domain import MovieQuery
from app.people.domain import PersonDetails, PersonQuery
from app.shows.domain import Airing, EpisodeQuery, GuideEntry, ShowQuery
from app.users.domain import UserId
from tests.auth.people import rows
from tests.core.cached_reads import CACHED, NAMED, UNCACHED
from tests.support.library import Film, Shelf, Shelves
from tests.support.people import People
from tests.support.series import Made, Series, add_series
from tests.support.statements import caused

APP = Path(__file__).parent.parent.parent / "app"


def resolved(function: str) -> Any:
    """What `module:Class.function` names."""
    module, _, path = function.partition(":")
    found: Any = import_module(f"app.{module}")
    for name in path.split("."):
        found = inspect.getattr_static(found, name)
    return found


def cached_reads() -> dict[str, Declared]:
    """All that any class of the application declares, by `module:Class.function`."""
    found: dict[str, Declared] = {}
    for path in APP.rglob("*.py"):
        if "@cached" not in path.read_text():
            continue
        name = ".".join(path.relative_to(APP).with_suffix("").parts).removesuffix(".__init__")
        if name == "core.cache":
            continue
        module = import_module(f"app.{name}")
        for cls in vars(module).values():
            if inspect.isclass(cls) and cls.__module__ == module.__name__:
                found |= {
                    f"{name}:{cls.__name__}.{function}": read.declared
                    for function, read in vars(cls).items()
                    if hasattr(read, "declared")
                }
    return found


def test_the_table_says_what_is_declared() -> None:
    table = {
        read.function: Declared(read.name, minutes(read.minutes), read.tags) for read in CACHED
    }
    assert table == cached_reads()
    assert len({read.name for read in CACHED}) == len(CACHED), "two share a name, and entries"


def test_what_is_not_cached_has_a_reason() -> None:
    for read in UNCACHED:
        assert len(read.why) > 20, read.of
        if read.function is None:
            slice_ = read.why.removeprefix("comes with the slice `").removesuffix("`")
            assert not (APP / slice_).exists(), f"{read.of} is to be found now"
        else:
            assert not hasattr(resolved(read.function), "declared"), read.function


def test_everything_that_has_a_name_is_in_the_table() -> None:
    told = {name for read in (*CACHED, *UNCACHED) for name in read.of}
    assert told >= NAMED, "nobody says how it is cached"


# -- writes


@dataclass
class World:
    """Films and shows of everything that can be cached, and what somebody has watched of them."""

    app: Container
    shelf: Shelf
    show: Made
    seen: Made
    viewer: Viewer
    persons: list[Any]
    subtitles: list[Any]

    @property
    def movies(self) -> list[Any]:
        return list(self.shelf.movies)

    @property
    def items(self) -> list[ItemId]:
        return [*(ItemId(i) for i in self.movies), *self.show.items, *self.seen.items]

    @property
    def own(self) -> tuple[Any, ...]:
        return self.viewer.account, EVERYTHING

    @property
    def watched(self) -> dict[str, Any]:
        return {"watched": True, "watcher": self.viewer.account, "today": TODAY}


TODAY = date(2026, 1, 1)
PAGE = Keyset(20)
ANN = PersonQuery(words=("ann",))
Ask = Callable[[World], Awaitable[Any]]


@pytest.fixture
async def world(app: Container, people: People) -> World:
    shelves = Shelves(app)
    shelf = await shelves.library("Films")
    await shelves.fill(shelf, [Film("One"), Film("Two"), Film("Three")])
    show, seen = await add_series(
        app, shelf, [Series("Show", {1: 3}), Series("Seen", {1: 1}, first_aired=date(2002, 1, 1))]
    )
    somebody = await people.make(libraries=[shelf.id])
    await shelves.watched(somebody.id, [shelf.movies[0]], 0.5)
    ended = [shelf.movies[1], show.episodes[1, 1], seen.episodes[1, 1]]
    await shelves.watched(somebody.id, ended, 1.0)
    async with app.db.write(SYSTEM) as tx:
        said = [Translation(language="de", title="Eins")]
        await app.catalog_repository.replace_texts(tx, {ItemId(shelf.movies[0]): said})
        await told_by_providers(app, tx, shelf, show)
    return World(
        app,
        shelf,
        show,
        seen,
        await people.viewer(somebody),
        [i for (i,) in await rows(app, "select id from people order by id")],
        [i for (i,) in await rows(app, "select id from library_files where kind = 'subtitle'")],
    )


async def told_by_providers(app: Container, tx: Tx, shelf: Shelf, show: Made) -> None:
    """Keywords, what is like a film, what belongs to its collection, and the guide of a show."""
    catalog, film = app.catalog_repository, ItemId(shelf.movies[0])
    ids = await catalog.ensure_labels(tx, Label.KEYWORD, ["rain"])
    await catalog.write_labels(tx, Label.KEYWORD, {film: list(ids.values())})
    other = Elsewhere(source="tmdb", value="1", title="Other")
    await catalog.replace_related(tx, {film: {RelatedKind.SIMILAR: [other]}})
    for collection in shelf.collections.values():
        await catalog.write_parts(tx, CollectionId(collection), [other])
    guide = [GuideEntry(season=9, number=1)]
    await app.show_repository.write_guide(tx, ItemId(show.id), guide)


def of_items(repository: str, function: str, *more: Any) -> Ask:
    """The read of all items there are."""
    return lambda w: getattr(getattr(w.app, repository), function)(w.items, *more)


ASKS: dict[str, Ask] = {
    "user": lambda w: w.app.user_repository._by_ids([UserId(w.viewer.account)]),
    "user_settings": lambda w: w.app.user_settings.of([w.viewer.account]),
    "library": lambda w: w.app.library_repository._by_ids([w.shelf.id]),
    "libraries": lambda w: w.app.library_repository.page(EVERYTHING, PAGE),
    "libraries.count": lambda w: w.app.library_repository.count(EVERYTHING),
    "file": lambda w: w.app.file_repository._by_ids(w.shelf.files),
    "file.subtitles": lambda w: w.app.file_repository._subtitles_of(w.shelf.files),
    "item": of_items("item_repository", "_by_ids"),
    "item.versions": of_items("item_repository", "_versions"),
    "item.credits": lambda w: w.app.catalog_repository._credits_of(w.items, CreditKind.CAST, 20),
    "item.external_ids": of_items("catalog_repository", "_external_ids_of"),
    "item.texts": of_items("catalog_repository", "_texts_of"),
    "item.telling": of_items("catalog_repository", "_tellings_of"),
    "item.collection": of_items("catalog_repository", "_collection_of"),
    "item.collection.spoken": of_items("catalog_repository", "_spoken_collection_of", "de"),
    "item.labels": of_items("catalog_repository", "_labels_of"),
    "item.metadata": of_items("catalog_repository", "_metadata_of"),
    "item.tags": of_items("catalog_repository", "_tags_of"),
    "items.related": lambda w: w.app.catalog_repository._related_of(
        EVERYTHING, tuple(w.items), RelatedKind.SIMILAR, 10
    ),
    "collections.parts": lambda w: w.app.catalog_repository._parts_of(
        EVERYTHING, tuple(CollectionId(i) for i in w.shelf.collections.values())
    ),
    "show.guide": of_items("show_repository", "_guides"),
    "item.labels.spoken": of_items("catalog_repository", "_spoken_labels_of", "de"),
    "artwork": of_items("artwork_repository", "_by_items"),
    "artwork.people": lambda w: w.app.artwork_repository._by_people(w.persons),
    "artwork.collections": lambda w: w.app.artwork_repository._by_collections(
        list(w.shelf.collections.values())
    ),
    "movie": of_items("movie_repository", "_by_ids"),
    "show": of_items("show_repository", "_by_ids"),
    "season": of_items("season_repository", "_by_ids"),
    "episode": of_items("episode_repository", "_by_ids"),
    "movie.spoken": of_items("movie_repository", "_spoken_by_ids", "de"),
    "show.spoken": of_items("show_repository", "_spoken_by_ids", "de"),
    "season.spoken": of_items("season_repository", "_spoken_by_ids", "de"),
    "episode.spoken": of_items("episode_repository", "_spoken_by_ids", "de"),
    "person": lambda w: w.app.person_repository._by_ids(w.persons),
    "person.biography": lambda w: w.app.person_repository._biographies(w.persons),
    "person.external_ids": lambda w: w.app.person_repository._external_ids(w.persons),
    "people": lambda w: w.app.person_repository.page(w.viewer.scope, ANN, PAGE),
    "people.count": lambda w: w.app.person_repository.count(w.viewer.scope, ANN),
    "people.filmography": lambda w: w.app.credit_repository._of_persons(
        EVERYTHING, tuple(w.persons), 20
    ),
    "people.credited": lambda w: w.app.catalog_repository._credited(
        w.viewer.scope, tuple(w.persons)
    ),
    "collection": lambda w: w.app.catalog_repository._collections_by_ids(
        [CollectionId(i) for i in w.shelf.collections.values()]
    ),
    "collection.spoken": lambda w: w.app.catalog_repository._spoken_collections_by_ids(
        [CollectionId(i) for i in w.shelf.collections.values()], "de"
    ),
    "collections.seen": lambda w: w.app.catalog_repository._collections_seen(
        EVERYTHING, tuple(CollectionId(i) for i in w.shelf.collections.values())
    ),
    "collections": lambda w: w.app.catalog_repository.collection_page(EVERYTHING, PAGE),
    "collections.count": lambda w: w.app.catalog_repository.collection_count(EVERYTHING),
    "items.similar": lambda w: w.app.catalog_repository._similar(
        EVERYTHING, ItemKind.MOVIE, (ItemId(w.movies[0]),), 10
    ),
    "labels": lambda w: w.app.catalog_repository.label_page(Label.GENRE, EVERYTHING, None, PAGE),
    "labels.count": lambda w: w.app.catalog_repository.label_count(Label.GENRE, EVERYTHING, None),
    "genres.seen": lambda w: w.app.catalog_repository._genres_by_ids(
        EVERYTHING, tuple(GenreId(i) for i in w.shelf.genres.values()), "de"
    ),
    "networks.seen": lambda w: w.app.catalog_repository._networks_by_ids(
        EVERYTHING, tuple(NetworkId(i) for i in w.show.networks.values())
    ),
    "items.recent": lambda w: w.app.item_repository.recent(
        EVERYTHING, (ItemKind.MOVIE,), None, PAGE
    ),
    "items.recent.count": lambda w: w.app.item_repository.count(
        EVERYTHING, (ItemKind.MOVIE,), None
    ),
    "movies": lambda w: w.app.movie_repository.page(EVERYTHING, of_watched(MovieQuery, w), PAGE),
    "movies.count": lambda w: w.app.movie_repository.count(EVERYTHING, of_watched(MovieQuery, w)),
    "shows": lambda w: w.app.show_repository.page(EVERYTHING, of_watched(ShowQuery, w), PAGE),
    "shows.count": lambda w: w.app.show_repository.count(EVERYTHING, of_watched(ShowQuery, w)),
    "shows.seasons": lambda w: w.app.season_repository._of_shows(EVERYTHING, (w.show.id,)),
    "episodes": lambda w: w.app.episode_repository.page(EVERYTHING, EpisodeQuery(), PAGE),
    "episodes.count": lambda w: w.app.episode_repository.count(EVERYTHING, EpisodeQuery()),
    "episodes.airing": lambda w: w.app.episode_repository.airing(
        EVERYTHING, Airing(until=TODAY), PAGE
    ),
    "episodes.airing.count": lambda w: w.app.episode_repository.airing_count(
        EVERYTHING, Airing(until=TODAY)
    ),
    "episodes.within": lambda w: w.app.episode_repository._within(
        EVERYTHING, "show_id", (w.show.id,), 9
    ),
    "episodes.counts": lambda w: w.app.episode_repository._counts(
        EVERYTHING, "show_id", (w.show.id,)
    ),
    "episodes.beside": lambda w: w.app.episode_repository._beside(
        EVERYTHING, (w.show.episodes[1, 1],), after=True
    ),
    "shows.next": lambda w: w.app.next_up_repository._of_shows(*w.own, (w.show.id,), TODAY),
    "shows.stats": lambda w: w.app.next_up_repository._stats(*w.own, "show_id", (w.show.id,)),
    "next_up": lambda w: w.app.next_up_repository.page(*w.own, TODAY, PAGE),
    "next_up.count": lambda w: w.app.next_up_repository.count(*w.own, TODAY),
    "watch.continue": lambda w: w.app.watch_repository.continuing(*w.own, PAGE),
    "watch.history": lambda w: w.app.watch_repository.history(*w.own, PAGE),
    "watch.count": lambda w: w.app.watch_repository.count(*w.own, unfinished=False),
}


def of_watched(query: Any, world: World) -> Any:
    """What the viewer has watched."""
    known = {name: v for name, v in world.watched.items() if name in query.__struct_fields__}
    return query(**known)


async def hide(world: World) -> None:
    await world.app.libraries.delete(SYSTEM, world.shelf.id)


async def rate(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.item_repository.rate(tx, [(i, "R", 17) for i in world.items])


async def delete(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.item_repository.delete(tx, world.items)


async def unwatch(world: World) -> None:
    for item in (*world.movies, world.show.id, world.seen.id):
        await world.app.watch.remove(world.viewer, ItemId(item))


async def rename(world: World) -> None:
    await world.app.libraries.update(SYSTEM, world.shelf.id, LibraryInput(name="Renamed"))


async def add_library(world: World) -> None:
    wanted = LibraryInput(name="Another", folders=(str(world.app.config.data),))
    await world.app.libraries.create(SYSTEM, LibraryKind.MOVIES, wanted)


async def purge(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.file_repository.delete(tx, world.shelf.files)


async def lose_subtitles(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        ids, since = world.subtitles, world.app.clock.now()
        await world.app.file_repository.mark_missing(tx, world.shelf.id, ids, since)


async def offer(world: World, tx: Tx, kind: OwnerKind, owners: Iterable[UUID]) -> None:
    picture = Offered(kind=ArtworkKind.POSTER, provider="tvmaze", url="https://pictures.test/x")
    await world.app.artwork_repository.offer(tx, {Owner(kind, i): [picture] for i in owners})


async def portray(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.person_repository.ensure(tx, {"Ann Actor": "https://pictures.test/ann"})
        await offer(world, tx, OwnerKind.PERSON, world.persons)


async def describe(world: World) -> None:
    """Everything that is kept of a person is another."""
    said = PersonDetails(name="Zed", biography="Told.", ids={"tmdb": "1"})
    async with world.app.db.write(SYSTEM) as tx:
        for person in world.persons[:1]:
            await world.app.person_repository.describe(tx, person, said, world.app.clock.now())
        await offer(world, tx, OwnerKind.PERSON, world.persons)


async def tell(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        told: dict[str, str | None] = dict.fromkeys(world.shelf.collections, "All of them.")
        await world.app.catalog_repository.ensure_collections(tx, told)
        await offer(world, tx, OwnerKind.COLLECTION, world.shelf.collections.values())


async def call(world: World) -> None:
    await world.app.users.update_profile(world.viewer, {"display_name": "Somebody Else"})


async def prefer(world: World) -> None:
    await world.app.user_settings.prefer(world.viewer, {"email_notifications": False})


WRITES: dict[str, tuple[Callable[[World], Awaitable[None]], ...]] = {
    "item:{}": (rate, delete),
    "libraries.hidden": (hide,),
    "items": (delete, hide),
    "watch:{user_id}": (unwatch,),
    "watch:{query.watcher}": (unwatch,),
    "libraries": (add_library, hide),
    "library:{}": (rename, hide),
    "file:{}": (purge,),
    "subtitles": (lose_subtitles,),
    "person:{}": (describe,),
    "people": (describe,),
    "collection:{}": (tell,),
    "collections.told": (tell,),
    "user:{}": (call,),
    "user_settings:{}": (prefer,),
}


def test_every_read_is_asked_and_every_tag_is_touched() -> None:
    assert set(ASKS) == {read.name for read in CACHED}
    assert set(WRITES) == {tag for read in CACHED for tag in read.tags}


async def relabel(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        catalog = world.app.catalog_repository
        none: dict[ItemId, list[Any]] = {item: [] for item in world.items}
        for label in Label:
            await catalog.replace_labels(tx, label, none)


async def disperse(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.catalog_repository.join_collections(tx, dict.fromkeys(world.items))


async def dismiss(world: World) -> None:
    async with world.app.db.write(SYSTEM) as tx:
        await world.app.catalog_repository.replace_credits(tx, {i: [] for i in world.items})


# Writes of what hangs on items, as they come alone out of the tags of films.
LINKS: dict[Callable[[World], Awaitable[None]], tuple[str, ...]] = {
    relabel: ("item.labels", "item.tags", "labels", "labels.count", "genres.seen", "networks.seen"),
    disperse: ("item.collection", "collections", "collections.count", "collections.seen"),
    dismiss: ("item.credits", "people.credited", "people", "people.count", "people.filmography"),
    portray: ("person",),
}
CASES = [
    (write, tuple(read.name for read in CACHED if tag in read.tags))
    for tag, writes in WRITES.items()
    for write in writes
]


@pytest.mark.parametrize(("write", "names"), [*CASES, *LINKS.items()])
async def test_a_write_leaves_no_copy(
    world: World, write: Callable[[World], Awaitable[None]], names: tuple[str, ...]
) -> None:
    """Neither in this process nor in Redis, and what it changes is what the read is of."""
    app = world.app
    before = {name: await ASKS[name](world) for name in names}
    await app.cache.settle()
    seen: list[str] = []
    app.db.statements = caused(seen)
    try:
        assert {name: await ASKS[name](world) for name in names} == before
    finally:
        app.db.statements = None
    assert seen == [], "it is not cached at all"
    await write(world)
    after = {name: await ASKS[name](world) for name in names}
    await app.cache.settle()
    app.cache.gap()
    from_redis = {name: await ASKS[name](world) for name in names}
    await app.cache.settle()
    await app.redis.client.flushdb()
    app.cache.gap()
    anew = {name: await ASKS[name](world) for name in names}
    for name in names:
        assert after[name] == from_redis[name] == anew[name] != before[name], name
