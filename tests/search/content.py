"""Content that documents are made of."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.catalog.domain import Credit, CreditKind, Label
from app.catalog.domain.genres import GENRES
from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import new_id
from app.items.domain import ItemId
from app.people.domain import PersonId
from app.search.domain import Document, SearchKind
from app.search.service.collections import COLLECTIONS
from tests.support.library import Film, Shelf, Shelves
from tests.support.said import credit, say
from tests.support.series import Made, Series, add_series

DAY = 24 * 3600.0
DRAMA = set(GENRES["drama"].values())
TOLD = {
    "de": {"title": "Das Boot am See", "overview": "Ein Boot."},
    "fr": {"title": "Le Bateau", "overview": "Un bateau."},
    "es": {"title": "El Barco", "overview": "Un barco."},
    "ja": {"title": "The Boat", "overview": ""},
}
ALONE = "insert into items (id, kind, library_id) values (:id, 'movie', :library)"


class Stage:
    """A library, and what is made in it."""

    def __init__(self, app: Container, shelves: Shelves, shelf: Shelf) -> None:
        self.app, self.shelves, self.shelf = app, shelves, shelf

    async def films(self, *wanted: Film, shelf: Shelf | None = None) -> list[UUID]:
        return [*await self.shelves.fill(shelf or self.shelf, wanted)]

    async def series(self, wanted: Series, shelf: Shelf | None = None) -> Made:
        [made] = await add_series(self.app, shelf or self.shelf, [wanted])
        return made

    async def library(self) -> Shelf:
        return await self.shelves.library(f"Library {new_id()}")

    async def run(self, sql: str, **given: object) -> None:
        async with self.app.db.write(SYSTEM) as tx:
            await tx.execute(text(sql), given)

    async def rate(self, age: int | None, *ids: UUID) -> None:
        await self.run("update items set age = :age where id = any(:ids)", age=age, ids=[*ids])

    async def hide(self, shelf: Shelf) -> None:
        async with self.app.db.write(SYSTEM) as tx:
            assert await self.app.library_repository.hide(tx, shelf.id)

    async def say(self, item: UUID, **said: Any) -> None:
        async with self.app.db.write(SYSTEM) as tx:
            await say(self.app, tx, {ItemId(item): said})

    async def label(self, item: UUID, label: Label, *names: str) -> None:
        catalog = self.app.catalog_repository
        async with self.app.db.write(SYSTEM) as tx:
            ids = await catalog.ensure_labels(tx, label, names)
            await catalog.replace_labels(tx, label, {ItemId(item): [ids[n] for n in names]})

    async def credit(self, item: UUID, *parts: tuple[CreditKind, str | None, str]) -> None:
        """Make these (kind, job, name) the credits of an item."""
        app = self.app
        async with app.db.write(SYSTEM) as tx:
            ids = await app.person_repository.ensure(tx, {name: None for _, _, name in parts})
            credits_ = [
                Credit(
                    id=new_id(),
                    item_id=ItemId(item),
                    person_id=PersonId(ids[name]),
                    kind=kind,
                    job=job,
                    character="Nobody's business",
                    position=n,
                )
                for n, (kind, job, name) in enumerate(parts)
            ]
            await credit(app, tx, {ItemId(item): credits_})

    async def load(self, kind: SearchKind, *ids: UUID) -> Mapping[UUID, Document]:
        return await COLLECTIONS[kind].load(self.app, ids)

    async def one(self, kind: SearchKind, id_: UUID) -> Document:
        return (await self.load(kind, id_))[id_]

    async def person(self, name: str) -> PersonId:
        rows = await self.app.db.records(text("select id from people where name = :n"), {"n": name})
        return PersonId(rows[0]["id"])


@pytest.fixture
async def stage(app: Container) -> Stage:
    shelves = Shelves(app)
    return Stage(app, shelves, await shelves.library("Everything"))
