"""Pictures of what nobody made: each name has its own, and its size is part of the name."""

import hashlib
import re
from functools import lru_cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw

SIZES: Final = {
    "poster": (200, 300),
    "backdrop": (320, 180),
    "logo": (160, 64),
    "still": (240, 135),
    "profile": (120, 180),
    "banner": (379, 70),
    "art": (250, 141),
}
CLEAR: Final = frozenset({"logo", "art"})
FORMATS: Final = {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}
NAME: Final = re.compile(rf"(?:^|[/_-])({'|'.join(SIZES)})[_-]")
# Where others keep what they call by numbers alone.
FOLDERS: Final = {"images/main": "poster", "posters/": "poster", "fanart/": "backdrop",
                  "episodes/": "still"}  # fmt: skip


def name(kind: str, what: str, number: int, variant: str = "0") -> str:
    """The file of a picture: its kind, what it is of, and which of several it is."""
    ending = "png" if kind in CLEAR else "jpg"
    return f"{kind}-{what}{number}-{variant}.{ending}"


def drawn(path: str) -> tuple[bytes, str] | None:
    """The picture under a path and its content type; None where nobody keeps one."""
    ending = path.rpartition(".")[2].lower()
    kind = _kind(path)
    if kind is None or ending not in FORMATS:
        return None
    return _drawn(path, kind, FORMATS[ending]), f"image/{FORMATS[ending].lower()}"


def _kind(path: str) -> str | None:
    found = NAME.findall(path)
    if found:
        return str(found[-1])
    return next((kind for folder, kind in FOLDERS.items() if folder in path), None)


@lru_cache(256)
def _drawn(path: str, kind: str, form: str) -> bytes:
    width, height = SIZES[kind]
    mark = hashlib.sha256(path.encode()).digest()
    clear = form == "PNG" and kind in CLEAR
    ground = (mark[0] // 2 + 40, mark[1] // 2 + 40, mark[2] // 2 + 40)
    image = Image.new(
        "RGBA" if clear else "RGB", (width, height), (0, 0, 0, 0) if clear else ground
    )
    draw = ImageDraw.Draw(image)
    for at in range(4, 28, 6):
        left, top = mark[at] * width // 256, mark[at + 1] * height // 256
        size = 8 + mark[at + 2] * min(width, height) // 512
        colour = (mark[at + 3], mark[at + 4], mark[at + 5])
        draw.ellipse((left - size, top - size, left + size, top + size), fill=colour)
    written = BytesIO()
    image.save(written, form, quality=80)
    return written.getvalue()
