"""Metadata providers on loopback: documents in their wire format, by path."""

import contextlib
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from app.core.blobs import BlobStore, LocalBlobs
from app.core.clock import Clock, SystemClock
from app.core.http import Outside
from app.core.metrics import Metrics
from app.metadata.providers.asking import Asking
from app.settings.domain import METADATA_PROVIDERS, Values
from tests.support.outside import Asked, Site, Write, response, site

P = TypeVar("P")


@dataclass
class Request:
    """What was asked, taken apart."""

    method: str
    path: str
    params: dict[str, str]
    headers: dict[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The JSON that was sent."""
        return msgspec.json.decode(self.body)


Document = object | Callable[[Request], object]


@dataclass
class Library:
    """What a provider has: JSON by path, bytes as they are, a whole answer where it begins with
    HTTP; or a function of the request. All else is not there.
    """

    documents: dict[str, Document] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)

    async def __call__(self, asked: Asked, write: Write) -> None:
        parts = urlsplit(asked.path)
        request = Request(
            asked.method,
            unquote(parts.path),
            dict(parse_qsl(parts.query, keep_blank_values=True)),
            asked.headers,
            asked.body,
        )
        self.requests.append(request)
        await write(self.answer(request))

    def answer(self, request: Request) -> bytes:
        """The whole answer."""
        found = self.documents.get(request.path)
        if callable(found):
            found = found(request)
        if found is None:
            return response(b'{"success":false}', 404)
        if isinstance(found, bytes):
            return found if found.startswith(b"HTTP/") else response(found)
        return response(msgspec.json.encode(found), content_type="application/json")

    def paths(self) -> list[str]:
        """What was asked for, in turn."""
        return [request.path for request in self.requests]


@dataclass
class Needs:
    """What asking takes of the container."""

    outside: Outside
    settings: Values
    metrics: Metrics
    blobs: BlobStore
    clock: Clock


def values(name: str, address: str, keys: Mapping[str, str]) -> Values:
    """Settings under which a provider is asked at an address."""
    mine = METADATA_PROVIDERS[name]
    told = {key.key: keys.get(key.key.rpartition(".")[2], "") for key in mine.keys}
    return Values({mine.address.key: address, **told})


@contextlib.asynccontextmanager
async def provider(
    made: Callable[[Asking], P], library: Library, **keys: str
) -> AsyncIterator[tuple[P, Site]]:
    """A provider that asks this library, and the site where it is."""
    spec = made.spec  # type: ignore[attr-defined] # every provider's class has one
    with tempfile.TemporaryDirectory() as folder:
        async with (
            site(library) as where,
            asked_by(values(spec.name, where.url, keys), folder) as needs,
        ):
            yield made(Asking(spec, needs)), where


@contextlib.asynccontextmanager
async def asked_by(settings: Values, folder: str) -> AsyncIterator[Needs]:
    """What asking takes, under these settings."""
    metrics = Metrics()
    outside = Outside(metrics)
    try:
        yield Needs(outside, settings, metrics, LocalBlobs(Path(folder)), SystemClock())
    finally:
        await outside.close()
