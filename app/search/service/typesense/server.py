"""The connection: which server, under which key, and how it is asked.

Requests are put together by the official client and travel through `core/http`, which it takes as
its transport: its own retries would let a query wait for longer than falling back to PostgreSQL
takes, and it has no breaker, bounds no answer and connects to whatever a name resolves to.
"""

import warnings
from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx
from msgspec import Struct, structs
from typesense.async_.client import AsyncClient
from typesense.exceptions import ObjectNotFound, RequestUnauthorized, TypesenseClientError

from app.core.config import Config
from app.core.errors import Unavailable
from app.core.http import AddressRefused, Client, Outside, Policy, origin_of
from app.core.http.policy import PORTS
from app.core.logging import get_logger
from app.settings.domain import TYPESENSE_API_KEY, TYPESENSE_URL
from app.settings.service import Settings

T = TypeVar("T")
log = get_logger(__name__)
QUERYING: Final = Policy(
    name="typesense",
    label="The search server",
    # Less than a question has in all: what that cuts off is no failure of its own.
    timeout=0.6,
    connect_timeout=0.3,
    most_bytes=16 << 20,
    attempts=1,
    redirects=0,
    rate=10_000,
    burst=10_000,
    connections=100,
    failures_to_open=3,
    open_for=5,
)
# Whoever fills waits for what a busy server takes, and finds out soon that it is back.
FILLING: Final = structs.replace(
    QUERYING,
    name="typesense_filling",
    timeout=20,
    connect_timeout=2,
    most_bytes=64 << 20,
    open_for=1,
)


class NotThere(Unavailable):
    """The server has no such collection or alias."""


class Refused(Unavailable):
    """The server does not do what it is asked, and will not either when it is asked again."""


class KeyRefused(Refused):
    """The server does not accept the key."""


class Place(Struct, frozen=True):
    """A server's address and key."""

    url: str
    api_key: str

    def __repr__(self) -> str:
        return f"Place({self.url!r})"


class TypesenseServer:
    """Asks the server that is configured now, if one is. All raises Unavailable."""

    def __init__(self, config: Config, settings: Settings, outside: Outside) -> None:
        self._config, self._settings, self._outside = config, settings, outside
        self._clients: dict[str, tuple[Place, Client, AsyncClient]] = {}
        self.prefix = config.redis_prefix

    @property
    def place(self) -> Place | None:
        """Where it is: as it was set, else as the environment says. No key goes to another one."""
        stored, key = self._settings.get(TYPESENSE_URL), self._settings.get(TYPESENSE_API_KEY)
        url, known = self._config.typesense_url, self._config.typesense_api_key
        if stored and stored != url:
            return Place(stored, key) if key else None
        key = key or known or ""
        return Place(url or stored, key) if url and key else None

    async def query(self, ask: Callable[[AsyncClient], Awaitable[T]]) -> T:
        """Ask what somebody is waiting for: answered within a second, or not at all."""
        return await self._ask(QUERYING, ask)

    async def fill(self, ask: Callable[[AsyncClient], Awaitable[T]]) -> T:
        """Tell, or ask what may take its time. Raises NotThere, too."""
        return await self._ask(FILLING, ask)

    async def _ask(self, policy: Policy, ask: Callable[[AsyncClient], Awaitable[T]]) -> T:
        client = await self._client(policy)
        try:
            return await ask(client)
        except ObjectNotFound:
            raise NotThere("The search server does not have this collection.") from None
        except RequestUnauthorized:
            raise KeyRefused("The search server does not accept the API key.") from None
        except TypesenseClientError as error:
            log.warning("typesense.refused", error=type(error).__name__, why=str(error)[:300])
            raise Refused("The search server refuses what it is asked.") from None
        except AddressRefused as error:
            raise Unavailable(f"The search server is not asked: {error.message}") from None
        except (httpx.HTTPError, ValueError, RecursionError) as error:  # of JSON, nested deeply
            log.warning("typesense.unusable", error=type(error).__name__)
            raise Unavailable("The search server answers something that cannot be used.") from None

    async def _client(self, policy: Policy) -> AsyncClient:
        place = self.place
        if place is None:
            raise Unavailable("No search server is configured.")
        origins = frozenset({origin_of(place.url)})
        outside = await self._outside.client(structs.replace(policy, configured=origins))
        known = self._clients.get(policy.name)
        if known is not None and known[:2] == (place, outside):
            return known[2]
        client = _official(place, outside)
        self._clients[policy.name] = (place, outside, client)
        return client


def _official(place: Place, outside: Client) -> AsyncClient:
    parts = urlsplit(place.url)
    node: Any = {
        "host": parts.hostname or "",
        "port": parts.port or PORTS[parts.scheme],
        "path": parts.path.rstrip("/"),
        "protocol": parts.scheme,
    }
    through = httpx.AsyncClient(transport=_Through(outside), timeout=None, trust_env=False)  # noqa: S113
    with warnings.catch_warnings():  # it makes a part of its own that it calls old
        warnings.simplefilter("ignore", DeprecationWarning)
        return AsyncClient({"nodes": [node], "api_key": place.api_key, "num_retries": 0}, through)


class _Through(httpx.AsyncBaseTransport):
    """httpx's transport that a client of `core/http` is."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        answer = await self._client.send(request)
        return httpx.Response(
            answer.status,
            headers={"content-type": answer.headers.get("content-type", "")},
            content=answer.body,
        )
