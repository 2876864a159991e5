"""The process that decodes one picture of a stranger's, behind the limits of `sandbox`."""

import os
import sys
import warnings
from io import BytesIO
from typing import TYPE_CHECKING, Final

import msgspec

from app.core.pictures import LEAST_SIDE, MOST_PIXELS, Rendered
from app.core.sandbox import confine, own_stdout, write_all

if TYPE_CHECKING:
    from PIL import Image

QUALITY: Final = 85
ORIENTATION: Final = 0x0112  # the tag of EXIF
UNREADABLE: Final = "This picture is damaged or not what it says it is."
TOO_LARGE: Final = f"A picture has at most {MOST_PIXELS // 1_000_000} megapixels."
TOO_SMALL: Final = f"A picture has at least {LEAST_SIDE} pixels on each side."


def main(arguments: list[str]) -> int:
    """`arguments`: bytes of memory, seconds of processor time, pid of the parent, kind, sides."""
    memory, cpu_seconds, parent = map(int, arguments[:3])
    kind, sides = arguments[3], [int(side) for side in arguments[4].split(",")]
    answers = own_stdout()
    confine(memory, cpu_seconds)
    if os.getppid() != parent:  # it died before the death signal was asked for
        return 1
    warnings.simplefilter("ignore")
    with open(0, "rb", closefd=False) as stdin:
        data = stdin.read()
    write_all(answers, msgspec.msgpack.encode(render(data, kind, sides)))
    return 0


def render(data: bytes, kind: str, sides: list[int]) -> Rendered:
    """The squares of a picture, or what is wrong with it. Nothing about it raises."""
    try:
        return _render(data, kind, sides)
    except MemoryError:
        return Rendered(problem=TOO_LARGE)
    except Exception:  # noqa: BLE001 - decoders raise whatever they like
        return Rendered(problem=UNREADABLE)


def _render(data: bytes, kind: str, sides: list[int]) -> Rendered:
    # Imported behind the walls: loading the decoders is already their code running.
    from PIL import GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

    del GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # they register themselves
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # refused from twice as many on, also in frames
    try:
        image = Image.open(BytesIO(data), formats=[kind.upper()])
    except Image.DecompressionBombError:
        return Rendered(problem=TOO_LARGE)
    if image.width * image.height > MOST_PIXELS:
        return Rendered(problem=TOO_LARGE)
    if min(image.size) < LEAST_SIDE:
        return Rendered(problem=TOO_SMALL)
    turn = _orientation(image)
    square = _turned(_middle(image, max(sides)), turn)
    squares = {side: _encoded(square, side) for side in sides}
    return Rendered(squares=squares)


def _orientation(image: "Image.Image") -> int:
    """How the camera was held, 1 to 8; 1 where nothing sensible is said."""
    try:
        return int(image.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 - what stands there is the sender's; the picture may be good
        return 1


def _middle(image: "Image.Image", side: int) -> "Image.Image":
    """The middle square with this side, in sRGB or sRGB with transparency."""
    from PIL import Image

    image.draft("RGB", (side * 2, side * 2))  # JPEG decodes smaller at once
    image.load()
    profile = image.info.get("icc_profile")
    clear = image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
    if image.mode in ("I", "F") or image.mode.startswith("I;"):  # 16 bits of grey
        image = image.convert("F").point(lambda value: value * (1 / 257) + 0).convert("L")
    image = image.convert("RGBA" if clear else "RGB")
    short = min(image.size)
    left, top = (image.width - short) // 2, (image.height - short) // 2
    box = (left, top, left + short, top + short)
    square = image.resize((side, side), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    return _in_srgb(square, profile)


def _in_srgb(image: "Image.Image", profile: object) -> "Image.Image":
    """The same colours without their profile; as they are where it makes no sense."""
    from PIL import ImageCms

    if not isinstance(profile, bytes) or not profile:
        return image
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        made = ImageCms.profileToProfile(image, source, target, outputMode=image.mode)
    except Exception:  # noqa: BLE001 - a profile that does not fit is no reason to refuse
        return image
    return image if made is None else made


def _turned(image: "Image.Image", orientation: int) -> "Image.Image":
    from PIL.Image import Transpose

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    turn = turns.get(orientation)
    return image if turn is None else image.transpose(turn)


def _encoded(square: "Image.Image", side: int) -> bytes:
    from PIL import Image

    sized = (
        square.resize((side, side), Image.Resampling.LANCZOS) if side != square.width else square
    )
    sized.info.clear()  # what is left of the sender's metadata would be written with it
    made = BytesIO()
    sized.save(made, "WEBP", quality=QUALITY, method=4)
    return made.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
