"""Pictures that are made of what is in the library: frames, covers, files beside the films."""

import os
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import pytest
from av.video.stream import VideoStream
from PIL import Image, ImageStat

from app.container import Container
from app.core.ids import encode_id
from app.core.thumbhash import thumbhash
from app.images.domain import ArtworkKind
from app.libraries.domain import LibraryKind
from app.media.domain import ProbeFailure, Still
from app.media.service.prober import Prober
from app.media.service.synthesis import Film, write_film
from tests.images.gallery import ARTWORK, opened
from tests.images.test_choosing import SET
from tests.scanning.stage import Stage
from tests.support.api import Api
from tests.support.library import Shelf
from tests.support.people import People, Somebody
from tests.support.pictures import encoded, plain

SHOW = """query($id: ID!) { show(id: $id) { artwork(kind: BACKDROP) { source kind url }
    seasons { number artwork { source url } episodes { artwork { source url } } } } }"""
RATE = 5


def late_film(path: Path, seconds: int, black: float) -> Path:
    """A film that is black for this share of its length, and shows stripes after it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    stripes = Image.new("RGB", (160, 90), "navy")
    for left in range(0, 160, 20):
        stripes.paste("orange", (left, 0, left + 10, 90))
    dark = Image.new("RGB", (160, 90))
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=RATE, options={"g": "5"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = 160, 90, "yuv420p"
        for number in range(seconds * RATE):
            image = dark if number < black * seconds * RATE else stripes
            frame = av.VideoFrame(160, 90, "rgb24")
            frame.planes[0].update(image.tobytes())
            frame.pts, frame.time_base = number, Fraction(1, RATE)
            for packet in stream.encode(frame):
                output.mux(packet)
        for packet in stream.encode(None):
            output.mux(packet)
    return path


def seen(data: bytes) -> Any:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.fixture
def stage(app: Container, tmp_path: Path) -> Stage:
    root = tmp_path / "library"
    root.mkdir()
    return Stage(app, root)


async def artwork(api: Api, stage: Stage, viewer: Somebody, **given: Any) -> list[dict[str, Any]]:
    (film,) = (await stage.film_ids()).values()
    found = await api.run(ARTWORK, viewer, id=encode_id("movie", film), **given)
    shown: list[dict[str, Any]] = found["movie"]["artwork"]
    return shown


async def test_a_film_without_pictures_has_a_frame_right_after_the_scan(
    api: Api, stage: Stage, people: People
) -> None:
    late_film(stage.root / "Film (1990)/Film (1990).mkv", 10, 0.5)
    await stage.make()
    await stage.scan()
    admin = await people.admin()
    for kind in (None, "POSTER", "BACKDROP", "THUMB"):
        [shown] = await artwork(api, stage, admin, kind=kind, width=92)
        assert (shown["source"], shown["kind"]) == ("FRAME", "THUMB")
    assert await artwork(api, stage, admin, kind="LOGO") == []
    answer = await api.http.get(shown["url"], headers={"accept": "image/webp"})
    assert answer.status_code == 200
    image = seen(answer.content).convert("L")
    assert image.size == (92, 52)
    assert ImageStat.Stat(image).stddev[0] > 20, "a frame that shows something"
    [known] = await artwork(api, stage, admin, width=92)
    assert (known["url"], known["width"], known["height"]) == (shown["url"], 160, 90)
    assert known["thumbhash"]
    assert known["file"] == {"name": "Film (1990).mkv"}


async def test_a_show_has_a_frame_of_its_first_episode(
    api: Api, stage: Stage, people: People
) -> None:
    late_film(stage.root / "Show/Season 00/Show S00E01.mkv", 4, 2)
    late_film(stage.root / "Show/Season 01/Show S01E01.mkv", 4, 0)
    late_film(stage.root / "Show/Season 01/Show S01E02.mkv", 4, 2)
    await stage.make(kind=LibraryKind.SHOWS)
    await stage.scan()
    [(show,)] = await stage.rows("select id from shows")
    found = (await api.run(SHOW, await people.admin(), id=encode_id("show", show)))["show"]
    [own] = found["artwork"]
    first, specials = sorted(found["seasons"], key=lambda season: -season["number"])
    for shown in (own, first["artwork"][0]):
        assert shown["source"] == "FRAME"
        data = (await api.http.get(shown["url"])).content
        assert ImageStat.Stat(seen(data).convert("L")).stddev[0] > 20
    special = specials["episodes"][0]["artwork"][0]
    data = (await api.http.get(special["url"])).content
    assert ImageStat.Stat(seen(data).convert("L")).stddev[0] < 5, "all of it is black"


async def test_a_frame_gives_way_to_a_picture_and_stands_in_for_kinds_there_are_not(
    api: Api, stage: Stage, people: People
) -> None:
    late_film(stage.root / "Film (1990)/Film (1990).mkv", 4, 0)
    stage.put("Film (1990)/poster.png", plain("PNG", (200, 300), "blue"))
    await stage.make()
    await stage.scan()
    admin = await people.admin()
    [poster] = await artwork(api, stage, admin)
    assert (poster["source"], poster["file"]) == ("FILE", {"name": "poster.png"})
    [backdrop] = await artwork(api, stage, admin, kind="BACKDROP")
    assert backdrop["source"] == "FRAME"
    shown = seen((await api.http.get(poster["url"])).content).convert("RGB")
    assert shown.size == (200, 300)
    assert shown.getpixel((50, 50))[2] > 240
    assert seen((await api.http.get(backdrop["url"])).content).size == (160, 90)
    stage.put("Film (1990)/poster.png", plain("PNG", (200, 301), "lime"))
    await stage.scan()
    other, frame = await artwork(api, stage, admin)
    assert frame["source"] == "FRAME"
    assert other["id"] != poster["id"], "another picture has another address"
    assert seen((await api.http.get(other["url"])).content).size == (200, 301)


async def test_a_frame_is_sent_for_a_picture_that_is_gone(
    app: Container, api: Api, stage: Stage, people: People
) -> None:
    late_film(stage.root / "Film (1990)/Film (1990).mkv", 4, 0)
    library = await stage.make()
    await stage.scan()
    shelf = Shelf(id=library.id, movies=list((await stage.film_ids()).values()))
    async with opened(app, api, shelf) as gallery:
        kinds = (ArtworkKind.POSTER, ArtworkKind.LOGO)
        await gallery.offer(*(gallery.named(f"/{kind}.jpg", kind) for kind in kinds))
        poster, logo = await gallery.shown(admin := await people.admin(), width=92)
        for _ in range(2):
            answer = await gallery.get(poster["url"], accept="image/webp")
            assert seen(answer.content).size == (92, 52)
            assert answer.headers["cache-control"] == "public, max-age=300"
        assert gallery.site.connections == 1
        assert (await gallery.get(logo["url"])).status_code == 404
        [frame] = await gallery.shown(admin, kind="POSTER", width=92)
        assert frame["source"] == "FRAME"
        kept = (await gallery.get(frame["url"])).headers["cache-control"]
        assert kept.endswith("immutable")


async def test_a_picture_keeps_its_address_while_its_folder_changes(
    api: Api, stage: Stage, people: People
) -> None:
    late_film(stage.root / "Film (1990)/Film (1990).mkv", 4, 0)
    for name in ("folder", "poster"):
        stage.put(f"Film (1990)/{name}.png", plain("PNG", (200, 300), "blue"))
    await stage.make()
    await stage.scan()
    admin = await people.admin()
    before = {p["file"]["name"]: p["url"] for p in await artwork(api, stage, admin, kind="POSTER")}
    stage.put("Film (1990)/cover.png", plain("PNG", (200, 300), "red"))
    stage.put("Film (1990)/folder.png", plain("PNG", (200, 301), "lime"))
    await stage.scan()
    after = {p["file"]["name"]: p["url"] for p in await artwork(api, stage, admin, kind="POSTER")}
    assert list(after) == ["cover.png", "folder.png", "poster.png"]
    assert after["poster.png"] == before["poster.png"]
    assert after["folder.png"] != before["folder.png"], "another picture has another address"


@pytest.mark.parametrize("follow", [True, False])
async def test_a_picture_file_stays_within_its_library(
    api: Api, stage: Stage, people: People, tmp_path: Path, follow: bool
) -> None:
    outside = tmp_path / "outside.png"
    outside.write_bytes(plain("PNG", (200, 300)))
    late_film(stage.root / "Film (1990)/Film (1990).mkv", 4, 0)
    poster = stage.put("Film (1990)/poster.png", plain("PNG", (200, 300)))
    library = await stage.make()
    await stage.scan()
    await stage.rows("update libraries set follow_links = $1 where id = $2", follow, library.id)
    await stage.app.redis.client.flushdb()
    stage.app.cache.gap()
    [shown] = await artwork(api, stage, await people.admin())
    poster.unlink()
    poster.symlink_to(outside)
    assert (await api.http.get(shown["url"])).status_code == (200 if follow else 404)


@pytest.mark.parametrize("kind", ["pipe", "folder", "gone", "huge", "text", "svg"])
async def test_what_stands_in_the_place_of_a_picture_file(
    api: Api, stage: Stage, people: People, kind: str
) -> None:
    late_film(stage.root / "Film (1990)/Film (1990).mkv", 4, 0)
    poster = stage.put("Film (1990)/poster.png", plain("PNG", (200, 300)))
    await stage.make()
    await stage.scan()
    [shown] = await artwork(api, stage, await people.admin())
    poster.unlink()
    if kind == "pipe":
        os.mkfifo(poster)
    elif kind == "folder":
        poster.mkdir()
    elif kind == "huge":
        poster.write_bytes(plain("PNG") + bytes(10 << 20))
    elif kind != "gone":
        poster.write_bytes(b"<svg xmlns='http://www.w3.org/2000/svg'/>" if kind == "svg" else b"x")
    answer = await api.http.get(shown["url"])
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/json")
    assert str(stage.root) not in answer.text


async def test_an_embedded_cover_is_served(api: Api, stage: Stage, people: People) -> None:
    write_film(Film(path="One (1990)/One (1990).mkv", cover=True), stage.root)
    await stage.make()
    await stage.scan()
    await stage.probe()
    admin = await people.admin()
    [shown] = await artwork(api, stage, admin)
    assert shown["source"] == "EMBEDDED"
    answer = await api.http.get(shown["url"], headers={"accept": "image/webp"})
    assert seen(answer.content).size == (320, 180)


async def test_a_file_that_is_no_film_has_no_frame(tmp_path: Path) -> None:
    prober = Prober(1)
    try:
        text = tmp_path / "text.mkv"
        text.write_bytes(b"no film\n" * 999)
        good = late_film(tmp_path / "good.mkv", 4, 0)
        cut = tmp_path / "cut.mkv"
        cut.write_bytes(good.read_bytes()[:900])
        pipe = tmp_path / "pipe.mkv"
        os.mkfifo(pipe)
        for path in (text, cut, pipe, tmp_path / "gone.mkv", Path("relative.mkv")):
            assert isinstance(await prober.frame(str(path)), ProbeFailure), path
            assert isinstance(await prober.cover(str(path), None), ProbeFailure), path
        assert isinstance(await prober.cover(str(good), None), ProbeFailure)
        found = await prober.frame(str(good))
        assert isinstance(found, Still)
        assert seen(found.data).size == (160, 90)
    finally:
        await prober.aclose()


def test_thumbhash_says_the_mean_colour() -> None:
    for colour in ((255, 0, 0), (0, 255, 0), (10, 20, 200), (128, 128, 128), (255, 255, 255)):
        image = Image.new("RGBA", (30, 20), (*colour, 255))
        made = thumbhash(30, 20, image.tobytes())
        head = int.from_bytes(made[:3], "little")
        light, yellow, red = (
            (head & 63) / 63,
            (head >> 6 & 63) / 31.5 - 1,
            (head >> 12 & 63) / 31.5 - 1,
        )
        blue = light - 2 / 3 * yellow
        r = (3 * light - blue + red) / 2
        found = [r, r - red, blue]
        assert all(abs(a - b / 255) < 0.06 for a, b in zip(found, colour, strict=True))
    noise = encoded(Image.effect_noise((30, 20), 60), "PNG")
    picture = seen(noise).convert("RGBA")
    assert len(thumbhash(30, 20, picture.tobytes())) == 21
    with pytest.raises(ValueError, match="100 pixels"):
        thumbhash(101, 1, bytes(404))


@pytest.mark.parametrize(
    ("size", "clear", "expected"),
    [
        ((32, 21), False, "5ff80d2d9a7076777077877787688777a0810af878"),
        ((16, 32), False, "5e080e2c1c601677777776787777b1900af777"),
        ((20, 20), True, "a22886150a169387b079886878c2a02bf976207c7588877788"),
    ],
)
def test_thumbhash_is_what_others_make(size: tuple[int, int], clear: bool, expected: str) -> None:
    """Made by another implementation of the format, of the same pixels."""
    width, height = size
    pixels = bytes(
        value
        for y in range(height)
        for x in range(width)
        for value in (
            255 * x // (width - 1),
            255 * y // (height - 1),
            x * y * 7 % 256,
            (x * x + 3 * y) % 256 if clear else 255,
        )
    )
    assert thumbhash(width, height, pixels).hex() == expected


async def test_a_picture_that_was_chosen_stays_so_through_scans(
    api: Api, stage: Stage, people: People
) -> None:
    admin = await people.admin()
    late_film(stage.root / "Film (1990)/Film (1990).mkv", 4, 0)
    for name in ("folder", "poster"):
        stage.put(f"Film (1990)/{name}.png", plain("PNG", (200, 300)))
    await stage.make()
    await stage.scan()
    shown = await artwork(api, stage, admin)
    (film,) = (await stage.film_ids()).values()
    chosen = shown[-1]["id"]
    await api.run(SET, admin, item=encode_id("movie", film), kind="POSTER", artwork=chosen)
    stage.put("Film (1990)/fanart.png", plain("PNG", (300, 200)))
    await stage.scan()
    first, second = await artwork(api, stage, admin, kind="POSTER")
    assert (first["file"]["name"], first["chosen"]) == (shown[-1]["file"]["name"], True)
    assert not second["chosen"]
