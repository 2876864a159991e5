"""What hangs on an item is read in a scope, however the caller came by its id."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from app.catalog.domain import CreditKind
from app.container import Container
from app.core.access import EVERYTHING, NOTHING, Scope
from app.items.domain import ItemId
from tests.scanning.stage import alter
from tests.support.library import Film, Shelves
from tests.support.series import Made, Series, add_series


async def test_reads_of_what_one_may_not_see_are_empty(app: Container) -> None:
    shelves = Shelves(app)
    shown, other = await shelves.library("Shown"), await shelves.library("Other")
    await shelves.fill(shown, [Film("Young", age=6, cast=("Y",)), Film("Old", age=18, cast=("O",))])
    await shelves.fill(other, [Film("Other", age=6, cast=("E",))])
    young, old = (ItemId(i) for i in shown.movies)
    elsewhere = ItemId(other.movies[0])
    child = Scope(libraries=frozenset([shown.id]), max_age=12, key="child")
    catalog = app.catalog_repository
    reads: list[Any] = [
        app.item_repository.versions,
        catalog.genres_of,
        partial(catalog.credits_of, kind=CreditKind.CAST, first=20),
        catalog.external_ids_of,
        catalog.collection_of,
        app.artwork_repository.by_items,
    ]
    ids = [young, old, elsewhere]
    for read in reads:
        assert set(await read(EVERYTHING, ids)) == set(ids), read
        assert set(await read(child, ids)) == {young}, read
        assert await read(NOTHING, ids) == {}, read
    files = [*shown.files, *other.files]
    assert set(await app.file_repository.subtitles_of(EVERYTHING, files)) == set(files)
    assert set(await app.file_repository.subtitles_of(child, files)) == {shown.files[0]}
    cast = await catalog.credits_of(EVERYTHING, ids, CreditKind.CAST, 20)
    stars = {i: of_item[0].person_id for i, of_item in cast.items()}
    people = app.person_repository
    assert set(await people.by_ids(EVERYTHING, stars.values())) == set(stars.values())
    assert set(await people.by_ids(child, stars.values())) == {stars[young]}
    # A library whose deletion was asked for shows nothing to anybody.
    await alter(
        app, f"update libraries set deleting = true where id = '{other.id}'", "libraries.hidden"
    )
    await app.redis.client.flushdb()
    app.cache.gap()
    for read in reads:
        assert set(await read(EVERYTHING, ids)) == {young, old}, read


async def test_reads_of_shows_one_may_not_see_are_empty(app: Container) -> None:
    shelves = Shelves(app)
    shown, other = await shelves.library("Shown"), await shelves.library("Other")
    young, old = await add_series(app, shown, [Series("Young", age=6), Series("Old", age=18)])
    (elsewhere,) = await add_series(app, other, [Series("Other", age=6)])
    child = Scope(libraries=frozenset([shown.id]), max_age=12, key="child")
    catalog, episodes = app.catalog_repository, app.episode_repository
    reads: list[tuple[Any, Callable[[Made], Any]]] = [
        (catalog.networks_of, lambda show: show.id),
        (catalog.texts_of, lambda show: show.episodes[1, 1]),
        (app.show_repository.by_ids, lambda show: show.id),
        (app.season_repository.by_ids, lambda show: show.seasons[1]),
        (app.season_repository.of_shows, lambda show: show.id),
        (episodes.by_ids, lambda show: show.episodes[1, 1]),
        (partial(episodes.beside, after=True), lambda show: show.episodes[1, 1]),
        (partial(episodes.within, parent="show_id", first=9), lambda show: show.id),
        (partial(episodes.within, parent="season_id", first=9), lambda show: show.seasons[1]),
    ]
    for read, part in reads:
        ids = [part(show) for show in (young, old, elsewhere)]
        assert set(await read(EVERYTHING, ids=ids)) == set(ids), read
        assert set(await read(child, ids=ids)) == {part(young)}, read
        assert await read(NOTHING, ids=ids) == {}, read


@pytest.mark.parametrize(
    "name",
    [
        "item",
        "catalog",
        "artwork",
        "person",
        "movie",
        "show",
        "season",
        "episode",
        "file",
        "library",
        "watch",
    ],
)
def test_what_is_cached_without_a_scope_is_private(app: Container, name: str) -> None:
    repository = getattr(app, f"{name}_repository")
    for method, read in inspect.getmembers(type(repository), inspect.isfunction):
        if hasattr(read, "declared") and not method.startswith("_"):
            assert "scope" in inspect.signature(read).parameters, method
