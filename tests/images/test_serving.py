"""Pictures by signed addresses: fetched once, in the size and format that is asked for."""

import asyncio
from io import BytesIO
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from app.core.access import SYSTEM
from app.core.ids import encode_id, new_id
from app.images.domain import LADDER, ArtworkKind
from tests.images.gallery import Gallery
from tests.support import pictures as made
from tests.support.outside import response
from tests.support.people import People
from tests.support.pictures import encoded, plain

BROWSER = "image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8"


def opened(data: bytes) -> Any:
    image = Image.open(BytesIO(data))
    image.load()
    return image


async def test_a_picture_is_served_to_a_plain_img(gallery: Gallery, people: People) -> None:
    ann = await people.make(libraries=[gallery.shelf.id])
    gallery.pictures["/p.jpg"] = plain("JPEG", (1000, 1500))
    await gallery.offer(gallery.named("/p.jpg", language="de", width=9, height=9, score=7.5))
    [shown] = await gallery.shown(ann, kind="POSTER", width=300)
    assert shown["url"].startswith(f"/images/{shown['id']}/342?v=")
    assert (shown["source"], shown["provider"], shown["language"]) == ("PROVIDER", "tvmaze", "de")
    assert (shown["width"], shown["thumbhash"], shown["color"]) == (9, None, None)
    answer = await gallery.get(shown["url"], accept=BROWSER)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "image/avif"
    assert opened(answer.content).size == (342, 513)
    assert gallery.site.connections == 1
    [again] = await gallery.shown(ann, kind="POSTER", width=300)
    assert (again["width"], again["height"], again["color"]) == (1000, 1500, "#fe0000")
    assert again["thumbhash"]
    assert again["url"] == shown["url"]


async def test_headers_let_it_be_kept_and_shown_anywhere(gallery: Gallery, people: People) -> None:
    ann = await people.make(libraries=[gallery.shelf.id])
    gallery.pictures["/p.jpg"] = plain("JPEG", (600, 900))
    await gallery.offer(gallery.named("/p.jpg"))
    [shown] = await gallery.shown(ann)
    answer = await gallery.get(shown["url"], origin="https://elsewhere.test")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert answer.headers["vary"] == "accept"
    assert answer.headers["x-content-type-options"] == "nosniff"
    kept, age, how = answer.headers["cache-control"].split(", ")
    assert (kept, how) == ("public", "immutable")
    assert 7 * 86400 <= int(age.removeprefix("max-age=")) <= 14 * 86400
    etag = answer.headers["etag"]
    for sent in (etag, f"W/{etag}", f'"x", {etag}', "*"):
        same = await gallery.get(shown["url"], **{"if-none-match": sent})
        assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", etag)
    assert (await gallery.get(shown["url"], **{"if-none-match": '"x"'})).status_code == 200
    assert "ratelimit-limit" not in answer.headers


@pytest.mark.parametrize(
    ("accept", "width", "kind"),
    [
        ("", 500, "jpeg"),
        ("*/*", 500, "jpeg"),
        ("image/*", 500, "jpeg"),
        (BROWSER, 500, "avif"),
        (BROWSER, 1920, "webp"),
        ("image/webp,*/*", 500, "webp"),
        ("image/avif;q=0.5, image/webp;q=0.9", 500, "webp"),
        ("image/avif;q=0, image/webp;q=0", 500, "jpeg"),
        ("image/webp;q=0.2, image/jpeg", 500, "jpeg"),
        ("image/webp;q=x", 500, "jpeg"),
        (",;;=,,q=1" * 50, 500, "jpeg"),
    ],
)
async def test_the_client_says_what_it_reads(
    gallery: Gallery, people: People, accept: str, width: int, kind: str
) -> None:
    ann = await people.make(libraries=[gallery.shelf.id])
    gallery.pictures["/p.jpg"] = plain("JPEG", (600, 900))
    await gallery.offer(gallery.named("/p.jpg"))
    [shown] = await gallery.shown(ann, width=width)
    answer = await gallery.get(shown["url"], accept=accept)
    assert answer.headers["content-type"] == f"image/{kind}"
    assert opened(answer.content).format == kind.upper()


@pytest.mark.parametrize("form", ["AVIF", "WEBP", "JPEG"])
async def test_an_address_may_fix_the_format(gallery: Gallery, people: People, form: str) -> None:
    ann = await people.make(libraries=[gallery.shelf.id])
    gallery.pictures["/p.png"] = made.encoded(
        Image.new("RGBA", (400, 200), (0, 0, 255, 128)), "PNG"
    )
    await gallery.offer(gallery.named("/p.png", ArtworkKind.LOGO))
    for width, expected in ((92, 92), (185, 185), (400, 400), (3840, 400)):
        [shown] = await gallery.shown(ann, kind="LOGO", width=width, format=form)
        answer = await gallery.get(shown["url"], accept="image/png")
        assert answer.headers["content-type"] == f"image/{form.lower()}"
        assert "vary" not in answer.headers
        image = opened(answer.content)
        assert image.width == expected, "nothing is enlarged"
        assert ("A" in image.mode) is (form != "JPEG")
    assert gallery.site.connections == 1


async def test_nothing_of_the_sender_is_in_it(gallery: Gallery, people: People) -> None:
    ann = await people.make(libraries=[gallery.shelf.id])
    gallery.pictures["/p.jpg"] = made.photographed(6)
    await gallery.offer(gallery.named("/p.jpg"))
    [shown] = await gallery.shown(ann, width=92)
    for accept in ("image/avif", "image/webp", "image/jpeg"):
        answer = await gallery.get(shown["url"], accept=accept)
        assert b"SECRET" not in answer.content
        image = opened(answer.content)
        assert not image.getexif()
        corners = [image.convert("RGB").getpixel(at) for at in ((9, 9), (82, 9), (9, 82), (82, 82))]
        names = ["".join("x" if value > 127 else "-" for value in corner) for corner in corners]
        assert names == ["x--", "-x-", "--x", "xxx"]


async def test_200_at_once_fetch_it_once(gallery: Gallery, people: People) -> None:
    ann = await people.make(libraries=[gallery.shelf.id])
    gallery.pictures["/p.jpg"], gallery.wait = plain("JPEG", (600, 900)), 0.2
    await gallery.offer(gallery.named("/p.jpg"))
    [small] = await gallery.shown(ann, width=92)
    [large] = await gallery.shown(ann, width=500)
    wanted = [small["url"], large["url"]] * 100
    answers = await asyncio.gather(*(gallery.get(url) for url in wanted))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 2
    assert gallery.site.connections == 1


async def test_only_signed_addresses_are_good(gallery: Gallery, people: People) -> None:
    ann = await people.make(libraries=[gallery.shelf.id])
    gallery.pictures["/p.jpg"] = plain("JPEG", (600, 900))
    await gallery.offer(gallery.named("/p.jpg"))
    [shown] = await gallery.shown(ann, width=500)
    path, _, query = shown["url"].partition("?")
    version, signature = query.removeprefix("v=").split("&s=")
    image = shown["id"]
    wrong = [
        path,
        f"{path}?v={version}",
        f"{path}?v={version}&s=",
        f"{path}?v={version}&s={signature[:-1]}",
        f"{path}?v={version}&s={signature}A",
        f"{path}?v={version}&s={signature.swapcase()}",
        f"{path}?v={int(version) - 1}&s={signature}",
        f"{path}?v={int(version) + 1}&s={signature}",
        f"{path}?v=0{version}&s={signature}",
        f"{path}?v=%20{version}&s={signature}",
        f"{path}?v=-1&s={signature}",
        f"{path}?v={'9' * 5000}&s={signature}",
        f"{path}?v={version}&s=%F0%9F%8E%AC",
        f"{path}.webp?{query}",
        f"{path}.svg?{query}",
        f"/images/{image}/342?{query}",
        f"/images/{image}/501?{query}",
        f"/images/{image}/0500?{query}",
        f"/images/{image}/%35%30%30%00?{query}",
        f"/images/{image.upper()}/500?{query}",
        f"/images/{encode_id('image', new_id())}/500?{query}",
        f"/images/movie_{image[6:]}/500?{query}",
        f"/images/..%2f..%2fsecret.key/500?{query}",
    ]
    for url in wrong:
        answer = await gallery.get(url, authorization=ann.authorization)
        assert answer.status_code == 404, url
        if "%2f" not in url:  # which is another path
            assert answer.headers["cache-control"] == "no-store"
            assert answer.json()["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert gallery.site.connections == 0
    assert (await gallery.get(shown["url"])).status_code == 200


async def test_a_failure_is_remembered_and_tried_again_later(
    gallery: Gallery, people: People
) -> None:
    ann = await people.make(libraries=[gallery.shelf.id])
    gallery.pictures["/p.jpg"] = response(b"", 500)
    await gallery.offer(gallery.named("/p.jpg"))
    [shown] = await gallery.shown(ann)
    first = await gallery.get(shown["url"])
    assert (first.status_code, first.headers["cache-control"]) == (503, "no-store")
    assert first.headers["access-control-allow-origin"] == "*"
    gallery.pictures["/p.jpg"] = plain("JPEG", (600, 900))
    second = await gallery.get(shown["url"])
    assert second.status_code == 503
    assert 60 < int(second.headers["retry-after"]) <= 120
    assert gallery.site.connections == 1, "not before it is worth another try"
    async with gallery.app.db.pool.acquire() as connection:
        await connection.execute("update artwork set tried_at = now() - interval '3 minutes'")
    assert (await gallery.get(shown["url"])).status_code == 200
    [row] = await gallery.app.db.records(text("select failures, problem from artwork"))
    assert (row["failures"], row["problem"]) == (0, None)


@pytest.mark.parametrize("answer", [response(b"", 404), response(b"", 410), b"not a picture"])
async def test_what_is_gone_for_good_gives_way_at_once(
    gallery: Gallery, people: People, answer: bytes
) -> None:
    ann = await people.make(libraries=[gallery.shelf.id])
    gone, there = gallery.named("/gone.jpg"), gallery.named("/there.jpg")
    gallery.pictures |= {"/gone.jpg": answer, "/there.jpg": plain("JPEG", (600, 900))}
    await gallery.offer(gone, there)
    [first, second] = await gallery.shown(ann, kind="POSTER")
    assert (await gallery.get(first["url"])).status_code == 404
    assert [p["id"] for p in await gallery.shown(ann, kind="POSTER")] == [second["id"]]
    await gallery.offer(gone)
    assert [p["id"] for p in await gallery.shown(ann, kind="POSTER")] == [first["id"]], "anew"
    assert (await gallery.get(first["url"])).status_code == 404
    [frame] = await gallery.shown(ann, kind="POSTER")
    assert frame["source"] == "FRAME"


async def test_a_picture_is_back_with_its_provider(gallery: Gallery, people: People) -> None:
    """Whoever has its address asks for it while nobody is asked for pictures."""
    ann = await people.make(libraries=[gallery.shelf.id])
    gallery.pictures["/there.jpg"] = plain("JPEG", (600, 900))
    await gallery.offer(gallery.named("/there.jpg"))
    [shown] = await gallery.shown(ann, kind="POSTER")
    await gallery.app.settings.update(SYSTEM, "metadata.tvmaze.enabled", value=False)
    assert (await gallery.get(shown["url"])).status_code == 404
    [frame] = await gallery.shown(ann, kind="POSTER")
    assert frame["source"] == "FRAME"
    await gallery.app.settings.update(SYSTEM, "metadata.tvmaze.enabled", value=True)
    assert [p["id"] for p in await gallery.shown(ann, kind="POSTER")] == [shown["id"]]


async def test_what_cannot_be_had_gives_way_until_it_is_named_anew(
    gallery: Gallery, people: People
) -> None:
    ann = await people.make(libraries=[gallery.shelf.id])
    gone, there = gallery.named("/gone.jpg"), gallery.named("/there.jpg")
    gallery.pictures |= {"/gone.jpg": response(b"", 500), "/there.jpg": plain("JPEG", (600, 900))}
    await gallery.offer(gone, there)
    [first, second] = await gallery.shown(ann, kind="POSTER")
    for _ in range(3):
        assert len(await gallery.shown(ann, kind="POSTER")) == 2
        answer = await gallery.get(first["url"])
        assert answer.status_code == 503
        async with gallery.app.db.pool.acquire() as connection:
            await connection.execute("update artwork set tried_at = now() - interval '9 days'")
    assert [p["id"] for p in await gallery.shown(ann, kind="POSTER")] == [second["id"]]
    await gallery.offer(gone, there)
    assert [p["id"] for p in await gallery.shown(ann, kind="POSTER")] == [first["id"], second["id"]]


async def test_a_stop_in_the_middle_of_waiting_does_not_stop_others(
    gallery: Gallery, people: People
) -> None:
    ann = await people.make(libraries=[gallery.shelf.id])
    gallery.pictures["/p.jpg"], gallery.wait = plain("JPEG", (600, 900)), 0.2
    await gallery.offer(gallery.named("/p.jpg"))
    [shown] = await gallery.shown(ann)
    one, other = (asyncio.create_task(gallery.get(shown["url"])) for _ in range(2))
    await asyncio.sleep(0.1)
    one.cancel()
    assert (await other).status_code == 200
    assert gallery.site.connections == 1


async def test_the_ladder_is_what_addresses_have(gallery: Gallery, people: People) -> None:
    ann = await people.make(libraries=[gallery.shelf.id])
    gallery.pictures["/p.jpg"] = encoded(Image.effect_noise((4000, 2250), 60), "JPEG")
    await gallery.offer(gallery.named("/p.jpg", ArtworkKind.BACKDROP))
    for width, step in ((1, 92), (92, 92), (93, 154), (1921, 3840), (3840, 3840)):
        [shown] = await gallery.shown(ann, kind="BACKDROP", width=width)
        assert shown["url"].split("?")[0].endswith(f"/{step}")
        assert step in LADDER
    answer = await gallery.get(shown["url"], accept="image/webp")
    assert opened(answer.content).size == (3840, 2160)
    for width in (0, -1, 3841):
        with pytest.raises(AssertionError, match="width"):
            await gallery.shown(ann, width=width)
