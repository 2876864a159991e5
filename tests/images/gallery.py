"""Films with pictures of a server on loopback, which stands for a provider's."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import httpx

from app.container import Container
from app.core.access import SYSTEM
from app.core.ids import encode_id
from app.images.domain import ArtworkKind, ArtworkSource, Offered, Owner, OwnerKind
from app.items.domain import ItemId
from tests.support.api import Api
from tests.support.library import Film, Shelf, Shelves
from tests.support.outside import Asked, Site, Write, response, site
from tests.support.people import Somebody

ARTWORK = """query($id: ID!, $kind: ArtworkKind, $width: Int! = 500, $format: ImageFormat,
    $language: String, $first: Int! = 5) {
  movie(id: $id) { artwork(kind: $kind, width: $width, format: $format, language: $language,
      first: $first) {
    id kind source provider url width height thumbhash color language chosen file { name } } } }"""


class Gallery:
    """A provider's server of pictures: bytes by path; a whole answer where it begins with HTTP."""

    def __init__(self, app: Container, api: Api, shelf: Shelf) -> None:
        self.app, self.api, self.shelf = app, api, shelf
        self.pictures: dict[str, bytes] = {}
        self.wait = 0.0
        self.site: Site

    async def __call__(self, asked: Asked, write: Write) -> None:
        await asyncio.sleep(self.wait)
        found = self.pictures.get(asked.path)
        if found is None:
            await write(response(b"", 404))
        elif found.startswith(b"HTTP"):
            await write(found)
        else:
            await write(response(found, content_type="image/jpeg"))

    @property
    def film(self) -> ItemId:
        return ItemId(self.shelf.movies[0])

    def named(self, path: str, kind: ArtworkKind = ArtworkKind.POSTER, **more: Any) -> Offered:
        """A picture of this server, as a provider names it."""
        url = path if "://" in path else self.site.url + path
        return Offered(kind=kind, provider="tvmaze", url=url, **more)

    async def offer(self, *pictures: Offered, film: ItemId | None = None) -> None:
        """Let these be the pictures of the film."""
        owner = Owner(OwnerKind.ITEM, film or self.film)
        async with self.app.db.write(SYSTEM) as tx:
            await self.app.artwork_repository.offer(tx, {owner: pictures})

    async def shown(self, viewer: Somebody, **given: Any) -> list[dict[str, Any]]:
        """The artwork of the film, as somebody sees it."""
        found = await self.api.run(ARTWORK, viewer, id=encode_id("movie", self.film), **given)
        artwork: list[dict[str, Any]] = found["movie"]["artwork"]
        return artwork

    async def get(self, url: str, **headers: str) -> httpx.Response:
        """A picture, as an `<img>` asks for it: without credentials."""
        return await self.api.http.get(url, headers=headers)


async def three_films(app: Container) -> Shelf:
    """A library with films that have no pictures."""
    shelves = Shelves(app)
    shelf = await shelves.library("Films")
    await shelves.fill(shelf, [Film("One"), Film("Two"), Film("Three")])
    async with app.db.write(SYSTEM) as tx:
        await app.artwork_repository.replace(
            tx, [ItemId(i) for i in shelf.movies], [ArtworkSource.NFO], []
        )
    return shelf


@contextlib.asynccontextmanager
async def opened(app: Container, api: Api, shelf: Shelf) -> AsyncIterator[Gallery]:
    """A gallery of these films, whose server an administrator wrote down for TVmaze."""
    made = Gallery(app, api, shelf)
    async with site(made) as where:
        made.site = where
        await app.settings.update(SYSTEM, "metadata.tvmaze.address", where.url)
        yield made
    await app.settings.reset(SYSTEM, "metadata.tvmaze.address")
    await app.outside.close()
