"""Which picture comes first: what providers name, what somebody chooses, in which language."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from app.core.access import SYSTEM
from app.core.errors import Code
from app.core.ids import encode_id, new_id
from app.images.domain import ArtworkKind, Owner, OwnerKind, upload_key
from app.images.jobs import FetchArtwork, TidyImages
from app.items.domain import ItemId
from app.libraries.events import LIBRARIES_TOPIC
from tests.auth.people import rows
from tests.images.gallery import Gallery
from tests.support.api import ApiError
from tests.support.jobs import carry_out, carry_out_waiting
from tests.support.people import People, Somebody
from tests.support.pictures import plain
from tests.support.statements import caused

SET = """mutation($item: ID!, $kind: ArtworkKind!, $artwork: ID, $upload: ID) {
  setArtwork(itemId: $item, kind: $kind, artworkId: $artwork, uploadId: $upload) {
    id kind source chosen url } }"""


def film(gallery: Gallery) -> str:
    return encode_id("movie", gallery.film)


async def ids(gallery: Gallery, who: Somebody, **given: Any) -> list[str]:
    return [shown["id"] for shown in await gallery.shown(who, **given)]


async def send(gallery: Gallery, who: Somebody, data: bytes) -> str:
    headers = {"authorization": who.authorization}
    answer = await gallery.api.http.put("/uploads", content=data, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_named_again_is_the_same_picture(gallery: Gallery, people: People) -> None:
    admin = await people.admin()
    a, b = gallery.named("/a.jpg", score=1.0), gallery.named("/b.jpg", score=2.0)
    await gallery.offer(a, b)
    first, second = await ids(gallery, admin)
    await gallery.offer(b, a, b)
    assert await ids(gallery, admin) == [second, first]
    await gallery.offer(b, gallery.named("/b.jpg", ArtworkKind.BACKDROP))
    found = await gallery.shown(admin)
    assert [(p["id"] == second, p["kind"]) for p in found] == [
        (True, "POSTER"),
        (False, "BACKDROP"),
    ]
    await gallery.offer()
    assert [p["source"] for p in await gallery.shown(admin)] == ["FRAME"]


async def test_what_is_named_unchanged_is_not_written(gallery: Gallery) -> None:
    offered = [gallery.named(f"/{n}.jpg", score=float(n), width=n + 1) for n in range(20)]
    await gallery.offer(*offered)
    seen: list[str] = []
    gallery.app.db.statements = caused(seen)
    try:
        await gallery.offer(*offered)
    finally:
        gallery.app.db.statements = None
    assert [s.split()[0].lower() for s in seen] == ["select"]


async def test_the_statements_do_not_grow(gallery: Gallery) -> None:
    counts = []
    for films, pictures in ((1, 1), (3, 25)):
        owners = {
            Owner(OwnerKind.ITEM, i): [gallery.named(f"/{films}{n}") for n in range(pictures)]
            for i in gallery.shelf.movies[:films]
        }
        seen: list[str] = []
        gallery.app.db.statements = caused(seen)
        try:
            async with gallery.app.db.write(SYSTEM) as tx:
                await gallery.app.artwork_repository.offer(tx, owners)
        finally:
            gallery.app.db.statements = None
        counts.append(len(seen))
    assert counts[1] - counts[0] <= 1, "what is gone now is deleted"


async def test_at_most_thirty_of_a_kind_are_kept(gallery: Gallery, people: People) -> None:
    await gallery.offer(*(gallery.named(f"/{n}.jpg") for n in range(100)))
    assert len(await ids(gallery, await people.admin(), first=50)) == 30


async def test_the_best_of_each_kind_come_first(gallery: Gallery, people: People) -> None:
    kinds = [ArtworkKind.POSTER] * 3 + [ArtworkKind.BACKDROP] * 2 + [ArtworkKind.LOGO]
    await gallery.offer(*(gallery.named(f"/{n}.jpg", kind) for n, kind in enumerate(kinds)))
    shown = [p["kind"] for p in await gallery.shown(await people.admin(), first=6)]
    assert shown == ["POSTER", "BACKDROP", "LOGO", "POSTER", "BACKDROP", "POSTER"]


async def test_the_language_decides_among_a_provider_s(gallery: Gallery, people: People) -> None:
    admin = await people.admin()
    tongues = ["ja", "en", None, "de-AT", "de"]
    posters = [gallery.named(f"/{t}.jpg", language=t) for t in tongues]
    backdrops = [gallery.named(f"/b{t}.jpg", ArtworkKind.BACKDROP, language=t) for t in tongues]
    await gallery.offer(*posters, *backdrops)

    async def order(**given: Any) -> list[str | None]:
        return [p["language"] for p in await gallery.shown(admin, **given)]

    assert await order(kind="POSTER", language="de") == ["de", "de-AT", None, "en", "ja"]
    assert await order(kind="POSTER", language="deu") == ["de", "de-AT", None, "en", "ja"]
    assert (await order(kind="BACKDROP", language="de"))[:2] == [None, "de-AT"]
    assert (await order(kind="POSTER"))[0] == "en", "the library's language"
    with pytest.raises(ApiError) as refused:
        await order(language="no language at all")
    assert (refused.value.code, refused.value.field) == (Code.INVALID, "language")


async def test_a_chosen_picture_comes_first_until_it_is_taken_back(
    gallery: Gallery, people: People
) -> None:
    admin, ann = await people.admin(), await people.make(libraries=[gallery.shelf.id])
    await gallery.offer(gallery.named("/a.jpg"), gallery.named("/b.jpg"))
    first, second = await ids(gallery, admin)
    for chosen in (second, first, second):
        made = await gallery.api.run(SET, admin, item=film(gallery), kind="POSTER", artwork=chosen)
        assert (made["setArtwork"]["id"], made["setArtwork"]["chosen"]) == (chosen, True)
        assert (await ids(gallery, ann))[0] == chosen
    await gallery.offer(gallery.named("/a.jpg"))
    assert await ids(gallery, ann) == [second, first], "what was chosen stays"
    made = await gallery.api.run(SET, admin, item=film(gallery), kind="POSTER")
    assert (made["setArtwork"]["id"], made["setArtwork"]["chosen"]) == (first, False)
    log = "select changes from activity_log where action = 'artwork.choose' order by id"
    told = [changes["poster"] for (changes,) in await rows(gallery.app, log)]
    assert (told[0], told[-1]) == ({"old": None, "new": second}, {"old": second, "new": None})


async def test_an_upload_is_chosen_and_kept(gallery: Gallery, people: People) -> None:
    admin = await people.admin()
    await gallery.offer(gallery.named("/a.jpg"))
    for _ in range(2):
        upload = await send(gallery, admin, plain("PNG", (300, 450), "blue"))
        made = await gallery.api.run(SET, admin, item=film(gallery), kind="POSTER", upload=upload)
        assert made["setArtwork"]["source"] == "UPLOAD"
    found = await gallery.shown(admin, kind="POSTER")
    assert [p["source"] for p in found] == ["UPLOAD", "PROVIDER"], "the same one is one"
    assert (found[0]["width"], found[0]["color"]) == (300, "#0000ff")
    answer = await gallery.get(found[0]["url"])
    assert answer.status_code == 200
    assert await rows(gallery.app, "select 1 from uploads") == []
    again = await gallery.api.fails(SET, admin, item=film(gallery), kind="POSTER", upload=upload)
    assert again.code is Code.NOT_FOUND


async def test_an_upload_that_nothing_has_any_more_is_deleted(
    gallery: Gallery, people: People
) -> None:
    admin, app = await people.admin(), gallery.app
    upload = await send(gallery, admin, plain("PNG", (30, 45)))
    await gallery.api.run(SET, admin, item=film(gallery), kind="POSTER", upload=upload)
    [(digest,)] = await rows(app, "select hash from images")
    await rows(app, "update images set created_at = now() - interval '2 days' returning id")
    assert await carry_out(app, TidyImages()) == "completed"
    assert await app.blobs.exists(upload_key(digest))
    await rows(app, "delete from artwork returning id")
    assert await carry_out(app, TidyImages()) == "completed"
    assert not await app.blobs.exists(upload_key(digest))
    assert await rows(app, "select 1 from images") == []


async def test_choosing_is_told_to_those_who_watch_the_library(
    gallery: Gallery, people: People
) -> None:
    await gallery.offer(gallery.named("/a.jpg"))
    admin = await people.admin()
    [only] = await ids(gallery, admin)
    async with gallery.app.live.subscribe(LIBRARIES_TOPIC) as messages:
        await gallery.api.run(SET, admin, item=film(gallery), kind="POSTER", artwork=only)
        [message] = await asyncio.wait_for(messages.burst(1), 5)
    assert (message.name, message.payload["updated"]) == ("library.changed", [str(gallery.film)])


async def test_what_setting_refuses(gallery: Gallery, people: People) -> None:
    admin, moderator = await people.admin(), await people.make()
    await gallery.offer(gallery.named("/a.jpg"), gallery.named("/b.jpg", ArtworkKind.LOGO))
    poster, logo = await ids(gallery, admin)
    upload = await send(gallery, admin, plain())
    other = encode_id("movie", gallery.shelf.movies[1])
    cases: list[tuple[dict[str, Any], Code]] = [
        ({"artwork": logo}, Code.NOT_FOUND),
        ({"artwork": encode_id("image", new_id())}, Code.NOT_FOUND),
        ({"artwork": poster, "item": other}, Code.NOT_FOUND),
        ({"artwork": poster, "upload": upload}, Code.INVALID),
        ({"artwork": film(gallery)}, Code.INVALID),
        ({"item": encode_id("movie", new_id())}, Code.NOT_FOUND),
        ({"item": encode_id("library", gallery.shelf.id)}, Code.INVALID),
        ({"upload": encode_id("upload", new_id())}, Code.NOT_FOUND),
    ]
    for given, code in cases:
        asked = {"item": film(gallery), "kind": "POSTER", **given}
        assert (await gallery.api.fails(SET, admin, **asked)).code is code, given
    assert (
        await gallery.api.fails(SET, moderator, item=film(gallery), kind="POSTER")
    ).code is Code.FORBIDDEN
    bad = await send(gallery, admin, plain("JPEG", (600, 600))[:500])
    refused = await gallery.api.fails(SET, admin, item=film(gallery), kind="POSTER", upload=bad)
    assert refused.code is Code.INVALID
    assert await rows(gallery.app, "select 1 from artwork where chosen or source = 'upload'") == []


async def test_a_job_fetches_what_is_shown_first(gallery: Gallery, people: People) -> None:
    app, films = gallery.app, [ItemId(i) for i in gallery.shelf.movies]
    gallery.pictures = {f"/{n}.jpg": plain("JPEG", (60, 90)) for n in range(9)}
    gallery.pictures.pop("/3.jpg")
    for n, item in enumerate(films):
        kinds = (ArtworkKind.POSTER, ArtworkKind.POSTER, ArtworkKind.BACKDROP)
        named = [gallery.named(f"/{3 * n + k}.jpg", kind) for k, kind in enumerate(kinds)]
        await gallery.offer(*named, film=item)
    async with app.db.write(SYSTEM) as tx:
        await app.images.prefetch(tx, films)
    assert await carry_out_waiting(app, FetchArtwork.policy.name) == "completed"
    assert sorted(asked.path for asked in gallery.site.asked) == [
        *("/0.jpg", "/2.jpg", "/3.jpg", "/5.jpg", "/6.jpg", "/8.jpg")
    ]
    [shown, _] = await gallery.shown(await people.admin(), first=2)
    assert shown["thumbhash"]
    [(failed,)] = await rows(app, "select problem from artwork where failures > 0")
    assert failed == "gone"
    async with app.db.write(SYSTEM) as tx:
        await app.images.prefetch(tx, films)
    waiting = "select count(*) from jobs where state = 'available' and kind like 'images.%'"
    assert await app.db.scalar(text(waiting)) == 0


PICTURED = """query($id: ID!) { movie(id: $id) {
  cast { person { name artwork(width: 100) { id source url } } }
  collection { artwork(kind: BACKDROP, width: 100) { id source url } } } }"""


async def test_persons_and_collections_have_pictures(gallery: Gallery, people: People) -> None:
    app = gallery.app
    gallery.pictures = {"/ann.jpg": plain("JPEG", (60, 90)), "/saga.jpg": plain("JPEG", (90, 60))}
    [(ann,)] = await rows(app, "select id from people where name = 'Ann Actor'")
    saga = gallery.shelf.collections["Saga"]
    pictures = {
        Owner(OwnerKind.PERSON, ann): [gallery.named("/ann.jpg")],
        Owner(OwnerKind.COLLECTION, saga): [gallery.named("/saga.jpg", ArtworkKind.BACKDROP)],
    }
    async with app.db.write(SYSTEM) as tx:
        await app.artwork_repository.offer(tx, pictures)
    admin = await people.admin()
    found = (await gallery.api.run(PICTURED, admin, id=film(gallery)))["movie"]
    for [shown] in (found["cast"][0]["person"]["artwork"], found["collection"]["artwork"]):
        assert shown["source"] == "PROVIDER"
        assert (await gallery.get(shown["url"])).status_code == 200
    async with app.db.write(SYSTEM) as tx:
        await app.artwork_repository.offer(tx, dict.fromkeys(pictures, ()))
    found = (await gallery.api.run(PICTURED, admin, id=film(gallery)))["movie"]
    assert found["cast"][0]["person"]["artwork"] == found["collection"]["artwork"] == []
