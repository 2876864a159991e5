"""ThumbHash: a picture's blur in some 25 bytes (https://evanw.github.io/thumbhash/)."""

import math
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

MOST_SIDE: Final = 100  # of the format
Channel = Sequence[float]


class _Waves(Struct):
    """A channel as cosines: the mean, the others as parts of `scale` from 0 to 1."""

    mean: float
    parts: list[float]
    scale: float


def thumbhash(width: int, height: int, rgba: bytes) -> bytes:
    """The hash of a small picture of at most 100 pixels a side, from its rows of RGBA."""
    if not (0 < width <= MOST_SIDE and 0 < height <= MOST_SIDE and len(rgba) == 4 * width * height):
        raise ValueError("A ThumbHash is made of 1 to 100 pixels a side.")
    light, yellow, red, alpha, clear = _channels(rgba)
    limit, longest = 5 if clear else 7, max(width, height)
    across = max(1, _rounded(limit * width / longest))
    down = max(1, _rounded(limit * height / longest))
    size = width, height
    lights = _waves(light, size, (max(3, across), max(3, down)))
    yellows, reds = _waves(yellow, size, (3, 3)), _waves(red, size, (3, 3))
    wide = width > height
    first = (
        _rounded(63 * lights.mean)
        | _rounded(31.5 + 31.5 * yellows.mean) << 6
        | _rounded(31.5 + 31.5 * reds.mean) << 12
        | _rounded(31 * lights.scale) << 18
        | clear << 23
    )
    second = (
        (down if wide else across)
        | _rounded(63 * yellows.scale) << 3
        | _rounded(63 * reds.scale) << 9
        | wide << 15
    )
    head = first.to_bytes(3, "little") + second.to_bytes(2, "little")
    parts = [*lights.parts, *yellows.parts, *reds.parts]
    if clear:
        alphas = _waves(alpha, size, (5, 5))
        head += bytes([_rounded(15 * alphas.mean) | _rounded(15 * alphas.scale) << 4])
        parts += alphas.parts
    return head + _packed(_rounded(15 * part) for part in parts)


def _rounded(value: float) -> int:
    return math.floor(value + 0.5)  # as JavaScript does, whose implementation is the reference


def _packed(nibbles: Iterable[int]) -> bytes:
    some = [*nibbles]
    some += [0] * (len(some) % 2)
    return bytes(low | high << 4 for low, high in zip(some[::2], some[1::2], strict=True))


def _channels(rgba: bytes) -> tuple[Channel, Channel, Channel, Channel, bool]:
    """Light, yellow against blue, red against green and opacity; clear parts get the mean colour.
    The last says whether there are any.
    """
    reds, greens, blues, alpha = ([value / 255 for value in rgba[place::4]] for place in range(4))
    whole = sum(alpha)
    means = [
        sum(value * a for value, a in zip(values, alpha, strict=True)) / (whole or 1)
        for values in (reds, greens, blues)
    ]
    seen = [
        [mean * (1 - a) + value * a for value, a in zip(values, alpha, strict=True)]
        for mean, values in zip(means, (reds, greens, blues), strict=True)
    ]
    colours = list(zip(*seen, strict=True))
    light = [(r + g + b) / 3 for r, g, b in colours]
    yellow = [(r + g) / 2 - b for r, g, b in colours]
    red = [r - g for r, g, _ in colours]
    return light, yellow, red, alpha, whole < len(alpha)


def _waves(channel: Channel, size: tuple[int, int], waves: tuple[int, int]) -> _Waves:
    (width, height), (across, down) = size, waves
    rows = [channel[y * width : (y + 1) * width] for y in range(height)]
    mean, parts = 0.0, list[float]()
    for cy in range(down):
        steps = [math.cos(math.pi / height * cy * (y + 0.5)) for y in range(height)]
        column = [sum(r[x] * s for r, s in zip(rows, steps, strict=True)) for x in range(width)]
        for cx in range(-(-across * (down - cy) // down)):
            value = sum(
                total * math.cos(math.pi / width * cx * (x + 0.5)) for x, total in enumerate(column)
            ) / (width * height)
            if cx or cy:
                parts.append(value)
            else:
                mean = value
    scale = max(map(abs, parts), default=0.0)
    if scale:
        parts = [0.5 + 0.5 / scale * part for part in parts]
    return _Waves(mean, parts, scale)
