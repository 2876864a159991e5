"""The process that decodes one picture of a stranger's, behind the limits of `sandbox`."""

import math
import os
import sys
import warnings
from collections.abc import Mapping
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import msgspec

from app.core.pictures import LEAST_SIDE, MOST_PIXELS, Look, PictureFormat, Rendered
from app.core.sandbox import confine, own_stdout, write_all
from app.core.thumbhash import thumbhash

if TYPE_CHECKING:
    from PIL import Image

ORIENTATION: Final = 0x0112  # the tag of EXIF
SIDEWAYS: Final = 5  # from this orientation on, width is height
# What encoders can do in the memory that there is.
MOST_SHOWN: Final[Mapping[PictureFormat, int]] = {
    PictureFormat.AVIF: 4_000_000,
    PictureFormat.WEBP: 3840 * 2160,
    PictureFormat.JPEG: 3840 * 2160,
}
MUCH: Final = 12_000_000  # pixels from which on memory counts more than the last bit of quality
STRIP: Final = 1_000_000  # pixels that are made smaller at once
LOOKED_AT: Final = 32  # pixels of a side that suffice for blur and colour
CLEAR: Final = 127
COLOURS: Final = 5
HOW: Final[Mapping[PictureFormat, Mapping[str, Any]]] = {
    PictureFormat.AVIF: {"quality": 62, "speed": 8, "max_threads": 1},
    PictureFormat.WEBP: {"quality": 85, "method": 3},
    PictureFormat.JPEG: {"quality": 85, "optimize": True, "progressive": True},
}
UNREADABLE: Final = "This picture is damaged or not what it says it is."
TOO_LARGE: Final = f"A picture has at most {MOST_PIXELS // 1_000_000} megapixels."
TOO_SMALL: Final = f"A picture has at least {LEAST_SIDE} pixels on each side."


def main(arguments: list[str]) -> int:
    """`arguments`: bytes of memory, seconds of processor time, pid of the parent, kind, what is to
    be made of the picture, and how.
    """
    memory, cpu_seconds, parent = map(int, arguments[:3])
    kind, task, how = arguments[3:]
    answers = own_stdout()
    confine(memory, cpu_seconds)
    if os.getppid() != parent:  # it died before the death signal was asked for
        return 1
    warnings.simplefilter("ignore")
    with open(0, "rb", closefd=False) as stdin:
        data = stdin.read()
    write_all(answers, msgspec.msgpack.encode(render(data, kind, task, how)))
    return 0


def render(data: bytes, kind: str, task: str, how: str) -> Rendered:
    """What was to be made of a picture, or what is wrong with it. Nothing about it raises."""
    try:
        image = _opened(data, kind)
        if task == "squares":
            return _squares(image, [int(side) for side in how.split(",")])
        size = image.size if _orientation(image) < SIDEWAYS else image.size[::-1]
        if task == "look":
            return Rendered(look=_look(_shown(image, LOOKED_AT, LOOKED_AT**2), size, kind))
        width, form = how.split(",")
        shown = _shown(image, int(width), MOST_SHOWN[PictureFormat(form)])
        look = _look(shown, size, kind)
        return Rendered(look=look, scaled=_encoded(shown, PictureFormat(form)))
    except Refused as refused:
        return Rendered(problem=str(refused))
    except MemoryError:
        return Rendered(problem=TOO_LARGE)
    except Exception:  # noqa: BLE001 - decoders raise whatever they like
        return Rendered(problem=UNREADABLE)


class Refused(Exception):
    """It is a picture that is not taken; the sentence says why."""


def _opened(data: bytes, kind: str) -> "Image.Image":
    # Imported behind the walls: loading the decoders is already their code running.
    from PIL import GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

    del GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin  # they register themselves
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS // 2  # refused from twice as many on, also in frames
    try:
        image = Image.open(BytesIO(data), formats=[kind.upper()])
    except Image.DecompressionBombError:
        raise Refused(TOO_LARGE) from None
    if image.width * image.height > MOST_PIXELS:
        raise Refused(TOO_LARGE)
    if min(image.size) < LEAST_SIDE:
        raise Refused(TOO_SMALL)
    return image


def _squares(image: "Image.Image", sides: list[int]) -> Rendered:
    from PIL import Image

    square = _turned(_middle(image, max(sides)), _orientation(image))
    sized = (
        square if side == square.width else square.resize((side, side), Image.Resampling.LANCZOS)
        for side in sides
    )
    made = {one.width: _encoded(one, PictureFormat.WEBP) for one in sized}
    return Rendered(squares=made)


def _shown(image: "Image.Image", width: int, most: int) -> "Image.Image":
    """The whole picture, upright, at most so wide and of `most` pixels, in sRGB. The picture
    itself is closed: its pixels make room for the encoder.
    """
    from PIL import Image

    turn = _orientation(image)
    pixels = image.width * image.height
    across = image.width if turn < SIDEWAYS else image.height
    share = min(1.0, width / across, math.sqrt(most / pixels))
    size = [max(1, round(side * share)) for side in image.size]
    image.draft("RGB", (size[0] * 2, size[1] * 2))  # JPEG decodes smaller at once
    image.load()
    profile = image.info.get("icc_profile")
    factor = image.width // (size[0] * (1 if pixels > MUCH else 2))
    plain = _reduced(image, max(1, factor))
    if plain is not image:
        image.close()
    if plain.size != tuple(size):
        plain = plain.resize((size[0], size[1]), Image.Resampling.LANCZOS)
    return _turned(_in_srgb(plain, profile), turn)


def _reduced(image: "Image.Image", factor: int) -> "Image.Image":
    """RGB or RGBA, smaller by a whole factor; in strips, so that no second big picture is made."""
    from PIL import Image

    mode = _mode_of(image)
    if factor == 1:
        return image if image.mode == mode else _converted(image, mode)
    size = -(-image.width // factor), -(-image.height // factor)
    whole = Image.new(mode, size)
    rows = max(1, STRIP // (image.width * factor)) * factor
    for top in range(0, image.height, rows):
        box = (0, top, image.width, min(image.height, top + rows))
        strip = _converted(image.crop(box), mode).reduce(factor)
        whole.paste(strip, (0, top // factor))
    return whole


def _look(shown: "Image.Image", size: tuple[int, int], kind: str) -> Look:
    from PIL import Image

    share = min(1.0, LOOKED_AT / max(shown.size))
    sides = (max(1, round(shown.width * share)), max(1, round(shown.height * share)))
    small = shown.resize(sides, Image.Resampling.BOX, reducing_gap=1.0).convert("RGBA")
    return Look(
        kind=kind,
        width=size[0],
        height=size[1],
        color=_colour(small),
        thumbhash=thumbhash(small.width, small.height, small.tobytes()),
    )


def _colour(small: "Image.Image") -> int:
    """What most of it has: the mean of the commonest of a few colours."""
    from PIL import Image

    data = small.tobytes()
    seen = [data[n : n + 3] for n in range(0, len(data), 4) if data[n + 3] > CLEAR] or [bytes(3)]
    few = Image.frombytes("RGB", (len(seen), 1), b"".join(seen)).quantize(COLOURS)
    counts = few.histogram()
    place = counts.index(max(counts))
    red, green, blue = (few.getpalette() or [0, 0, 0])[3 * place : 3 * place + 3]
    return red << 16 | green << 8 | blue


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
    image = _converted(image, _mode_of(image))
    short = min(image.size)
    left, top = (image.width - short) // 2, (image.height - short) // 2
    box = (left, top, left + short, top + short)
    square = image.resize((side, side), Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    return _in_srgb(square, profile)


def _mode_of(image: "Image.Image") -> str:
    clear = image.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in image.info
    return "RGBA" if clear else "RGB"


def _converted(image: "Image.Image", mode: str) -> "Image.Image":
    if image.mode in ("I", "F") or image.mode.startswith("I;"):  # 16 bits of grey
        image = image.convert("F").point(lambda value: value * (1 / 257) + 0).convert("L")
    return image.convert(mode)


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


def _encoded(image: "Image.Image", form: PictureFormat) -> bytes:
    """A file of it, without anything that the sender has put beside the pixels."""
    from PIL import Image

    if form is PictureFormat.JPEG and image.mode == "RGBA":
        ground = Image.new("RGB", image.size)
        ground.paste(image, mask=image.getchannel("A"))
        image = ground
    image.info.clear()  # what is left of the sender's metadata would be written with it
    made = BytesIO()
    image.save(made, form.value.upper(), **HOW[form])
    return made.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
