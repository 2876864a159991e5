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
import time
from collections.abc import (
    Awaitable,
    Callable,
    Collection,
    Coroutine,
    Hashable,
    Iterable,
    Mapping,
    Sequence,
)
from datetime import timedelta
from typing import (
    Any,
    Concatenate,
    Final,
    ParamSpec,
    Protocol,
    TypeVar,
    cast,
    get_args,
    get_type_hints,
)

import msgspec
from msgspec import Struct

from app.core.access import Scope
from app.core.batches import Batches, ByKeys
from app.core.config import CacheConfig
from app.core.entries import Counters, Flight, Found, Source, Spec, Want, spec_of
from app.core.l1 import L1, Key, Terms
from app.core.l2 import L2, Versions
from app.core.levels import until
from app.core.logging import get_logger
from app.core.metrics import Metrics
from app.core.recording import RECORDING, Recording
from app.core.redis import RedisAway

K = TypeVar("K")
V = TypeVar("V")
log = get_logger(__name__)
DOUBT: Final = 30.0
MANY_DOUBTS: Final = 10_000
OVERHEAD: Final = 200  # bytes that an entry takes beside its value
MISSING: Final = object()


class Declared(Struct, frozen=True):
    """What a cached read said of itself; the decorators keep it as its `declared`."""

    name: str
    ttl: timedelta
    tags: tuple[str, ...]


class Cache:
    """Both layers of one process."""

    def __init__(self, l2: L2, config: CacheConfig, metrics: Metrics) -> None:
        self.l1 = L1(config.l1_entries, config.l1_bytes)
        self.l2 = l2
        self.enabled = config.enabled
        self._metrics = metrics
        self._size = metrics.cache_size.labels("l1")
        self._counters: dict[str, Counters] = {}
        self._flights: dict[Key, Flight] = {}
        self._doubts: dict[str, float] = {}
        self._doubt_all = 0.0
        self._tasks: set[asyncio.Task[Any]] = set()
        self.batches = Batches()

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

    @property
    def trusted(self) -> bool:
        """Whether what is kept in process is known to be what there is."""
        return self.enabled and self.l2.bus_healthy()

    def recording(self) -> Recording:
        """A recording of reads to come."""
        return Recording(self.l1)

    def peek(self, spec: Spec, id_: Hashable) -> Any:
        """The value in process, or MISSING. Never waits."""
        return self.l1.get((spec.name, id_), MISSING) if self.trusted else MISSING

    async def read(self, spec: Spec, ids: Sequence[Any], source: Source) -> list[Any]:
        """Values for `ids`, in order; what is not cached is loaded once, whoever asks.

        All that is cached is read here and nowhere else.
        """
        if not self.enabled:
            return await source.load(ids)
        recording = RECORDING.get()
        values: list[Any] = [MISSING] * len(ids)
        absent: Sequence[int] = range(len(ids))
        if self.l2.bus_healthy():
            absent = []
            for index, entry in enumerate(self.l1.find(spec.name, ids)):
                if entry is None:
                    absent.append(index)
                else:
                    values[index] = entry.value
                    if recording is not None:
                        recording.note(entry.tags, entry.deadline)
        self._count(spec, "l1", len(ids) - len(absent), len(absent))
        if absent:
            wants = [source.want(ids[i]) for i in absent]
            if recording is not None:
                tags = (tag for want in wants for tag in want.tags)
                recording.note(tags, time.monotonic() + spec.ttl)
            flights = self._board(spec, wants, source)
            for index, flight in zip(absent, flights, strict=True):
                values[index] = (await until(flight.landing))[ids[index]]
        return values

    def _board(self, spec: Spec, wants: list[Want], source: Source) -> list[Flight]:
        loop = asyncio.get_running_loop()
        flights: list[Flight] = []
        mine: dict[Hashable, Want] = {}
        # Marked before anything is read.
        own = Flight(loop.create_future(), self.l1.mark(t for want in wants for t in want.tags))
        for want in wants:
            flight = self._flights.get((spec.name, want.id))
            # One that set out before a write must not answer those who ask after it.
            if flight is None or self.l1.moved(flight.mark, want.tags):
                flight = self._flights[spec.name, want.id] = own
                mine[want.id] = want
            flights.append(flight)
        if mine:
            # A task of its own: the one who asked first may be cancelled, the others go on.
            self._begin(self._fly(spec, own, list(mine.values()), source))
        return flights

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fly(self, spec: Spec, own: Flight, wants: list[Want], source: Source) -> None:
        RECORDING.set(None)  # whoever waits has noted the tags: the rows are theirs
        try:
            found = await self._fill(spec, wants, source, own.mark)
        except BaseException as error:  # noqa: BLE001 - handed to everyone who waits
            own.landing.set_exception(error)
            own.landing.exception()  # nobody may be waiting any more
        else:
            own.landing.set_result(found)
        finally:
            for want in wants:
                if self._flights.get((spec.name, want.id)) is own:
                    del self._flights[spec.name, want.id]

    async def _fill(
        self, spec: Spec, wants: list[Want], source: Source, mark: Mapping[str, int]
    ) -> Mapping[Hashable, Any]:
        tags = list(dict.fromkeys(tag for want in wants for tag in want.tags))
        found: list[Found] = []
        versions: Versions | None = None
        if not self._doubtful(tags):
            with contextlib.suppress(RedisAway):
                versions, raws = await self.l2.get(spec, wants, tags)
                found = self._opened(spec, wants, raws)
        known = {one.want.id for one in found}
        absent = [want for want in wants if want.id not in known]
        self._count(spec, "l2", len(known), len(absent))
        if absent:
            values = await source.load([want.id for want in absent])
            loaded = [
                Found(want, value, msgspec.msgpack.encode(value))
                for want, value in zip(absent, values, strict=True)
            ]
            if versions is not None:
                kept = [(one.want, one.raw, spec.lifetime(one.value)) for one in loaded]
                self._begin(self.l2.put(spec, kept, versions))
            found += loaded
        if self.l2.bus_healthy():
            self._remember(spec, found, mark)
        return {one.want.id: one.value for one in found}

    def _opened(
        self, spec: Spec, wants: Sequence[Want], raws: Sequence[bytes | None]
    ) -> list[Found]:
        """What is in L2 and can be read."""
        pairs = zip(wants, raws, strict=True)
        decoded = [(want, self._decode(spec, raw), raw) for want, raw in pairs if raw is not None]
        return [Found(want, value, raw) for want, value, raw in decoded if value is not MISSING]

    def _remember(self, spec: Spec, found: Sequence[Found], mark: Mapping[str, int]) -> None:
        now = time.monotonic()
        for one in found:
            lifetime = spec.lifetime(one.value)
            terms = Terms(len(one.raw) + OVERHEAD, now + lifetime, one.want.tags, mark)
            self.l1.put((spec.name, one.want.id), one.value, terms)
        self._size.set(len(self.l1))

    def _decode(self, spec: Spec, raw: bytes) -> Any:
        try:
            return spec.decoder.decode(raw)
        except msgspec.MsgspecError:  # another version of the code wrote it
            return MISSING

    def _count(self, spec: Spec, layer: str, hits: int, misses: int) -> None:
        counters = self._counters.get(spec.name)
        if counters is None:
            counters = self._counters[spec.name] = Counters(self._metrics, spec.name)
        counters.count(layer, hits, misses)

    async def settle(self) -> None:
        """Wait until everything that is being filled is in place."""
        # Only what is not done: from Python 3.12 on, waiting for the done alone never yields, and
        # they would not leave the set.
        while pending := [task for task in self._tasks if not task.done()]:
            await asyncio.gather(*pending, return_exceptions=True)
        await self.batches.settle()


class Caching(Protocol):
    """A repository with a cache."""

    cache: Cache


R = TypeVar("R", bound=Caching)
P = ParamSpec("P")
BatchRead = Callable[Concatenate[R, Collection[K], P], Awaitable[Mapping[K, V]]]


def cached(
    name: str, *, ttl: timedelta, tags: tuple[str, ...]
) -> Callable[[BatchRead[R, K, P, V]], BatchRead[R, K, P, V]]:
    """Cache a batch read `ids -> {id: entity}`, each entity under `tags` formatted with its id.

    What is found for an id depends neither on who asks nor on the other ids: those may be others'.
    Ids that the read does not answer are remembered as absent for a short time. What it takes
    beside ids, by position, makes a read of its own of it.
    """

    def decorate(read: BatchRead[R, K, P, V]) -> BatchRead[R, K, P, V]:
        specs: dict[tuple[Any, ...], Spec] = {}

        def want(id_: K) -> Want:
            return Want(id_, str(id_), tuple([tag.format(id_) for tag in tags]))

        def spec_with(args: tuple[Any, ...]) -> Spec:
            spec = specs.get(args)
            if spec is None:
                kind = get_args(get_type_hints(read)["return"])[1]
                variant = ".".join([name, *map(str, args)])
                spec = specs[args] = spec_of(variant, ttl, tags, kind)
            return spec

        async def through(cache: Cache, shared: ByKeys, wanted: Sequence[K]) -> Mapping[K, V]:
            async def load(absent: Sequence[K]) -> list[Any]:
                found = await cache.batches.found(shared, absent)
                return [found.get(id_) for id_ in absent]

            values = await cache.read(spec_with(shared[2]), wanted, Source(want, load))
            return {i: v for i, v in zip(wanted, values, strict=True) if v is not None}

        @functools.wraps(read)
        def batch(
            self: R, ids: Collection[K], *args: P.args, **kwargs: P.kwargs
        ) -> Awaitable[Mapping[K, V]]:
            if kwargs:
                raise TypeError("Give what a cached read takes beside ids by position.")
            wanted = ids if isinstance(ids, list | tuple) else list(ids)
            # The same for everybody, or it could not be cached by its ids.
            shared: ByKeys = (read, self, args)
            if self.cache.enabled:
                return through(self.cache, shared, wanted)
            return self.cache.batches.found(shared, wanted)

        batch.declared = Declared(name, ttl, tags)  # type: ignore[attr-defined]
        return cast("BatchRead[R, K, P, V]", batch)

    return decorate


def cached_list(
    name: str, *, ttl: timedelta, tags: tuple[str, ...]
) -> Callable[[Callable[..., Awaitable[V]]], Callable[..., Awaitable[V]]]:
    """Cache a read by its arguments; `tags` are formatted with them by name.

    A Scope counts by its `key`, other arguments by their value.
    """

    def decorate(read: Callable[..., Awaitable[V]]) -> Callable[..., Awaitable[V]]:
        signature = inspect.signature(read)
        names = tuple(signature.parameters)[1:]
        spec: Spec | None = None

        @functools.wraps(read)
        async def listed(self: Any, *args: Any, **kwargs: Any) -> V:
            nonlocal spec
            spec = spec or spec_of(name, ttl, tags, get_type_hints(read)["return"])
            given = args
            if kwargs or len(args) != len(names):
                bound = signature.bind(self, *args, **kwargs)
                bound.apply_defaults()
                given = tuple(bound.arguments.values())[1:]

            def want(id_: Hashable) -> Want:
                named = dict(zip(names, given, strict=True))
                return Want(id_, argument_key(named), tuple(tag.format(**named) for tag in tags))

            async def load(_: Sequence[Any]) -> list[Any]:
                return [await read(self, *args, **kwargs)]

            key = tuple([a.key if isinstance(a, Scope) else a for a in given])
            return cast("V", (await self.cache.read(spec, (key,), Source(want, load)))[0])

        listed.declared = Declared(name, ttl, tags)  # type: ignore[attr-defined]
        return listed

    return decorate


def argument_key(arguments: Mapping[str, Any]) -> str:
    """A short digest of a call's arguments."""
    plain = {k: v.key if isinstance(v, Scope) else v for k, v in arguments.items()}
    raw = msgspec.msgpack.encode(plain, order="deterministic")
    return hashlib.blake2b(raw, digest_size=16).hexdigest()
