"""Rate limits of the API: of an address before anything of a request is read, then of who asks.

An address is that of the connection, or what a trusted proxy says of it; no header of the client's
own counts. A principal is an account, however many sessions and keys it has, or an address.
"""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

import orjson
from graphql import OperationType
from msgspec import Struct
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core.access import Client, Viewer
from app.core.ratelimit import RateLimiter, Tier, TooOften, Verdict
from app.gql.credentials import client_of
from app.gql.errors import plain

if TYPE_CHECKING:
    from app.gql.limits import Totals

COST_UNIT: Final = 100  # of the cost of an operation: what a take from the global tier stands for
UNLIMITED: Final = frozenset({"/healthz", "/readyz", "/startupz"})
# A page shows a hundred pictures; what an address may ask for is signed, and each is made once.
SIGNED: Final = "/images/"
LIMIT_HEADERS: Final = (
    "ratelimit-limit",
    "ratelimit-remaining",
    "ratelimit-reset",
    "ratelimit-policy",
    "ratelimit",
)


class Charge(Struct, frozen=True):
    """What an operation was charged: the verdict on its principal, and its cost."""

    verdict: Verdict
    cost: int


def units_of(cost: int) -> int:
    """What an operation of this cost takes: at least 1."""
    return max(1, math.ceil(cost / COST_UNIT))


def principal_of(viewer: Viewer) -> str:
    """Whose limit it is: the account's, or that of the address of who is signed out."""
    if viewer.user_id is not None:
        return f"user:{viewer.user_id.hex}"
    return f"anonymous:{viewer.client.network}"


async def admit(limiter: RateLimiter, client: Client) -> Verdict:
    """A request of this address, whatever it holds. Raises TooOften."""
    verdict = await limiter.take(Tier.GLOBAL, f"address:{client.network}")
    verdict.check()
    return verdict


class Weighed(Protocol):
    """An operation, or the answer to one, with what it costs."""

    @property
    def totals(self) -> "Totals": ...
    @property
    def kind(self) -> OperationType: ...


async def charge(limiter: RateLimiter, viewer: Viewer, operation: Weighed) -> Charge | None:
    """An operation of this viewer, by its cost; None where limits are off. Raises TooOften."""
    if not limiter.enabled:
        return None
    principal, cost = principal_of(viewer), operation.totals.cost
    verdict = await limiter.take(Tier.GLOBAL, principal, units_of(cost))
    verdict.check()
    if operation.kind is OperationType.MUTATION:
        (await limiter.take(Tier.MUTATION, principal, max(1, operation.totals.roots))).check()
    return Charge(verdict, cost)


async def charge_field(info: Any, tier: Tier) -> None:
    """A root field of a tier of its own, before it runs. Raises TooOften.

    What checks a secret takes from the limit of the address, and from that of the account where
    somebody is signed in. An account that is only named has none: anybody could use it up.
    """
    limiter: RateLimiter = info.app.limiter
    if not limiter.enabled:
        return
    viewer: Viewer = info.viewer
    if tier is not Tier.AUTH:
        (await limiter.take(tier, principal_of(viewer))).check()
        return
    (await limiter.take(tier, f"address:{viewer.client.network}")).check()
    if viewer.user_id is not None:
        (await limiter.take(tier, principal_of(viewer))).check()


def headers_of(verdict: Verdict) -> list[tuple[bytes, bytes]]:
    """A verdict as headers: the three that clients have long read, and the two of draft 10."""
    name, reset = verdict.tier.value.encode(), math.ceil(verdict.reset_after)
    limit, remaining, window = verdict.limit, verdict.remaining, max(1, math.ceil(verdict.window))
    found = [
        (b"ratelimit-limit", b"%d" % limit),
        (b"ratelimit-remaining", b"%d" % remaining),
        (b"ratelimit-reset", b"%d" % reset),
        (b"ratelimit-policy", b'"%b";q=%d;w=%d' % (name, limit, window)),
        (b"ratelimit", b'"%b";r=%d;t=%d' % (name, remaining, reset)),
    ]
    if verdict.retry_after is not None:
        found.append((b"retry-after", b"%d" % max(1, math.ceil(verdict.retry_after))))
    return found


class RateLimitMiddleware:
    """Limits every address before its request is looked at, and tells it how much is left."""

    def __init__(self, app: ASGIApp, limiter: RateLimiter) -> None:
        self._app, self._limiter = app, limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        free = path in UNLIMITED or path.startswith(SIGNED)
        limited = scope["type"] in ("http", "websocket") and not free
        if not limited or not self._limiter.enabled:
            await self._app(scope, receive, send)
            return
        try:
            verdict = await admit(self._limiter, client_of(HTTPConnection(scope)))
        except TooOften as error:
            await _refuse(scope, error, send)
            return

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add(message, headers_of(verdict))
            await send(message)

        await self._app(scope, receive, tell)


def _add(message: Message, told: Sequence[tuple[bytes, bytes]]) -> None:
    """Add headers where the answer does not say more exactly how much is left."""
    headers = message.setdefault("headers", [])
    if not any(name == b"ratelimit-limit" for name, _ in headers):
        headers += told


async def _refuse(scope: Scope, error: TooOften, send: Send) -> None:
    kind = "http" if scope["type"] == "http" else "websocket.http"
    if scope["type"] == "websocket" and "websocket.http.response" not in scope.get(
        "extensions", {}
    ):
        await send({"type": "websocket.close", "code": 4429, "reason": "Too many requests"})
        return
    body = orjson.dumps({"errors": [plain(error)]})
    headers = [
        (b"content-type", b"application/json; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        *headers_of(error.verdict),
    ]
    await send({"type": f"{kind}.response.start", "status": 429, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": body})
