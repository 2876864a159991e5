"""Logos of studios and networks: of those that one sees, by several providers and many items."""

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from app.catalog.domain import Label, NetworkId
from app.catalog.graphql.content import artwork_by_network
from app.catalog.graphql.said import artwork_by_studio
from app.core.access import SYSTEM
from app.core.ids import encode_id
from app.images.domain import ArtworkKind, Offered, Owner, OwnerKind
from app.items.domain import ItemId
from tests.auth.people import rows
from tests.images.gallery import Gallery
from tests.support.library import Film, Shelves
from tests.support.outside import response
from tests.support.people import People, Somebody
from tests.support.pictures import plain
from tests.support.series import Series, add_series
from tests.support.statements import caused

STUDIOS = """query($id: ID!) { movie(id: $id) { studios { name artwork(kind: LOGO, width: 100) {
  id kind source provider url } } } }"""
NETWORKS = """{ shows { nodes { networks { name artwork(width: 100) {
  id kind source provider url } } } } }"""
WAITING = text(
    "select count(*) from pg_stat_activity where wait_event = 'advisory'"
    " and datname = current_database()"
)
KNOWN = "select studio_id, url, provider from artwork where studio_id is not null order by 2"


@pytest.fixture
async def studio(gallery: Gallery) -> UUID:
    """The studio of the film."""
    catalog = gallery.app.catalog_repository
    async with gallery.app.db.write(SYSTEM) as tx:
        made = await catalog.ensure_labels(tx, Label.STUDIO, ["Quiet"])
        await catalog.write_labels(tx, Label.STUDIO, {gallery.film: list(made.values())})
    return made["Quiet"]


async def beside(gallery: Gallery, named: Mapping[Owner, list[Offered]]) -> None:
    async with gallery.app.db.write(SYSTEM) as tx:
        await gallery.app.artwork_repository.offer_beside(tx, named)


async def logos(gallery: Gallery, who: Somebody) -> list[dict[str, Any]]:
    found = await gallery.api.run(STUDIOS, who, id=encode_id("movie", gallery.film))
    [of_studio] = found["movie"]["studios"]
    artwork: list[dict[str, Any]] = of_studio["artwork"]
    return artwork


async def test_studios_and_networks_have_logos(
    gallery: Gallery, people: People, studio: UUID
) -> None:
    gallery.pictures = {f"/{n}.png": plain("PNG", (300, 100)) for n in ("quiet", "abc")}
    [show] = await add_series(gallery.app, gallery.shelf, [Series("Show", {1: 1})])
    named = {
        Owner(OwnerKind.STUDIO, studio): [gallery.named("/quiet.png", ArtworkKind.LOGO)],
        Owner(OwnerKind.NETWORK, show.networks["ABC"]): [
            gallery.named("/abc.png", ArtworkKind.LOGO)
        ],
    }
    ann = await people.make(libraries=[gallery.shelf.id])
    assert await logos(gallery, ann) == []
    await beside(gallery, named)
    [of_network] = (await gallery.api.run(NETWORKS, ann))["shows"]["nodes"][0]["networks"]
    for shown in (*await logos(gallery, ann), *of_network["artwork"]):
        assert (shown["kind"], shown["source"], shown["provider"]) == ("LOGO", "PROVIDER", "tvmaze")
        assert f"/{shown['id']}/154?" in shown["url"]
        answer = await gallery.get(shown["url"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert gallery.site.connections == 2
    async with gallery.app.db.write(SYSTEM) as tx:
        await gallery.app.artwork_repository.offer(tx, dict.fromkeys(named, ()))
    assert await logos(gallery, ann) == []
    assert await rows(gallery.app, KNOWN) == []


async def test_only_of_studios_and_networks_that_one_sees(
    gallery: Gallery, people: People, studio: UUID
) -> None:
    shelves, app = Shelves(gallery.app), gallery.app
    hidden = await shelves.library("Hidden")
    await shelves.fill(hidden, [Film("Secret", studios=("Secret",))])
    secret = hidden.studios["Secret"]
    [mine] = await add_series(app, gallery.shelf, [Series("Mine", {1: 1})])
    [theirs] = await add_series(app, hidden, [Series("Theirs", {1: 1}, networks=("CBS",))])
    abc, cbs = NetworkId(mine.networks["ABC"]), NetworkId(theirs.networks["CBS"])
    logo = [gallery.named("/logo.png", ArtworkKind.LOGO)]
    studios = {Owner(OwnerKind.STUDIO, i): logo for i in (studio, secret)}
    await beside(gallery, studios | {Owner(OwnerKind.NETWORK, i): logo for i in (abc, cbs)})
    for shelf, seen in ((gallery.shelf, {studio, abc}), (hidden, {secret, cbs})):
        viewer = await people.viewer(await people.make(libraries=[shelf.id]))
        of_studios = await artwork_by_studio(app, viewer, [studio, secret])
        of_networks = await artwork_by_network(app, viewer, [abc, cbs])
        assert {*of_studios, *of_networks} == seen
        assert all(len(shown) == 1 for shown in (*of_studios.values(), *of_networks.values()))


async def test_a_logo_that_is_gone_has_no_frame_in_its_place(
    gallery: Gallery, people: People, studio: UUID
) -> None:
    gallery.pictures = {"/quiet.png": response(b"", 404)}
    await beside(
        gallery,
        {Owner(OwnerKind.STUDIO, studio): [gallery.named("/quiet.png", ArtworkKind.LOGO)]},
    )
    ann = await people.make(libraries=[gallery.shelf.id])
    [shown] = await logos(gallery, ann)
    assert (await gallery.get(shown["url"])).status_code == 404
    assert await logos(gallery, ann) == []


async def test_what_other_providers_name_stays(gallery: Gallery, studio: UUID) -> None:
    def logo(provider: str, path: str) -> dict[Owner, list[Offered]]:
        named = Offered(kind=ArtworkKind.LOGO, provider=provider, url=f"https://p.test/{path}")
        return {Owner(OwnerKind.STUDIO, studio): [named]}

    async def known() -> list[str]:
        return [url[-1] + " " + provider for _, url, provider in await rows(gallery.app, KNOWN)]

    await beside(gallery, logo("tmdb", "a"))
    await beside(gallery, logo("tvdb", "b"))
    assert await known() == ["a tmdb", "b tvdb"]
    before = await rows(gallery.app, "select id, url from artwork order by id")
    await beside(gallery, logo("tmdb", "c"))
    assert await known() == ["b tvdb", "c tmdb"]
    after = await rows(gallery.app, "select id, url from artwork order by id")
    assert len(set(before) & set(after)) == len(before) - 1, "the others keep their ids"
    seen: list[str] = []
    gallery.app.db.statements = caused(seen)
    await beside(gallery, logo("tmdb", "c"))
    gallery.app.db.statements = None
    assert not [told for told in seen if "for update" in told.lower()], "nobody waits without news"
    async with gallery.app.db.pool.acquire() as connection:
        await connection.execute("update artwork set failures = 3")
    await beside(gallery, logo("tmdb", "c"))
    failing = "select provider from artwork where failures > 0 and studio_id is not null"
    assert await rows(gallery.app, failing) == [("tvdb",)]


async def test_who_names_a_logo_at_once_names_it_once(gallery: Gallery, studio: UUID) -> None:
    """Films of one studio are refreshed side by side."""
    named = {Owner(OwnerKind.STUDIO, studio): [gallery.named("/quiet.png", ArtworkKind.LOGO)]}
    async with gallery.app.db.write(SYSTEM) as tx:
        await gallery.app.artwork_repository.offer_beside(tx, named)
        other = asyncio.ensure_future(beside(gallery, named))
        while not other.done() and not await gallery.app.db.scalar(WAITING):
            await asyncio.sleep(0.05)
    await other
    assert len(await rows(gallery.app, KNOWN)) == 1


async def test_logos_go_with_their_owners(gallery: Gallery, studio: UUID) -> None:
    app = gallery.app
    named = {Owner(OwnerKind.STUDIO, studio): [gallery.named("/quiet.png", ArtworkKind.LOGO)]}
    await beside(gallery, named)
    async with app.db.write(SYSTEM) as tx:
        await app.item_repository.delete(tx, [ItemId(i) for i in gallery.shelf.movies])
    assert len(await rows(app, KNOWN)) == 1
    async with app.db.write(SYSTEM) as tx:
        assert await app.catalog_repository.delete_unused_labels(tx, Label.STUDIO, 10) == 1
    assert await rows(app, KNOWN) == []
