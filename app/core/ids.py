"""UUIDv7 keys, and the type-prefixed form (`movie_0192…`) in which they leave the server.

UUIDv7 (RFC 9562) is made here because only PostgreSQL 18 can make it and 16 is supported.
"""

import os
import re
import threading
import time
from collections.abc import Sequence
from uuid import UUID

from asyncpg.pgproto import pgproto

from app.core.errors import Invalid

# Exactly what `encode_id` makes: `int` and `UUID` would also take blanks, 0x and underscores.
_WIRE_ID = re.compile(r"([a-z]+(?:_[a-z]+)*)_([0-9a-f]{32})")
_lock = threading.Lock()
_last = 0


def new_id() -> UUID:
    """A UUIDv7 that is greater than every one made before in this process.

    The 12 bits after the millisecond count its fractions (RFC 9562, method 3), so that ids made
    within one millisecond still sort in the order of their making.
    """
    global _last  # noqa: PLW0603 - the generator's only state; a lock guards it
    now = time.time_ns()
    stamp = (now // 1_000_000 << 12) | ((now % 1_000_000) * 4096 // 1_000_000)
    with _lock:
        _last = stamp = max(stamp, _last + 1)
    random = int.from_bytes(os.urandom(8), "big") & ((1 << 62) - 1)
    value = (stamp >> 12 << 80) | (0x7 << 76) | ((stamp & 0xFFF) << 64) | (0b10 << 62) | random
    return UUID(int=value)


def encode_id(kind: str, value: UUID) -> str:
    """`movie` and a UUID become `movie_<32 hex digits>`."""
    return f"{kind}_{value.hex}"


def split_id(text: str) -> tuple[str, UUID]:
    """Take a wire id apart. Raises Invalid when it has not the form `kind_<32 hex digits>`."""
    if found := _WIRE_ID.fullmatch(text):
        # The driver's, which rows have too: made, hashed and sent in C. orjson does not know it,
        # and SQLAlchemy only where a bind has a type.
        return found[1], pgproto.UUID(found[2])
    raise Invalid(f"{text[:80]!r} is not an id of this server.", field="id")


def decode_id(kind: str, text: str, field: str = "id") -> UUID:
    """The UUID in a wire id of this kind. Raises Invalid, naming the field, for any other."""
    return decode_id_of((kind,), text, field)[1]


def decode_id_of(kinds: Sequence[str], text: str, field: str = "id") -> tuple[str, UUID]:
    """A wire id of one of these kinds. Raises Invalid, naming the field, for any other."""
    try:
        found, value = split_id(text)
    except Invalid as error:
        raise Invalid(error.message, field=field) from None
    if found not in kinds:
        *others, last = kinds
        wanted = f"{', '.join(others)} or {last}" if others else last
        raise Invalid(f"This is the id of a {found}; a {wanted} id is expected.", field=field)
    return found, value
