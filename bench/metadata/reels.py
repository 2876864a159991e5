"""Films of any length that hardly take room: a picture a minute, and a mark that no other has."""

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import av
from av.video.stream import VideoStream
from PIL import Image

WIDTH, HEIGHT = 160, 90
SCENE: Final = 10  # minutes
STEP: Final = 5  # minutes: lengths are rounded to so many
ENDINGS: Final = ("mkv", "mp4")


class Reels:
    """Makes one of each length and copies it; `folder` keeps them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[tuple[int, str], bytes] = {}

    def write(self, path: Path, minutes: int, mark: str) -> None:
        """A file that lasts about so long, and differs from all others."""
        ending = path.suffix.removeprefix(".")
        rounded = max(STEP, round(minutes / STEP) * STEP)
        found = self._made.get((rounded, ending))
        if found is None:
            found = self._made[rounded, ending] = self._filmed(rounded, ending)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(found + APPENDED[ending](mark.encode()))

    def _filmed(self, minutes: int, ending: str) -> bytes:
        path = self._folder / f"{minutes}.{ending}"
        with av.open(str(path), "w") as output:
            options = {"preset": "veryfast", "crf": "30", "g": str(SCENE), "bf": "0"}
            stream = output.add_stream("libx264", rate=Fraction(1, 60), options=options)
            assert isinstance(stream, VideoStream)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            stream.time_base = Fraction(60, 1)
            for minute in range(minutes):
                scene = _scene(minute // SCENE).convert("RGBA").tobytes()
                frame = av.VideoFrame.from_bytes(scene, WIDTH, HEIGHT, format="rgba")
                frame.pts, frame.time_base = minute, Fraction(60, 1)
                output.mux(stream.encode(frame))
            output.mux(stream.encode(None))
        found = path.read_bytes()
        path.unlink()
        return found


def _scene(number: int) -> Image.Image:
    """A gradient of two colours."""
    slope = Image.linear_gradient("L").resize((WIDTH, HEIGHT))
    colours = [((number * step + 60) % 200 + 30) for step in (47, 83, 131, 29, 61, 97)]
    one = Image.new("RGB", (WIDTH, HEIGHT), tuple(colours[:3]))
    return Image.composite(one, Image.new("RGB", one.size, tuple(colours[3:])), slope)


def _void(mark: bytes) -> bytes:
    """An element of Matroska that every player passes over."""
    return b"\xec" + bytes([0x80 | len(mark)]) + mark


def _free(mark: bytes) -> bytes:
    """The same of MP4."""
    return (len(mark) + 8).to_bytes(4) + b"free" + mark


APPENDED: Final[Mapping[str, Any]] = {"mkv": _void, "mp4": _free}
