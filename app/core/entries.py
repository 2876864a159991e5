"""What is cached: the terms of a read, and its entries on their way."""

import asyncio
import hashlib
import random
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, get_args

import msgspec
from msgspec import Struct

from app.core.metrics import Metrics

NEGATIVE_TTL: Final = 30.0


class Spec(Struct, frozen=True):
    """A cached read: its name, time to live in seconds, tag templates and codec."""

    name: str
    ttl: float
    tags: tuple[str, ...]
    decoder: Any
    shape: str = ""  # of the value's type: another version of the code finds entries of its own

    def lifetime(self, value: object) -> float:
        """Seconds to keep a value: jittered, and short for "there is none"."""
        ttl = self.ttl if value is not None else min(self.ttl, NEGATIVE_TTL)
        return ttl * random.uniform(0.9, 1.1)  # noqa: S311 - jitter


class Want(Struct, frozen=True):
    """One entry that is missed: what it is asked by, its key within the read in L2, its tags."""

    id: Hashable
    key: str
    tags: tuple[str, ...]


class Source(Struct, frozen=True):
    """Where what is missed comes from: what it is called, and values in the order of ids."""

    want: Callable[[Any], Want]
    load: Callable[[Sequence[Any]], Awaitable[list[Any]]]


class Flight(Struct, frozen=True):
    """An entry that is being read, with others, and its tags as they were before."""

    landing: "asyncio.Future[Mapping[Hashable, Any]]"
    mark: Mapping[str, int]


class Found(Struct, frozen=True):
    """What an entry was found to be, also as it is encoded."""

    want: Want
    value: Any
    raw: bytes


class Counters:
    """The metrics of one read, looked up once."""

    def __init__(self, metrics: Metrics, name: str) -> None:
        hits, misses = metrics.cache_hits, metrics.cache_misses
        self._hits = {layer: hits.labels(name, layer) for layer in ("l1", "l2")}
        self._misses = {layer: misses.labels(name, layer) for layer in ("l1", "l2")}

    def count(self, layer: str, hits: int, misses: int) -> None:
        if hits:
            self._hits[layer].inc(hits)
        if misses:
            self._misses[layer].inc(misses)


def spec_of(name: str, ttl: timedelta, tags: tuple[str, ...], kind: Any) -> Spec:
    """The terms of a read whose values are of a type."""
    schema = msgspec.json.encode([msgspec.json.schema(kind), _fields(kind)], order="deterministic")
    shape = hashlib.blake2b(schema, digest_size=6).hexdigest()
    return Spec(name, ttl.total_seconds(), tags, msgspec.msgpack.Decoder(kind | None), shape)


def _fields(kind: Any) -> list[Any]:
    """The names of what has none in its encoding."""
    if isinstance(kind, type) and issubclass(kind, Struct):
        return [[field.name, *_fields(field.type)] for field in msgspec.structs.fields(kind)]
    return [names for inner in get_args(kind) if (names := _fields(inner))]
