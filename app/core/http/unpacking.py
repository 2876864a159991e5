"""The body of an answer as it comes in, packed or not, up to what it may have."""

import zlib
from typing import Final

from app.core.http.errors import BadAnswer, TooLong
from app.core.http.policy import Policy

GZIP: Final = 16 + zlib.MAX_WBITS


class Unpacking:
    """Never holds more than the policy lets an answer have, however tightly it is packed."""

    def __init__(self, policy: Policy, *, packed: bool) -> None:
        self._label, self._most = policy.label, policy.most_bytes
        self._inflate = zlib.decompressobj(GZIP) if packed else None
        self._body = bytearray()
        self._came = False

    def add(self, chunk: bytes) -> None:
        """The next bytes. Raises BadAnswer."""
        self._came = True
        self._body += chunk if self._inflate is None else self._inflated(chunk)
        if len(self._body) > self._most:
            raise TooLong(self._label)

    def whole(self) -> bytes:
        """All of it. Raises BadAnswer if something lacks."""
        if self._inflate is not None and self._came and not self._inflate.eof:
            raise BadAnswer(self._label, "packs its answer badly")
        return bytes(self._body)

    def _inflated(self, chunk: bytes) -> bytes:
        assert self._inflate is not None  # noqa: S101 - asked just before
        if self._inflate.eof:
            return b""
        try:
            return self._inflate.decompress(chunk, self._most + 1 - len(self._body))
        except zlib.error:
            raise BadAnswer(self._label, "packs its answer badly") from None
