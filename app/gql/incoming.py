"""What a request over HTTP says, before anything is executed: bounded, exact, never trusted."""

from functools import lru_cache
from typing import Any, Final

import orjson
from starlette.types import Receive

from app.core.deadline import Limit
from app.core.errors import Invalid, TimedOut
from app.gql.credentials import Heads

JSON: Final = "application/json"
GRAPHQL: Final = "application/graphql-response+json"
JSON_SENT: Final = JSON.encode()
BODY_TIMEOUT: Final = 15
CLIENT_CLOSED: Final = 499  # nobody reads it; logs and metrics do
KNOWN, LONG = 200, 200  # headers of clients that are read once, and their characters


class Rejected(Exception):
    """A request that is answered by a status of HTTP."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.error = Invalid(message)


def media_of(heads: Heads) -> str | None:
    """The media type to answer in, or None when the client takes neither."""
    accept = heads.get(b"accept")
    return negotiate(accept) if accept else JSON


def negotiate(accept: bytes) -> str | None:
    """What of `Accept` we answer in."""
    return _weighed(accept) if len(accept) <= LONG else _weighed.__wrapped__(accept)


@lru_cache(maxsize=KNOWN)
def _weighed(accept: bytes) -> str | None:
    weights: dict[str, float] = {}
    for part in accept.decode("latin-1").split(",")[:50]:
        essence, *parameters = [p.strip().lower() for p in part.split(";")]
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        try:
            weights[essence] = float(weight)
        except ValueError:
            weights[essence] = 0
    either = max(weights.get("*/*", 0), weights.get("application/*", 0))
    graphql, json = weights.get(GRAPHQL, 0), weights.get(JSON, either)
    if graphql and graphql >= json:
        return GRAPHQL
    return JSON if json else None


async def body_of(heads: Heads, receive: Receive, most: int, limit: Limit) -> bytes:
    """The body of a request. Raises Rejected for one of another type, too large or too slow."""
    content_type = heads.get(b"content-type", b"")
    if content_type != JSON_SENT:  # as nearly everybody writes it
        _check_content_type(content_type.decode("latin-1"))
    declared = heads.get(b"content-length", b"0")
    if declared.isdigit() and int(declared[:12]) > most:
        raise _too_large(most)
    try:
        return await limit.within(_received(receive, most))
    except TimeoutError:
        error = TimedOut("The request did not arrive in time.")
        raise Rejected(408, error.message) from None


async def _received(receive: Receive, most: int) -> bytes:
    gathered = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Rejected(CLIENT_CLOSED, "The request did not arrive wholly.")
        piece: bytes = message.get("body", b"")
        more = message.get("more_body", False)
        if len(gathered) + len(piece) > most:
            raise _too_large(most)
        if not (more or gathered):  # nearly every request comes in one
            return piece
        gathered += piece
        if not more:
            return bytes(gathered)


def _too_large(most: int) -> Rejected:
    return Rejected(413, f"A request has at most {most} bytes.")


def _check_content_type(value: str) -> None:
    essence, *parameters = [part.strip().lower() for part in value.split(";")]
    charset = [p.partition("=")[2].strip('"') for p in parameters if p.startswith("charset")]
    if essence != JSON or any(c not in ("utf-8", "utf8") for c in charset):
        raise Rejected(415, f"Send {JSON} in UTF-8.")


def decode(body: bytes) -> Any:
    """Strict JSON in UTF-8. Raises Invalid."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Invalid(f"The request is not valid JSON in UTF-8: {error.msg}.") from None
