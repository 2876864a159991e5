"""Addresses that were forged, servers that mean no good, files that are no pictures."""

import asyncio
import contextlib
import os
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from PIL import Image

from app.core.http import Outside
from app.core.http.client import Means
from app.core.metrics import Metrics
from app.core.pictures import HEAD, TIGHT, BadPicture, PictureFormat, Pictures, sniff
from app.images.domain import MOST_BYTES, FetchProblem, PictureHosts
from app.images.service import downloads
from app.images.service.downloads import SECONDS, Downloads, NotHere
from tests.core.test_address_guard import NAMES, URLS, Names, Wire
from tests.images.gallery import Gallery
from tests.support import pictures as made
from tests.support.outside import Asked, Site, Write, response, site
from tests.support.people import People
from tests.support.pictures import encoded, plain

ALLOWED: Final = "image.tmdb.org"
# Spellings of the server that is allowed, and addresses that only look like its own.
_LOOKALIKES = """
https://image.tmdb.org.evil.test/x https://evil.test/image.tmdb.org/x https://image-tmdb.org/x
https://image.tmdb.org@127.0.0.1/x https://image.tmdb.org:x@127.0.0.1/x https://tmdb.org/x
https://127.0.0.1/x?https://image.tmdb.org https://127.0.0.1#image.tmdb.org
https://ximage.tmdb.org/ https://image.tmdb.org%2f@127.0.0.1/
https://image.tmdb.org%00.evil.test/ https://image.tmdb.org./x
https://image.tmdb.org%23@127.0.0.1/ https://image.tmdb.org\\@127.0.0.1/
https://IMAGE.TMDB.ORG@[::1]/ https://public.test/x https://api.image.tmdb.org/x
https://user@image.tmdb.org/x https://image.tmdb.org:pw@image.tmdb.org/x
https://image.tmdb.org:0/x https://image.tmdb.org:99999/ ftp://image.tmdb.org/x
file://image.tmdb.org/etc/passwd gopher://image.tmdb.org/_x //image.tmdb.org/x
data:image/png;base64,AAAA javascript:image.tmdb.org ws://image.tmdb.org/x
https:image.tmdb.org/x https://ımage.tmdb.org/x https://imagе.tmdb.org/x
https://image。tmdb。org.evil.test/ https://image.tmdb.org,127.0.0.1/x
https://image.tmdb.org;127.0.0.1/x https://*.tmdb.org/x
"""
# What the name of the server that is allowed is turned into by who has its DNS.
_REBOUND = """
127.0.0.1 127.8.8.8 0.0.0.0 10.0.0.1 172.16.0.1 172.31.9.9 192.168.1.1 100.64.0.1
169.254.169.254 192.0.0.1 192.0.2.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1 240.0.0.1
255.255.255.255 ::1 :: ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254
::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b::10.0.0.1 64:ff9b:1::1
2002:7f00:1:: 2002:a00:1::1 2001:0:1::1 fe80::1 fe80::1%eth0 fc00::1 fd00:ec2::254 fec0::1
ff02::1 100::1 3fff::1 2001:db8::1 4000::1 ::127.0.0.1
"""
LOOKALIKES, REBOUND = ([*some.split()] for some in (_LOOKALIKES, _REBOUND))
PUBLIC = "93.184.215.14"


class Rebinding(Names):
    """A resolver in the hands of an attacker, for one name."""

    def __init__(self, *addresses: str) -> None:
        super().__init__()
        self.addresses = list(addresses)

    async def resolve(self, host: str, port: int) -> list[str]:
        if host == ALLOWED:
            self.asked.append(host)
            return self.addresses
        return await super().resolve(host, port)


class Hosts:
    """Whose pictures are fetched in a test."""

    def __init__(self, *hosts: str, configured: tuple[str, ...] = ()) -> None:
        proxies: dict[str, str | None] = dict.fromkeys(hosts)
        self.found = PictureHosts(proxies=proxies, configured=frozenset(configured))

    def picture_hosts(self) -> PictureHosts:
        return self.found


def test_there_are_two_hundred_of_them() -> None:
    assert len({*URLS, *LOOKALIKES}) + 2 * len(REBOUND) >= 200


@pytest.mark.parametrize("batch", ["forged", "rebound", "mixed"])
async def test_nothing_is_connected(batch: str) -> None:
    """Neither for an address that only looks right, nor for a right one that leads inside."""
    wire = Wire()
    if batch == "forged":
        cases = [(url, Names()) for url in dict.fromkeys([*URLS, *LOOKALIKES])]
    else:
        before = [PUBLIC] if batch == "mixed" else []
        cases = [(f"https://{ALLOWED}/x.jpg", Rebinding(*before, a)) for a in REBOUND]
    for url, names in cases:
        outside = Outside(Metrics(), Means(resolver=names, network=wire))
        asked = Downloads(outside, Hosts(ALLOWED, *NAMES) if batch != "forged" else Hosts(ALLOWED))
        with pytest.raises(NotHere) as refused:
            await asked.get(url)
        assert refused.value.problem in (FetchProblem.REFUSED, FetchProblem.UNREACHABLE), url
        await outside.close()
    assert wire.connected == []


async def test_control_the_right_address_is_asked_at_what_it_was_looked_up_as() -> None:
    for url in (f"https://{ALLOWED}/x.jpg", f"http://{ALLOWED}/x.jpg"):
        wire, names = Wire(), Rebinding(PUBLIC)
        outside = Outside(Metrics(), Means(resolver=names, network=wire))
        with pytest.raises(NotHere):
            await Downloads(outside, Hosts(ALLOWED)).get(url)
        assert wire.connected == [(PUBLIC, 443)]
        assert names.asked == [ALLOWED], "once"
        await outside.close()


async def test_redirects_lead_to_allowed_servers_only() -> None:
    place = ""

    async def redirect(_: Asked, write: Write) -> None:
        await write(response(b"", 302, location=place))

    async with site(redirect) as allowed, site(redirect) as sentinel:
        outside = Outside(Metrics())
        asked = Downloads(outside, Hosts("127.0.0.1", configured=(allowed.url,)))
        goals = [url for url in LOOKALIKES if url.isascii() and url.isprintable()]
        goals += [
            f"{sentinel.url}/",
            f"//127.0.0.1:{sentinel.port}/",
            f"https://127.0.0.1:{sentinel.port}/",
            f"http://localhost:{sentinel.port}/",
            f"http://[::1]:{sentinel.port}/",
            f"http://[::ffff:127.0.0.1]:{sentinel.port}/",
            f"http://2130706433:{sentinel.port}/",
            f"http://x@127.0.0.1:{sentinel.port}/",
        ]
        for goal in goals:
            place = goal
            with pytest.raises(NotHere):
                await asked.get(f"{allowed.url}/x.jpg")
        before = allowed.connections
        place = f"{allowed.url}/again"
        with pytest.raises(NotHere) as refused:
            await asked.get(f"{allowed.url}/x.jpg")
        assert allowed.connections - before == 4, "three redirects at most"
        assert refused.value.problem is FetchProblem.UNREACHABLE
        assert sentinel.connections == 0
        await outside.close()


async def fetched(handler: Callable[[Asked, Write], Awaitable[None]]) -> bytes | FetchProblem:
    async with site(handler) as where:
        outside = Outside(Metrics())
        try:
            return await Downloads(outside, _only(where)).get(f"{where.url}/x.jpg")
        except NotHere as missing:
            return missing.problem
        finally:
            await outside.close()


def _only(where: Site) -> Hosts:
    return Hosts("127.0.0.1", configured=(where.url,))


async def test_answers_that_are_too_long_too_slow_or_broken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (SECONDS, MOST_BYTES) == (10.0, 10 << 20)
    monkeypatch.setattr(downloads, "SECONDS", 0.5)
    good = plain("JPEG", (60, 90))

    async def declared(_: Asked, write: Write) -> None:
        await write(response(bytes(11 << 20)))

    async def undeclared(_: Asked, write: Write) -> None:
        await write(b"HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\n\r\n")
        for _piece in range(44):
            await write(b"40000\r\n" + bytes(1 << 18) + b"\r\n")

    async def dripping(_: Asked, write: Write) -> None:
        await write(b"HTTP/1.1 200 X\r\ncontent-length: 5000\r\n\r\n")
        for _piece in range(50):
            await write(b"x")
            await asyncio.sleep(0.05)

    async def cut(_: Asked, write: Write) -> None:
        await write(response(good)[:-50])

    async def packed(_: Asked, write: Write) -> None:
        await write(response(zlib.compress(bytes(1 << 20)), content_encoding="gzip"))

    async def exact(_: Asked, write: Write) -> None:
        await write(response(bytes(10 << 20)))

    assert await fetched(declared) is FetchProblem.UNREADABLE
    assert await fetched(undeclared) is FetchProblem.UNREADABLE
    assert await fetched(dripping) is FetchProblem.UNREACHABLE
    assert await fetched(cut) is FetchProblem.UNREACHABLE
    assert await fetched(packed) is FetchProblem.UNREACHABLE
    assert await fetched(exact) == bytes(10 << 20)


def gif_screen() -> bytes:
    huge = bytearray(plain("GIF", (16, 16)))
    huge[6:10] = b"\xff\xff\xff\xff"
    return bytes(huge)


def many_frames() -> bytes:
    frames = [Image.new("P", (2000, 2000), n) for n in range(60)]
    return encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])


# Small files that stand for huge pictures.
BOMBS: dict[str, Callable[[], bytes]] = {
    "png of 2^62 pixels": lambda: made.png(2**31 - 1, 2**31 - 1, b""),
    "png of 41 megapixels": lambda: made.png(8200, 5000, bytes(1026 * 5000)),
    "png of 40 megapixels": lambda: made.png(8000, 5000, bytes(1001 * 5000)),
    "png of 1600 megapixels": lambda: made.png(40_000, 40_000, bytes(1 << 20)),
    "flat png": lambda: encoded(Image.new("RGBA", (6300, 6300)), "PNG", compress_level=9),
    "text in a png": made.text_bomb,
    "webp canvas": lambda: made.webp_canvas(16383, 16383),
    "webp": lambda: encoded(Image.new("RGB", (8000, 5000)), "WEBP", method=0),
    "gif screen": gif_screen,
    "gif frame": made.gif_frame_outside,
    "gif of many frames": many_frames,
    "progressive jpeg": lambda: encoded(
        Image.new("RGB", (8000, 5000)), "JPEG", progressive=True, subsampling=0
    ),
    "avif": lambda: encoded(Image.new("RGB", (6000, 6000)), "AVIF", speed=10),
    "zip": lambda: b"\x89PNG\r\n\x1a\nPK\x03\x04" + zlib.compress(bytes(50 << 20)),
}


@contextlib.asynccontextmanager
async def watched() -> AsyncIterator[list[int]]:
    """The high-water marks of the children of this process that decode pictures, in bytes."""
    marks = [0]

    async def watch() -> None:
        while True:
            for status in Path("/proc").glob("[0-9]*/status"):
                with contextlib.suppress(OSError):
                    about = dict(line.split(":", 1) for line in status.read_text().splitlines())
                    command = (status.parent / "cmdline").read_bytes()
                    if int(about["PPid"]) == os.getpid() and b"picture_child" in command:
                        marks.append(int(about.get("VmHWM", "0 kB").split()[0]) << 10)
            await asyncio.sleep(0.02)

    watching = asyncio.create_task(watch())
    try:
        yield marks
    finally:
        watching.cancel()


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_costs_less_than_256_mb_and_5_seconds(name: str) -> None:
    """Whatever becomes of it. The kernel ends what goes beyond; that it need not is better."""
    assert (TIGHT.memory, TIGHT.cpu_seconds) == (256 << 20, 5)
    data, pictures = BOMBS[name](), Pictures(limits=TIGHT)
    async with watched() as marks:
        for form, width in ((PictureFormat.WEBP, 92), (PictureFormat.AVIF, 3840)):
            with contextlib.suppress(BadPicture):
                async with asyncio.timeout(2 * TIGHT.cpu_seconds):  # others run beside it
                    scaled, _ = await pictures.scaled(data, width, form)
                assert len(scaled) < len(data) + (1 << 20)
    assert max(marks) < 256 << 20
    assert (max(marks) > 0) is (sniff(data[:HEAD]) is not None), "the others are not even opened"


NO_PICTURES = {
    "svg": b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>",
    "html": b"<!doctype html><script>alert(1)</script>",
    "html like a gif": b"GIF89a/*<html><script>alert(1)</script>*/=1;",
    "text": b"once upon a time",
    "empty": b"",
    "cut off": plain("JPEG", (600, 600))[:700],
    "elf": b"\x7fELF" + bytes(5000),
    "pdf": b"%PDF-1.7\n" + bytes(5000),
    "tiff": b"II*\x00" + bytes(5000),
    "bmp": encoded(Image.new("RGB", (60, 60)), "BMP"),
    "ico": encoded(Image.new("RGB", (64, 64)), "ICO"),
    "too small": plain("PNG", (15, 15)),
}


@pytest.mark.parametrize("name", NO_PICTURES)
async def test_what_is_no_picture_is_neither_kept_nor_sent(
    gallery: Gallery, people: People, name: str
) -> None:
    body = NO_PICTURES[name]
    gallery.pictures["/p.jpg"] = response(body, content_type="image/png")
    await gallery.offer(gallery.named("/p.jpg"))
    [shown] = await gallery.shown(await people.admin())
    before = files(gallery)
    answer = await gallery.get(shown["url"])
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("application/json")
    assert not body or body[:20] not in answer.content
    assert files(gallery) == before


@pytest.mark.parametrize("declared", ["text/html", "image/svg+xml", "application/octet-stream"])
async def test_what_it_is_declared_as_does_not_matter(
    gallery: Gallery, people: People, declared: str
) -> None:
    """A picture that is also a page to some is made anew, and sent as what it is."""
    body = plain("JPEG", (60, 90)) + b"<script>alert('SECRET')</script>PK\x03\x04"
    gallery.pictures["/p.html"] = response(body, content_type=declared)
    await gallery.offer(gallery.named("/p.html"))
    [shown] = await gallery.shown(await people.admin(), format="JPEG")
    answer = await gallery.get(shown["url"])
    assert answer.headers["content-type"] == "image/jpeg"
    assert b"SECRET" not in answer.content
    assert Image.open(BytesIO(answer.content)).size == (60, 90)
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"


async def test_pictures_of_other_servers_are_not_shown(gallery: Gallery, people: People) -> None:
    """An NFO file may name any address: what is not asked is not offered either."""
    admin = await people.admin()
    await gallery.offer(gallery.named("https://evil.test/x.jpg"), gallery.named("/p.jpg"))
    [shown] = await gallery.shown(admin, kind="POSTER")
    await gallery.offer(gallery.named("https://evil.test/x.jpg"))
    [frame] = await gallery.shown(admin, kind="POSTER")
    assert (shown["source"], frame["source"]) == ("PROVIDER", "FRAME")


def files(gallery: Gallery) -> set[str]:
    folder = gallery.app.config.data / "images"
    return {str(path) for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (404, FetchProblem.GONE),
        (410, FetchProblem.GONE),
        (401, FetchProblem.UNREACHABLE),
        (403, FetchProblem.UNREACHABLE),
        (451, FetchProblem.UNREACHABLE),
        (500, FetchProblem.UNREACHABLE),
    ],
)
async def test_who_is_not_let_in_may_be_tomorrow(status: int, problem: FetchProblem) -> None:
    """A block at a picture server takes no posters away; what is gone there does."""

    async def answer(_: Asked, write: Write) -> None:
        await write(response(b"", status))

    assert await fetched(answer) is problem
