"""Pictures for tests, good ones and hostile ones."""

import struct
import zlib
from io import BytesIO

from PIL import Image
from PIL.Image import Transpose

SIDES = (64, 128, 256, 512)


def encoded(image: Image.Image, kind: str, **how: object) -> bytes:
    """The picture in a file format."""
    made = BytesIO()
    image.save(made, kind, **how)
    return made.getvalue()


def plain(kind: str = "PNG", size: tuple[int, int] = (60, 40), colour: str = "red") -> bytes:
    """A picture of one colour."""
    return encoded(Image.new("RGB", size, colour), kind)


def quarters() -> Image.Image:
    """Red and green above, blue and white below: it shows how it is turned."""
    image = Image.new("RGB", (100, 100), "white")
    image.paste("red", (0, 0, 50, 50))
    image.paste("lime", (50, 0, 100, 50))
    image.paste("blue", (0, 50, 50, 100))
    return image


def photographed(orientation: int) -> bytes:
    """`quarters` as a camera held in this way (EXIF, 1 to 8) would have stored it, with a note of
    where that was.
    """
    undo = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_90,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_270,
    }
    image = quarters()
    if orientation in undo:
        image = image.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "taken at SECRET-PLACE"
    return encoded(image, "JPEG", exif=exif, quality=95, comment=b"SECRET-COMMENT")


def _chunk(kind: bytes, data: bytes) -> bytes:
    mark = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + mark


def png(width: int, height: int, data: bytes, *more: bytes) -> bytes:
    """A PNG of black and white that claims this size, whatever its data."""
    head = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    body = _chunk(b"IDAT", zlib.compress(data, 9))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(more) + body + _chunk(b"IEND", b"")


def text_bomb() -> bytes:
    """A small PNG with a compressed text of 200 MB."""
    packed = zlib.compressobj(9)
    data = b"".join([packed.compress(bytes(1 << 20)) for _ in range(200)]) + packed.flush()
    return png(20, 20, bytes(4 * 20), _chunk(b"zTXt", b"note\0\0" + data))


def webp_canvas(width: int, height: int) -> bytes:
    """A WebP that claims a canvas of this size, with one tiny frame."""
    inner = plain("WEBP", (16, 16))[12:]
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"VP8X" + struct.pack("<I", 10) + bytes([0, 0, 0, 0]) + size + inner
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def gif_frame_outside() -> bytes:
    """A GIF of 16 pixels whose first frame says that it has 65,535."""
    made = bytearray(plain("GIF", (16, 16)))
    at = made.index(b"\x2c", 13)
    made[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    return bytes(made)
