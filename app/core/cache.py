"""Entities close at hand: L1 in process, L2 in Redis, both valid only under their tags' versions.

A tag is a version; an entry is valid only under the versions that were read *before* its rows were,
so a slow reader cannot put back what a writer has just made stale. `@cached` and `@cached_list`
declare a read; nothing else of this module is used by slices.
"""

import asyncio
import contextlib
import functools
import hashlib
import inspect
import random
import time
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final, Protocol, TypeVar, cast, get_args, get_type_hints

import msgspec
from msgspec import Struct

from app.core.access import Scope
from app.core.config import CacheConfig
from app.core.l1 import L1, Terms
from app.core.l2 import L2, Versions
from app.core.logging import get_logger
from app.core.metrics import Metrics
from app.core.redis import RedisAway

K = TypeVar("K")
V = TypeVar("V")
log = get_logger(__name__)
NEGATIVE_TTL: Final = 30.0
DOUBT: Final = 30.0
MANY_DOUBTS: Final = 10_000
MISSING: Final = object()


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


class Declared(Struct, frozen=True):
    """What a cached read said of itself; the decorators keep it as its `declared`."""

    name: str
    ttl: timedelta
    tags: tuple[str, ...]


class Want(Struct, frozen=True):
    """One entry that is asked for: its key within the read, and its tags."""

    key: str
    tags: tuple[str, ...]


class Flight(Struct, frozen=True):
    """An entry that is being read, and its tags as they were before."""

    future: "asyncio.Future[Any]"
    mark: Mapping[str, int]


class Cache:
    """Both layers of one process."""

    def __init__(self, l2: L2, config: CacheConfig, metrics: Metrics) -> None:
        self.l1 = L1(config.l1_entries, config.l1_bytes)
        self.l2 = l2
        self._enabled = config.enabled
        self._metrics = metrics
        self._flights: dict[tuple[str, str], Flight] = {}
        self._doubts: dict[str, float] = {}
        self._doubt_all = 0.0
        self._tasks: set[asyncio.Task[Any]] = set()

    def stale(self, tags: Iterable[str]) -> None:
        """Forget these tags in this process, at once."""
        self.l1.stale(tags)

    def doubt(self, tags: Iterable[str]) -> None:
        """Redis may not know that these are stale: pass it by for them until the relay has told."""
        now = time.monotonic()
        self._doubts.update(dict.fromkeys(tags, now + DOUBT))
        if len(self._doubts) > MANY_DOUBTS:
            self._doubts = {tag: end for tag, end in self._doubts.items() if end > now}
        if len(self._doubts) > MANY_DOUBTS:  # a storm of writes without Redis: pass it by for all
            self._doubts.clear()
            self._doubt_all = now + DOUBT

    def _doubtful(self, tags: Iterable[str]) -> bool:
        now = time.monotonic()
        if now < self._doubt_all:
            return True
        return bool(self._doubts) and any(self._doubts.get(tag, 0) > now for tag in tags)

    def gap(self) -> None:
        """Invalidations may have been missed: nothing in process is to be trusted."""
        self.l1.flush()

    def peek(self, spec: Spec, key: str) -> Any:
        """The value in process, or MISSING. Never waits."""
        known = self._enabled and self.l2.bus_healthy()
        return self.l1.get((spec.name, key), MISSING) if known else MISSING

    async def read(
        self, spec: Spec, wants: Sequence[Want], load: Callable[[list[Want]], Awaitable[list[Any]]]
    ) -> list[Any]:
        """Values for `wants`, in order; what is not cached is loaded once, whoever asks."""
        if not self._enabled:
            return await load(list(wants))
        values = [self.peek(spec, want.key) for want in wants]
        absent = [i for i, value in enumerate(values) if value is MISSING]
        self._count(spec, "l1", len(wants) - len(absent), len(absent))
        if not absent:
            return values
        flights = self._board(spec, [wants[i] for i in absent], load)
        for index, flight in zip(absent, flights, strict=True):
            values[index] = await asyncio.shield(flight.future)
        return values

    def _board(
        self, spec: Spec, wants: list[Want], load: Callable[[list[Want]], Awaitable[list[Any]]]
    ) -> list[Flight]:
        loop = asyncio.get_running_loop()
        flights: list[Flight] = []
        mine: list[tuple[Want, Flight]] = []
        mark = self.l1.mark(tag for want in wants for tag in want.tags)  # before anything is read
        for want in wants:
            flight = self._flights.get((spec.name, want.key))
            # One that set out before a write must not answer those who ask after it.
            if flight is None or self.l1.moved(flight.mark, want.tags):
                flight = self._flights[spec.name, want.key] = Flight(loop.create_future(), mark)
                mine.append((want, flight))
            flights.append(flight)
        if mine:
            # A task of its own: the one who asked first may be cancelled, the others go on.
            task = loop.create_task(self._fly(spec, mine, load))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return flights

    async def _fly(
        self,
        spec: Spec,
        mine: list[tuple[Want, Flight]],
        load: Callable[[list[Want]], Awaitable[list[Any]]],
    ) -> None:
        try:
            found = await self._fill(spec, [want for want, _ in mine], load, mine[0][1].mark)
        except BaseException as error:  # noqa: BLE001 - handed to everyone who waits
            for _, flight in mine:
                flight.future.set_exception(error)
                flight.future.exception()  # nobody may be waiting any more
        else:
            for (_, flight), value in zip(mine, found, strict=True):
                flight.future.set_result(value)
        finally:
            for want, flight in mine:
                if self._flights.get((spec.name, want.key)) is flight:
                    del self._flights[spec.name, want.key]

    async def _fill(
        self,
        spec: Spec,
        wants: list[Want],
        load: Callable[[list[Want]], Awaitable[list[Any]]],
        mark: Mapping[str, int],
    ) -> list[Any]:
        tags = list(dict.fromkeys(tag for want in wants for tag in want.tags))
        values: list[Any] = [MISSING] * len(wants)
        versions: Versions | None = None
        if not self._doubtful(tags):
            with contextlib.suppress(RedisAway):
                versions, raws = await self.l2.get(spec, wants, tags)
                values = [self._decode(spec, raw) for raw in raws]
        absent = [i for i, value in enumerate(values) if value is MISSING]
        self._count(spec, "l2", len(wants) - len(absent), len(absent))
        if absent:
            loaded = await load([wants[i] for i in absent])
            for index, value in zip(absent, loaded, strict=True):
                values[index] = value
            if versions is not None:
                self._keep(spec, [(wants[i], values[i]) for i in absent], versions)
        if self.l2.bus_healthy():
            self._remember(spec, wants, values, mark)
        return values

    def _remember(
        self, spec: Spec, wants: Sequence[Want], values: Sequence[Any], mark: Mapping[str, int]
    ) -> None:
        now = time.monotonic()
        for want, value in zip(wants, values, strict=True):
            size = len(msgspec.msgpack.encode(value)) + 200
            terms = Terms(size, now + spec.lifetime(value), want.tags, mark)
            self.l1.put((spec.name, want.key), value, terms)
        self._metrics.cache_size.labels("l1").set(len(self.l1))

    def _keep(self, spec: Spec, pairs: list[tuple[Want, Any]], versions: Versions) -> None:
        encoded = [
            (want, msgspec.msgpack.encode(value), spec.lifetime(value)) for want, value in pairs
        ]
        task = asyncio.get_running_loop().create_task(self.l2.put(spec, encoded, versions))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _decode(self, spec: Spec, raw: bytes | None) -> Any:
        if raw is None:
            return MISSING
        try:
            return spec.decoder.decode(raw)
        except msgspec.MsgspecError:  # another version of the code wrote it
            return MISSING

    def _count(self, spec: Spec, layer: str, hits: int, misses: int) -> None:
        if hits:
            self._metrics.cache_hits.labels(spec.name, layer).inc(hits)
        if misses:
            self._metrics.cache_misses.labels(spec.name, layer).inc(misses)

    async def settle(self) -> None:
        """Wait until everything that is being filled is in place."""
        # Only what is not done: from Python 3.12 on, waiting for the done alone never yields, and
        # they would not leave the set.
        while pending := [task for task in self._tasks if not task.done()]:
            await asyncio.gather(*pending, return_exceptions=True)


class Caching(Protocol):
    """A repository with a cache."""

    cache: Cache


R = TypeVar("R", bound=Caching)
Batch = Callable[[R, Collection[K]], Awaitable[Mapping[K, V]]]


def cached(
    name: str, *, ttl: timedelta, tags: tuple[str, ...]
) -> Callable[[Batch[R, K, V]], Batch[R, K, V]]:
    """Cache a batch read `ids -> {id: entity}`, each entity under `tags` formatted with its id.

    Ids that the read does not answer are remembered as absent for a short time.
    """

    def decorate(read: Batch[R, K, V]) -> Batch[R, K, V]:
        spec: Spec | None = None

        @functools.wraps(read)
        async def batch(self: R, ids: Collection[K]) -> Mapping[K, V]:
            nonlocal spec
            spec = spec or _entity_spec(name, ttl, tags, read)
            wants = [Want(str(i), tuple(tag.format(i) for tag in tags)) for i in ids]
            known = dict(zip((want.key for want in wants), ids, strict=True))

            async def load(absent: list[Want]) -> list[Any]:
                found = await read(self, [known[want.key] for want in absent])
                return [found.get(known[want.key]) for want in absent]

            values = await self.cache.read(spec, wants, load)
            return {i: v for i, v in zip(ids, values, strict=True) if v is not None}

        batch.declared = Declared(name, ttl, tags)  # type: ignore[attr-defined]
        return batch

    return decorate


def cached_list(
    name: str, *, ttl: timedelta, tags: tuple[str, ...]
) -> Callable[[Callable[..., Awaitable[V]]], Callable[..., Awaitable[V]]]:
    """Cache a read by its arguments; `tags` are formatted with them by name.

    A Scope counts by its `key`, other arguments by their encoding.
    """

    def decorate(read: Callable[..., Awaitable[V]]) -> Callable[..., Awaitable[V]]:
        signature = inspect.signature(read)
        spec: Spec | None = None

        @functools.wraps(read)
        async def listed(self: Any, *args: Any, **kwargs: Any) -> V:
            nonlocal spec
            spec = spec or _spec(name, ttl, tags, get_type_hints(read)["return"])
            bound = signature.bind(self, *args, **kwargs)
            bound.apply_defaults()
            named = {k: v for k, v in bound.arguments.items() if k != "self"}
            want = Want(argument_key(named), tuple(tag.format(**named) for tag in tags))

            async def load(_: list[Want]) -> list[Any]:
                return [await read(self, *args, **kwargs)]

            return cast("V", (await self.cache.read(spec, [want], load))[0])

        listed.declared = Declared(name, ttl, tags)  # type: ignore[attr-defined]
        return listed

    return decorate


def argument_key(arguments: Mapping[str, Any]) -> str:
    """A short digest of a call's arguments."""
    plain = {k: v.key if isinstance(v, Scope) else v for k, v in arguments.items()}
    raw = msgspec.msgpack.encode(plain, order="deterministic")
    return hashlib.blake2b(raw, digest_size=16).hexdigest()


def _entity_spec(name: str, ttl: timedelta, tags: tuple[str, ...], read: Any) -> Spec:
    return _spec(name, ttl, tags, get_args(get_type_hints(read)["return"])[1])


def _spec(name: str, ttl: timedelta, tags: tuple[str, ...], kind: Any) -> Spec:
    schema = msgspec.json.encode(msgspec.json.schema(kind), order="deterministic")
    shape = hashlib.blake2b(schema, digest_size=6).hexdigest()
    return Spec(name, ttl.total_seconds(), tags, msgspec.msgpack.Decoder(kind | None), shape)
