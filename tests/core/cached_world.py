"""Films and shows of everything that can be cached, and how each cached read is asked of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from app.catalog.domain import CollectionId, CreditKind, GenreId, Label, NetworkId
from app.catalog.domain.said import Elsewhere, RelatedKind
from app.container import Container
from app.core.access import EVERYTHING, SYSTEM, Viewer
from app.core.page import Keyset
from app.core.tx import Tx
from app.items.domain import ItemId, ItemKind
from app.movies.domain import MovieQuery
from app.people.domain import PersonQuery
from app.search.domain import Search, SearchKind
from app.shows.domain import Airing, EpisodeQuery, GuideEntry, ShowQuery
from app.users.domain import UserId
from tests.auth.people import rows
from tests.search.index import index
from tests.support.library import Film, Shelf, Shelves
from tests.support.people import People
from tests.support.said import say
from tests.support.series import Made, Series, add_series


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
    studios: list[Any]

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


async def make_world(app: Container, people: People) -> World:
    """Made anew: everything in it will be changed or deleted."""
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
        await say(app, tx, {ItemId(shelf.movies[0]): {"texts": {"de": {"title": "Eins"}}}})
        await told_by_providers(app, tx, shelf, show)
    await index(app)
    return World(
        app,
        shelf,
        show,
        seen,
        await people.viewer(somebody),
        [i for (i,) in await rows(app, "select id from people order by id")],
        [i for (i,) in await rows(app, "select id from library_files where kind = 'subtitle'")],
        [i for (i,) in await rows(app, "select id from studios")],
    )


async def told_by_providers(app: Container, tx: Tx, shelf: Shelf, show: Made) -> None:
    """Keywords, what is like a film, what belongs to its collection, and the guide of a show."""
    catalog, film = app.catalog_repository, ItemId(shelf.movies[0])
    ids = await catalog.ensure_labels(tx, Label.KEYWORD, ["rain"])
    await catalog.write_labels(tx, Label.KEYWORD, {film: list(ids.values())})
    studios = await catalog.ensure_labels(tx, Label.STUDIO, ["Quiet Pictures"])
    await catalog.write_labels(tx, Label.STUDIO, {film: list(studios.values())})
    other = Elsewhere(source="tmdb", value="1", title="Other")
    await catalog.replace_related(tx, {film: {RelatedKind.SIMILAR: [other]}})
    for collection in shelf.collections.values():
        await catalog.write_parts(tx, CollectionId(collection), [other])
    guide = [GuideEntry(season=9, number=1)]
    await app.show_repository.write_guide(tx, ItemId(show.id), guide)


def of_items(repository: str, function: str, *more: Any) -> Ask:
    """The read of all items there are."""
    return lambda w: getattr(getattr(w.app, repository), function)(w.items, *more)


FILMS = (SearchKind.MOVIE,)
ASKS: dict[str, Ask] = {
    "search": lambda w: w.app.searching._search(EVERYTHING, Search(text="one", kinds=FILMS), 64),
    "search.facets": lambda w: w.app.searching._facets(
        EVERYTHING, Search(text="", kinds=FILMS), ("genre",)
    ),
    "search.version": lambda w: w.app.search_words._last(["last"]),
    "search.complete": lambda w: w.app.searching._complete(EVERYTHING, "o", FILMS, 8),
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
    "artwork.studios": lambda w: w.app.artwork_repository._by_studios(w.studios),
    "artwork.networks": lambda w: w.app.artwork_repository._by_networks(
        list(w.show.networks.values())
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
    "studios.seen": lambda w: w.app.catalog_repository._studios_by_ids(
        EVERYTHING, tuple(w.studios)
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
