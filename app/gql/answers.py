"""What is sent back over HTTP: JSON with the few headers that it needs, put together as bytes."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import orjson
from starlette.responses import Response

from app.core.errors import AppError, Code, Invalid
from app.core.ratelimit import TooOften
from app.gql.errors import plain, rate_limit
from app.gql.incoming import GRAPHQL, JSON
from app.gql.rates import Charge, headers_of

MOST_ANSWER: Final = 8 << 20
NO_STORE: Final = (b"cache-control", b"no-store")
TYPES: Final[Mapping[str, tuple[bytes, bytes]]] = MappingProxyType(
    {media: (b"content-type", f"{media}; charset=utf-8".encode()) for media in (JSON, GRAPHQL)}
)


class Answer(Response):
    """JSON that nobody keeps on the way.

    Starlette's own constructor is left out: it makes the headers out of texts for each answer anew.
    """

    def __init__(self, body: bytes, media: str, status: int = 200) -> None:
        self.status_code, self.background, self.body = status, None, body
        self.raw_headers = [NO_STORE, TYPES[media], (b"content-length", b"%d" % len(body))]

    def wait(self, seconds: float) -> None:
        """Say that it is of no use to come back earlier."""
        self.raw_headers.append((b"retry-after", b"%d" % max(1, math.ceil(seconds))))


def problem(error: AppError, status: int, media: str) -> Answer:
    """A failure of the request as a whole."""
    answer = Answer(orjson.dumps({"errors": [plain(error)]}), media, status)
    if isinstance(error, TooOften):
        answer.raw_headers += headers_of(error.verdict)
    elif error.retry_after is not None:
        answer.wait(error.retry_after)
    return answer


def refused(errors: list[dict[str, Any]], media: str) -> Answer:
    """Errors of what was not executed. The older type knows no status but 200."""
    return bounded(orjson.dumps({"errors": errors}), media, 400 if media == GRAPHQL else 200)


def executed(result: dict[str, Any], charge: Charge | None, media: str) -> Answer:
    """A result that tells how much may still be asked, and when again where it was too much."""
    if charge is not None:
        result["extensions"] = {**result.get("extensions", {}), **_left(charge)}
    answer = bounded(orjson.dumps(result), media)
    if charge is not None:
        answer.raw_headers += headers_of(charge.verdict)
    if "errors" in result:
        told = [error["extensions"] for error in result["errors"]]
        waits = [e.get("retryAfter", 0) for e in told if e["code"] == Code.RATE_LIMITED]
        if waits:
            answer.wait(max(waits))
    return answer


def kept(body: bytes, charge: Charge | None, media: str) -> Answer:
    """The answer to what was executed before, as it was encoded then."""
    if charge is None:
        return bounded(body, media)
    body = b"".join((body[:-1], b',"extensions":', orjson.dumps(_left(charge)), b"}"))
    answer = bounded(body, media)
    answer.raw_headers += headers_of(charge.verdict)
    return answer


def bounded(body: bytes, media: str, status: int = 200) -> Answer:
    """An answer of a size that can be sent."""
    if len(body) > MOST_ANSWER:
        return problem(Invalid("The answer is too large; ask for less at once."), 200, media)
    return Answer(body, media, status)


def _left(charge: Charge) -> dict[str, Any]:
    return {"rateLimit": rate_limit(charge.verdict) | {"cost": charge.cost}}
