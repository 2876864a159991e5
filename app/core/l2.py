"""The shared cache in Redis: aiocache's backend holding raw msgpack, one multi-get per batch.

Every entry carries the version tokens of its tags and a global epoch. A token is random, so one
that Redis lost or evicted can never come back and revive an old entry; the epoch changes whenever a
process has been without Redis, because what it made stale meanwhile did not arrive.
"""

import contextlib
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final, Protocol

import msgspec
from aiocache import RedisCache
from aiocache.serializers import NullSerializer
from msgspec import Struct
from redis.asyncio.connection import parse_url

from app.core.redis import AT_ONCE, RedisAway, RedisLink

TOKEN_TTL: Final = 2 * 86_400  # far above any entry's time to live
Versions = Mapping[str, bytes]


class Wanted(Protocol):
    """An entry that is asked for."""

    @property
    def key(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...


class Read(Protocol):
    """The cached read that entries belong to; `shape` tells versions of its code apart."""

    @property
    def name(self) -> str: ...
    @property
    def shape(self) -> str: ...


class _Envelope(Struct, array_like=True):
    versions: list[bytes]
    value: msgspec.Raw


_envelope = msgspec.msgpack.Decoder(_Envelope)


class L2:
    """Entries and tag tokens of all processes."""

    def __init__(self, link: RedisLink, prefix: str, healthy: Callable[[], bool]) -> None:
        self.link, self._prefix = link, prefix
        self.bus_healthy = healthy
        self._cache = _backend(link)
        link.on_return.append(self.new_epoch)

    def _timed(self, name: str, operation: str) -> AbstractContextManager[None]:
        return self.link.metrics.cache_duration.labels(name, operation).time()

    def _tag(self, tag: str) -> str:
        return f"{self._prefix}:tag:{tag}"

    @property
    def _epoch(self) -> str:
        return f"{self._prefix}:epoch"

    def _entry(self, read: Read, key: str) -> str:
        return f"{self._prefix}:c:{read.name}:{read.shape}:{key}"

    async def get(
        self, read: Read, wants: Sequence[Wanted], tags: Sequence[str]
    ) -> tuple[Versions, list[bytes | None]]:
        """Versions of the tags and the valid entries' bytes. Raises RedisAway."""
        markers = [self._epoch, *(self._tag(tag) for tag in tags)]
        keys = [*markers, *(self._entry(read, want.key) for want in wants)]
        with self._timed(read.name, "get"):
            raws = await self.link.run(lambda: self._cache.multi_get(keys))
        tokens, entries = list(raws[: len(markers)]), raws[len(markers) :]
        lost = [i for i, token in enumerate(tokens) if token is None]
        if lost:
            fresh = await self._mint([markers[i] for i in lost])
            for index, token in zip(lost, fresh, strict=True):
                tokens[index] = token
        versions = dict(zip(("", *tags), tokens, strict=True))
        return versions, [
            self._open(raw, want, versions) for raw, want in zip(entries, wants, strict=True)
        ]

    def _open(self, raw: bytes | None, want: Wanted, versions: Versions) -> bytes | None:
        if raw is None:
            return None
        try:
            envelope = _envelope.decode(raw)
        except msgspec.MsgspecError:
            return None
        valid = envelope.versions == [versions[""], *(versions[tag] for tag in want.tags)]
        return bytes(envelope.value) if valid else None

    async def _mint(self, keys: Sequence[str]) -> list[bytes]:
        async def mint() -> list[bytes]:
            async with self.link.client.pipeline(transaction=False) as pipe:
                for key in keys:
                    pipe.set(key, os.urandom(8), nx=True, ex=TOKEN_TTL)
                pipe.mget(keys)
                answers: list[Any] = await pipe.execute()
            return answers[-1]  # type: ignore[no-any-return]

        tokens = await self.link.run(mint)
        # A token that vanished between the two commands matches nothing, ever.
        return [token or os.urandom(8) for token in tokens]

    async def put(
        self, read: Read, entries: Sequence[tuple[Wanted, bytes, float]], versions: Versions
    ) -> None:
        """Keep entries under the versions that `get` returned before they were read."""
        by_ttl: dict[int, list[tuple[str, bytes]]] = {}
        for want, value, ttl in entries:
            tokens = [versions[""], *(versions[tag] for tag in want.tags)]
            raw = msgspec.msgpack.encode(_Envelope(tokens, msgspec.Raw(value)))
            pair = (self._entry(read, want.key), raw)
            by_ttl.setdefault(max(1, round(ttl)), []).append(pair)
        for seconds, pairs in by_ttl.items():
            with contextlib.suppress(RedisAway), self._timed(read.name, "set"):
                await self.link.run(self._setter(pairs, seconds))

    def _setter(self, pairs: list[tuple[str, bytes]], ttl: int) -> Callable[[], Awaitable[Any]]:
        return lambda: self._cache.multi_set(pairs, ttl=ttl)

    def touch(self, pipe: Any, tags: Sequence[str]) -> None:
        """Add to a pipeline what makes these tags stale everywhere."""
        for tag in tags:
            pipe.set(self._tag(tag), os.urandom(8), ex=TOKEN_TTL)

    async def new_epoch(self) -> None:
        """Make every entry in Redis unreadable."""
        await self.link.client.set(self._epoch, os.urandom(8))

    async def close(self) -> None:
        """Close aiocache's connections."""
        with contextlib.suppress(Exception):
            await self._cache.client.aclose(close_connection_pool=True)


def _backend(link: RedisLink) -> Any:
    parts = parse_url(link.url)
    extra: dict[str, Any] = {"socket_timeout": link.timeout * 2}
    if "username" in parts:
        extra["username"] = parts["username"]
    return RedisCache(
        endpoint=parts.get("host", "localhost"),
        port=parts.get("port", 6379),
        db=parts.get("db", 0),
        password=parts.get("password"),
        ssl=link.url.startswith("rediss"),
        timeout=0,  # the link's is enough; a second one leaves tasks with errors behind
        create_connection_timeout=link.timeout * 2,
        pool_max_size=AT_ONCE + 8,
        serializer=NullSerializer(encoding=None),
        connection_pool_kwargs=extra,
    )
