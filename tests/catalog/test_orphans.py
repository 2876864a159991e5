"""What no item has any more is deleted, and never what an import is about to use."""

import asyncio

import pytest

from app.catalog.domain import Label
from app.catalog.jobs import CleanCatalog
from app.catalog.service import orphans
from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.items.domain import ItemId
from app.people.domain import NamedPerson
from tests.auth.people import rows
from tests.server.test_upkeep import carry_out
from tests.support.library import Film, Shelf, Shelves
from tests.support.series import Series, add_series


async def names(app: Container) -> set[str]:
    """The names of all persons, genres and collections."""
    found = await rows(
        app,
        "select name from people union select name from genres union select name from collections",
    )
    return {name for (name,) in found}


@pytest.fixture
async def shelf(app: Container) -> Shelf:
    shelves = Shelves(app)
    shelf = await shelves.library("Films")
    films = [
        Film(f"Film {n}", genres=(f"G{n}", "G"), cast=(f"C{n}", "C"), crew=(), collection=f"S{n}")
        for n in range(4)
    ]
    await shelves.fill(shelf, films)
    return shelf


async def test_what_no_item_has_is_deleted(
    app: Container, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "AT_ONCE", 2)
    assert await carry_out(app, CleanCatalog()) == "completed"
    everything = {f"{kind}{n}" for kind in "GCS" for n in range(4)} | {"G", "C"}
    assert await names(app) == everything
    ids = {name: i for i, name in await rows(app, "select id, name from people")}
    assert len(await app.person_repository.by_ids(EVERYTHING, [ids["C0"], ids["C"]])) == 2
    async with app.db.write(SYSTEM) as tx:
        named = [NamedPerson(name=name, ids={"tmdb": name}) for name in ("C0", "C3")]
        assert await app.person_repository.recognise(tx, named) == [ids["C0"], ids["C3"]]
        await app.item_repository.delete(tx, [ItemId(i) for i in shelf.movies[:3]])
    assert await carry_out(app, CleanCatalog()) == "completed"
    assert await names(app) == {"G3", "C3", "S3", "G", "C"}
    assert await rows(app, "select value from person_ids") == [("C3",)]
    assert set(await app.person_repository.by_ids(EVERYTHING, [ids["C0"], ids["C"]])) == {ids["C"]}
    async with app.db.write(SYSTEM) as tx:
        await app.item_repository.delete(tx, [ItemId(i) for i in shelf.movies])
    await carry_out(app, CleanCatalog())
    assert await names(app) == set()


async def test_what_an_import_is_about_to_use_stays(app: Container, shelf: Shelf) -> None:
    async with app.db.write(SYSTEM) as tx:
        await app.item_repository.delete(tx, [ItemId(i) for i in shelf.movies[:1]])
    item = ItemId(shelf.movies[1])
    async with app.db.write(SYSTEM) as tx:
        genres = await app.catalog_repository.ensure_labels(tx, Label.GENRE, ["G0"])
        sagas = await app.catalog_repository.ensure_collections(tx, {"S0": None})
        await app.person_repository.ensure(tx, {"C0": None})
        cleaning = asyncio.create_task(carry_out(app, CleanCatalog()))
        done, _ = await asyncio.wait([cleaning], timeout=0.3)
        assert not done, "it waits for the import"
        await app.catalog_repository.replace_labels(tx, Label.GENRE, {item: [genres["G0"]]})
        await app.catalog_repository.join_collections(tx, {item: sagas["S0"]})
    assert await cleaning == "completed"
    assert await names(app) >= {"G0", "S0"}
    assert not await names(app) & {"C0", "G1", "S1"}


async def test_networks_go_with_their_last_show(app: Container, shelf: Shelf) -> None:
    one, two = await add_series(
        app, shelf, [Series("One", networks=("ABC", "BBC")), Series("Two", networks=("ABC",))]
    )
    found = "select name from networks order by name"
    for gone, left in ((one, ["ABC"]), (two, [])):
        async with app.db.write(SYSTEM) as tx:
            await app.item_repository.delete(tx, gone.items)
        assert await carry_out(app, CleanCatalog()) == "completed"
        assert [name for (name,) in await rows(app, found)] == left
