"""Pictures that strangers send: made anew, or refused, and never more than they may cost."""

import asyncio
import contextlib
import os
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from app.core.errors import RateLimited
from app.core.pictures import BadPicture, Limits, PictureKind, Pictures, sniff
from tests.support import pictures as made
from tests.support.pictures import SIDES, encoded, plain


@pytest.fixture(scope="module")
def pictures() -> Pictures:
    return Pictures()


def shown(data: bytes) -> Any:
    """The picture; what a pixel is depends on its mode, which types cannot tell."""
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_every_kind_becomes_square_webp_in_all_sizes(pictures: Pictures, kind: str) -> None:
    squares = await pictures.squares(plain(kind, (300, 200)), SIDES)
    assert set(squares) == set(SIDES)
    for side, data in squares.items():
        image = shown(data)
        assert (image.format, image.size) == ("WEBP", (side, side))
        red, green, blue = image.convert("RGB").getpixel((side // 2, side // 2))
        assert red > 240
        assert green < 20
        assert blue < 20


async def test_it_is_the_middle_that_is_kept(pictures: Pictures) -> None:
    wide = Image.new("RGB", (300, 100), "black")
    wide.paste("white", (100, 0, 200, 100))
    square = shown((await pictures.squares(encoded(wide, "PNG"), [64]))[64]).convert("L")
    assert min(square.getpixel((x, 32)) for x in range(4, 60)) > 240


@pytest.mark.parametrize("orientation", range(1, 9))
async def test_it_stands_upright_and_tells_nothing(pictures: Pictures, orientation: int) -> None:
    sent = made.photographed(orientation)
    assert b"SECRET" in sent
    square = (await pictures.squares(sent, [64]))[64]
    image = shown(square).convert("RGB")
    corners = [image.getpixel(at) for at in ((10, 10), (54, 10), (10, 54), (54, 54))]
    names = ["".join("x" if value > 127 else "-" for value in corner) for corner in corners]
    assert names == ["x--", "-x-", "--x", "xxx"]
    assert b"SECRET" not in square
    assert not image.getexif()
    assert {"exif", "icc_profile", "xmp", "comment"}.isdisjoint(image.info)


async def test_an_animation_is_its_first_frame(pictures: Pictures) -> None:
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "lime", "blue")]
    for kind in ("GIF", "WEBP", "PNG"):
        how = {"save_all": True, "append_images": frames[1:], "duration": 40}
        sent = encoded(frames[0], kind, **how)
        image = shown((await pictures.squares(sent, [64]))[64])
        assert not getattr(image, "is_animated", False)
        red, green, _ = image.convert("RGB").getpixel((32, 32))
        assert red > 200 > green


async def test_transparency_stays_and_other_modes_are_converted(pictures: Pictures) -> None:
    clear = encoded(Image.new("RGBA", (50, 50), (255, 0, 0, 0)), "PNG")
    assert shown((await pictures.squares(clear, [64]))[64]).convert("RGBA").getpixel((5, 5))[3] == 0
    for mode, kind in (("1", "PNG"), ("L", "JPEG"), ("LA", "PNG"), ("P", "GIF"), ("CMYK", "JPEG")):
        sent = encoded(Image.new("L", (50, 50), 255).convert(mode), kind)
        assert min(shown((await pictures.squares(sent, [64]))[64]).convert("L").getextrema()) > 240
    deep = encoded(Image.new("I;16", (50, 50), 0x8000), "PNG")
    grey = shown((await pictures.squares(deep, [64]))[64]).convert("L").getpixel((32, 32))
    assert grey in range(120, 136)


async def test_colours_of_a_profile_are_kept_without_it(pictures: Pictures) -> None:
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for profile in (lab, b"garbage", lab[:200]):
        sent = encoded(Image.new("RGB", (50, 50), "red"), "PNG", icc_profile=profile)
        image = shown((await pictures.squares(sent, [64]))[64])
        assert "icc_profile" not in image.info
        assert image.convert("RGB").getpixel((32, 32))[0] > 240


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00",
        b"hello, I am a picture.png",
        b"<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'/>",
        b"<?xml version='1.0'?><svg/>",
        b"BM" + bytes(100),
        b"II*\x00" + bytes(100),
        b"%PDF-1.7\n" + bytes(100),
        b"\x00\x00\x00\x1cftypavif" + bytes(100),
        b"\x00\x00\x01\x00" + bytes(100),
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"RIFF\x00\x00\x00\x00WAVEfmt ",
    ],
)
async def test_what_is_no_picture_of_ours_is_refused_unread(
    pictures: Pictures, data: bytes
) -> None:
    assert sniff(data) is None
    with pytest.raises(BadPicture, match="JPEG, PNG, WebP or GIF"):
        await pictures.squares(data, [64])


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (made.png(8000, 5001, b""), "40 megapixels"),
        (made.png(2**31 - 1, 2**31 - 1, b""), "40 megapixels"),
        (made.webp_canvas(16383, 16383), "megapixels|damaged"),
        (made.gif_frame_outside(), "megapixels|damaged"),
        (plain("PNG", (15, 400)), "at least 16 pixels"),
        (made.png(0, 40, b""), "damaged|at least"),
        (plain("JPEG", (600, 600))[:500], "damaged"),
        (plain("PNG", (600, 600))[:200], "damaged"),
        (plain("WEBP", (600, 600))[:100], "damaged"),
        (b"\xff\xd8\xff" + b"A" * 5000, "damaged"),
        (b"\x89PNG\r\n\x1a\n" + os.urandom(500), "damaged"),
        (b"GIF89a" + b"=1;alert(1);/*" * 100, "damaged|at least|megapixels"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8X" + b"\xff" * 500, "damaged|megapixels"),
    ],
)
async def test_hostile_pictures_are_refused_at_once(
    pictures: Pictures, data: bytes, says: str
) -> None:
    started = time.monotonic()
    with pytest.raises(BadPicture, match=says):
        await pictures.squares(data, [64])
    assert time.monotonic() - started < 10


async def test_a_bomb_of_text_costs_no_more_than_its_limits(pictures: Pictures) -> None:
    with pytest.raises(BadPicture):
        await pictures.squares(made.text_bomb(), [64])


async def test_what_else_a_file_is_does_not_survive(pictures: Pictures) -> None:
    """A polyglot: a picture to some, a script, page or archive to others."""
    script = b"<script>alert('SECRET')</script>PK\x03\x04"
    for kind in ("GIF", "PNG", "JPEG", "WEBP"):
        square = (await pictures.squares(plain(kind) + script, [64]))[64]
        assert b"SECRET" not in square
        assert b"PK\x03\x04" not in square


async def test_the_largest_picture_is_taken(pictures: Pictures) -> None:
    sent = encoded(Image.new("RGBA", (8000, 5000), (255, 0, 0, 255)), "PNG", compress_level=1)
    assert set(await pictures.squares(sent, SIDES)) == set(SIDES)


async def test_a_slow_picture_is_given_up_and_its_child_is_gone() -> None:
    slow = Pictures(limits=Limits(timeout=0.01))
    with pytest.raises(BadPicture, match="too long"):
        await slow.squares(plain(), [64])
    assert slow.waiting == 0
    assert await Pictures().squares(plain(), [64])


async def test_only_so_many_wait() -> None:
    few = Pictures(1, queue=2)
    done = await asyncio.gather(
        *(few.squares(plain(), [64]) for _ in range(6)), return_exceptions=True
    )
    assert sum(isinstance(one, RateLimited) for one in done) == 4
    assert sum(not isinstance(one, BaseException) for one in done) == 2
    assert few.waiting == 0


async def test_who_no_longer_waits_leaves_no_child(pictures: Pictures) -> None:
    sent = encoded(Image.new("RGB", (8000, 5000), "red"), "PNG", compress_level=1)
    task = asyncio.create_task(pictures.squares(sent, SIDES))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert pictures.waiting == 0
    assert children() == []


def children() -> list[str]:
    """The children of this process that decode pictures."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with contextlib.suppress(OSError):
                command = (folder / "cmdline").read_text("utf-8")
                parent = (folder / "stat").read_text("utf-8").rpartition(")")[2].split()[1]
                if "picture_child" in command and int(parent) == os.getpid():
                    found.append(command)
    return found


def test_kinds_are_told_by_their_bytes() -> None:
    assert {sniff(plain(kind.value.upper())[:16]) for kind in PictureKind} == set(PictureKind)
