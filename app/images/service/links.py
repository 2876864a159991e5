"""Addresses of pictures: signed, the same for everybody, and good for one to two weeks.

Whoever may see what a picture is of is given its address; whoever has the address may have the
picture. So it can be kept by browsers and proxies, and needs no credentials in an `<img>`.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hmac import compare_digest
from typing import Final
from uuid import UUID

from msgspec import Struct

from app.core.clock import Clock
from app.core.ids import encode_id
from app.core.keys import Keyring
from app.core.pictures import PictureFormat
from app.images.domain import KIND, LADDER, ImageNotFound, step

WEEK: Final = 7 * 24 * 3600
PURPOSE: Final = "images"
SIGNATURE_BYTES: Final = 16
WIDTHS: Final[Mapping[str, int]] = {str(width): width for width in LADDER}
FORMATS: Final[Mapping[str, PictureFormat | None]] = {
    "": None,
    **{f".{form.value}": form for form in PictureFormat},
}
_NAME = re.compile(rf"{KIND}_([0-9a-f]{{32}})", re.ASCII)
_SIZE = re.compile(r"([0-9]{2,4})((?:\.[a-z]{4})?)", re.ASCII)
_WEEK_NUMBER = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


class Asked(Struct, frozen=True):
    """What an address asks for. `form` is None where the client's Accept decides; `lasts` are the
    seconds for which the address is good.
    """

    id: UUID
    width: int
    form: PictureFormat | None
    lasts: int


class ImageLinks:
    """Makes addresses of pictures and takes them apart again."""

    def __init__(self, keyring: Keyring, clock: Clock) -> None:
        self._keyring, self._clock = keyring, clock

    def path(self, image: UUID, width: int, form: PictureFormat | None) -> str:
        """The address below this server of a picture that is at least so wide, if it can be."""
        size = f"{step(width)}.{form.value}" if form is not None else str(step(width))
        week = self._now() // WEEK
        name = encode_id(KIND, image)
        return f"/images/{name}/{size}?v={week}&s={self._signature(name, size, week)}"

    def read(self, name: str, size: str, week: str, signature: str) -> Asked:
        """What an address of ours asks for. Raises ImageNotFound for every other."""
        named, sized = _NAME.fullmatch(name), _SIZE.fullmatch(size)
        if named is None or sized is None or not _WEEK_NUMBER.fullmatch(week):
            raise ImageNotFound
        number, now = int(week), self._now()
        expected = self._signature(name, size, number)
        if not compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise ImageNotFound
        width, lasts = WIDTHS.get(sized[1]), (number + 2) * WEEK - now
        if width is None or sized[2] not in FORMATS or not 0 < lasts <= 2 * WEEK:
            raise ImageNotFound
        return Asked(UUID(named[1]), width, FORMATS[sized[2]], lasts)

    def _signature(self, name: str, size: str, week: int) -> str:
        told = self._keyring.mac(PURPOSE, f"{name}/{size}/{week}".encode())
        return urlsafe_b64encode(told[:SIGNATURE_BYTES]).decode().rstrip("=")

    def _now(self) -> int:
        return int(self._clock.now().timestamp())
