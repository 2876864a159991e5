"""What lists ask PostgreSQL is the same whether it was built for a shape or for itself."""

import random
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.catalog.domain import CollectionId, GenreId, Label, NetworkId
from app.container import Container
from app.core.access import Scope
from app.core.asked import Asked
from app.core.ids import new_id
from app.core.page import Keyset, Page
from app.items.domain import ItemKind
from app.libraries.domain import LibraryId
from app.movies.domain import MovieQuery, MovieSort
from app.shows.domain import Airing, EpisodeQuery, ShowQuery, ShowSort, ShowStatus
from tests.faults.scale import scaled
from tests.support.library import START, Film, Shelf, Shelves
from tests.support.people import People
from tests.support.series import Series, add_series

ROUNDS = scaled(240)
TODAY = date(2026, 1, 1)


class World:
    """Two libraries, who watched some of it, and questions about them at random."""

    def __init__(self, app: Container, shelves: list[Shelf], user: UUID) -> None:
        self.app, self.shelves, self.user = app, shelves, user
        self.dice = random.Random(5)
        self.genres = [GenreId(i) for shelf in shelves for i in shelf.genres.values()]
        self.compared = 0

    def maybe(self, make: Callable[[], Any], none: Any = None) -> Any:
        return make() if self.dice.random() < 0.3 else none

    def some(self, values: list[Any]) -> tuple[Any, ...]:
        return tuple(sorted(self.dice.sample(values, self.dice.randint(0, min(2, len(values))))))

    def scope(self) -> Scope:
        ids = [shelf.id for shelf in self.shelves]
        libraries = self.maybe(lambda: frozenset(self.some(ids)))
        return Scope(libraries=libraries, max_age=self.maybe(lambda: self.year(0, 18)), key="x")

    def year(self, low: int = 1988, high: int = 1995) -> int:
        return self.dice.randint(low, high)

    def content(self) -> dict[str, Any]:
        """What one asks of any content."""
        watched = self.maybe(lambda: self.dice.random() < 0.5)
        return {
            "libraries": self.maybe(lambda: self.some([shelf.id for shelf in self.shelves])),
            "genres": self.maybe(lambda: self.some(self.genres), ()),
            "year_from": self.maybe(self.year),
            "year_to": self.maybe(self.year),
            "rating_from": self.maybe(lambda: self.dice.choice([0, 2.5])),
            "votes_from": self.maybe(lambda: 3),
            "watched": watched,
            "watcher": None if watched is None else self.user,
            "added_since": self.maybe(lambda: START + timedelta(seconds=self.year(0, 20))),
            "max_age": self.maybe(lambda: self.year(0, 18)),
            "missing": self.dice.random() < 0.1,
            "descending": self.dice.random() < 0.5,
        }

    def seed(self, sort: Any) -> str:
        return self.dice.choice(["", "a", "b"]) if sort.value == "random" else ""

    async def ask(self) -> None:
        """One question of every kind."""
        app, scope = self.app, self.scope()
        await self._content(scope)
        kinds = self.dice.choice([(ItemKind.MOVIE,), (ItemKind.MOVIE, ItemKind.EPISODE)])
        libraries = self.maybe(lambda: self.some([LibraryId(s.id) for s in self.shelves]))
        await self.through(lambda at: app.item_repository.recent(scope, kinds, libraries, at))
        await app.item_repository.count(scope, kinds, libraries)
        await self._catalog(scope)
        await self._watched(scope)

    async def _content(self, scope: Scope) -> None:
        app, dice = self.app, self.dice
        sort, order = dice.choice(list(MovieSort)), dice.choice(list(ShowSort))
        films = MovieQuery(
            **self.content(),
            seed=self.seed(sort),
            sort=sort,
            collection=self.maybe(lambda: CollectionId(new_id())),
            resolutions=self.maybe(lambda: self.some(["720p", "1080p", "2160p"]), ()),
            hdr=self.maybe(lambda: dice.random() < 0.5),
        )
        await self.through(lambda at: app.movie_repository.page(scope, films, at))
        await app.movie_repository.count(scope, films)
        asked = ShowQuery(
            **self.content(),
            seed=self.seed(order),
            sort=order,
            networks=self.maybe(lambda: (NetworkId(new_id()),), ()),
            statuses=self.maybe(lambda: (ShowStatus.ENDED,), ()),
            today=TODAY,
        )
        await self.through(lambda at: app.show_repository.page(scope, asked, at))
        await app.show_repository.count(scope, asked)
        episodes = EpisodeQuery(show=self.maybe(new_id), season=self.maybe(new_id))
        await self.through(lambda at: app.episode_repository.page(scope, episodes, at))
        await app.episode_repository.count(scope, episodes)
        down, playable = dice.random() < 0.5, dice.random() < 0.5
        since = self.maybe(lambda: date(2003, 1, 1))
        airing = Airing(since=since, until=TODAY, playable=playable, descending=down)
        await self.through(lambda at: app.episode_repository.airing(scope, airing, at))
        await app.episode_repository.airing_count(scope, airing)

    async def _catalog(self, scope: Scope) -> None:
        catalog = self.app.catalog_repository
        label, kinds = self.dice.choice(list(Label)), self.maybe(lambda: (ItemKind.SHOW,))
        await self.through(lambda at: catalog.label_page(label, scope, kinds, at))
        await catalog.label_count(label, scope, kinds)
        await catalog.genres_by_ids(scope, self.genres)
        page = await self.through(lambda at: catalog.collection_page(scope, at))
        await catalog.collections_by_ids(scope, [CollectionId(i) for i in page.ids])
        await catalog.collection_count(scope)
        await catalog.credited(scope, [new_id()])
        await self.through(lambda at: self.app.library_repository.page(scope, at))
        await self.app.library_repository.count(scope)

    async def _watched(self, scope: Scope) -> None:
        watch, next_up = self.app.watch_repository, self.app.next_up_repository
        await self.through(lambda at: watch.continuing(self.user, scope, at))
        await self.through(lambda at: watch.history(self.user, scope, at))
        await watch.count(self.user, scope, unfinished=self.dice.random() < 0.5)
        await self.through(lambda at: next_up.page(self.user, scope, TODAY, at))
        await next_up.count(self.user, scope, TODAY)

    async def through(self, page: Callable[[Keyset], Any]) -> Page[UUID]:
        """Two pages of a list."""
        found: Page[UUID] = await page(Keyset(3))
        if found.has_next:
            await page(Keyset(2, found.cursors[-1]))
        return found


@pytest.fixture
async def world(app: Container, people: People) -> World:
    user = (await people.admin()).id
    shelves = Shelves(app)
    shelf, other = await shelves.library("Films"), await shelves.library("More")
    for place, count in ((shelf, 12), (other, 5)):
        await shelves.fill(
            place,
            [
                Film(
                    title=f"Film {n}",
                    year=None if n % 5 == 4 else 1989 + n % 5,
                    age=None if n % 4 == 3 else n % 4 * 6,
                    genres=("Drama",) if n % 2 else ("War",),
                    collection=f"Saga {n % 5}",
                    height=(720, 1080, 2160)[n % 3],
                )
                for n in range(count)
            ],
        )
    await add_series(app, other, [Series(title=f"Show {n}", year=1990 + n) for n in range(5)])
    async with app.db.pool.acquire() as connection:
        await connection.execute("update movies set rating = votes, votes = 4 where year > 1990")
        await connection.execute(
            "insert into watch_progress (user_id, item_id, root_id, position, duration, completed,"
            " last_watched_at) select $1, id, coalesce(parent_id, id), 30, 100, random() < 0.3,"
            " now() - random() * interval '1 day' from items where kind in ('movie', 'episode')"
            " and random() < 0.7",
            user,
        )
    return World(app, [shelf, other], user)


async def test_a_shape_asks_what_its_question_does(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every list of the catalogue, asked at random: the same rows as without shapes."""
    db, found = world.app.db, 0
    records, page = db.records, db.page

    async def records_of_both(statement: Any, params: Any = None) -> Any:
        nonlocal found
        rows = await records(statement, params)
        if isinstance(statement, Asked):
            plain = await records(statement.build(*statement.arguments), params)
            assert sorted(map(repr, rows)) == sorted(map(repr, plain))  # some have no order
            world.compared += 1
            found += len(rows)
        return rows

    async def page_of_both(listed: Any, sort: str, at: Keyset) -> Any:
        nonlocal found
        shown = await page(listed, sort, at)
        if isinstance(listed, Asked):
            assert shown == await page(listed.build(*listed.arguments), sort, at)
            world.compared += 1
            found += len(shown.ids)
        return shown

    monkeypatch.setattr(db, "records", records_of_both)
    monkeypatch.setattr(db, "page", page_of_both)
    monkeypatch.setattr(world.app.cache, "enabled", False)
    for _ in range(ROUNDS):
        await world.ask()
    assert world.compared > ROUNDS * 20
    assert found > world.compared  # not only of nothing
