"""What a request shows of who asks: the same for GraphQL, websockets and plain routes.

A header is shown on purpose by a program; a cookie is sent by the browser whoever made it ask. So
whatever comes with a cookie must also prove that a page of ours, or of an allowed origin, asks.
"""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.requests import HTTPConnection

from app.core.access import Client
from app.core.errors import Forbidden, Invalid
from app.core.speaking import accepted_languages

ACCESS_COOKIE: Final = "revenge_session"
REFRESH_COOKIE: Final = "revenge_refresh"
DEVICE_COOKIE: Final = "revenge_device"
CSRF_HEADER: Final = "x-revenge-csrf"
KEY_HEADER: Final = "x-api-key"
MOST: Final = 512
MOST_AGENT: Final = 300
MOST_ACCEPTED: Final = 300  # characters of Accept-Language
MOST_HEADERS: Final = 1000
MOST_ADDRESSES: Final = 1000
KEY_HEAD: Final = KEY_HEADER.encode()
CSRF_HEAD: Final = CSRF_HEADER.encode()
HEADS: Final = "revenge.heads"  # of an ASGI scope
NONE: Final[Mapping[str, str]] = MappingProxyType({})
Heads = Mapping[bytes, bytes]


class Credential(Struct, frozen=True):
    """A token, and whether a cookie brought it; `token` is None where nothing was shown."""

    token: str | None = None
    cookie: bool = False

    def __repr__(self) -> str:
        return f"Credential(shown={self.token is not None}, cookie={self.cookie})"


NOTHING: Final = Credential()


def credential_of(connection: HTTPConnection) -> Credential:
    """The credential of a request. Raises Invalid for two different."""
    heads = heads_of(connection)
    cookies = connection.cookies if b"cookie" in heads else {}
    return choose(_text(heads, b"authorization"), _text(heads, KEY_HEAD), cookies)


def choose(
    authorization: str | None, key: str | None, cookies: Mapping[str, str] = NONE
) -> Credential:
    """Of what is shown the credential: a header before a cookie. Raises Invalid for two."""
    bearer, key = bearer_token(authorization), (key or "").strip()
    if bearer and key and bearer != key:
        raise Invalid("Send one credential: Authorization and X-API-Key differ.")
    if token := bearer or key:
        return Credential(_bounded(token))
    if authorization is not None:  # something that is no token of ours: not the cookie either
        return NOTHING
    cookie = cookies.get(ACCESS_COOKIE)
    if cookie or cookies.get(REFRESH_COOKIE):
        return Credential(_bounded(cookie) if cookie else None, cookie=True)
    return NOTHING


def cookies_of(request: HTTPConnection, credential: Credential) -> dict[str, str]:
    """The cookies that an operation may use: a session's only where they are the credential.

    Where something else is shown nobody has looked which page asks.
    """
    own = () if credential.cookie else (ACCESS_COOKIE, REFRESH_COOKIE)
    return {name: value for name, value in request.cookies.items() if name not in own}


def bearer_token(authorization: str | None) -> str | None:
    """The token of an `Authorization: Bearer` header, or None."""
    scheme, _, token = (authorization or "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _bounded(token: str) -> str | None:
    return token if len(token) <= MOST else None


def check_origin(connection: HTTPConnection, allowed: tuple[str, ...]) -> None:
    """Raise Forbidden where the page that asks is neither ours nor of an allowed origin."""
    origin = _text(heads_of(connection), b"origin")
    if origin is not None and not same_origin(origin, connection, allowed):
        raise Forbidden("Pages of this origin may not use a session of this server.")


def check_csrf(connection: HTTPConnection, allowed: tuple[str, ...]) -> None:
    """Raise Forbidden for a request that a foreign page could have made the browser send."""
    check_origin(connection, allowed)
    if not heads_of(connection).get(CSRF_HEAD):
        raise Forbidden("A request with a session cookie needs the header X-Revenge-CSRF: 1.")


def same_origin(origin: str, connection: HTTPConnection, allowed: tuple[str, ...]) -> bool:
    """Whether an Origin is that of this server's own address, or an allowed one."""
    if origin in allowed:
        return True
    try:
        page = urlsplit(origin)
    except ValueError:  # it is no address at all
        return False
    if page.scheme == "http" and connection.scope.get("scheme") in ("https", "wss"):
        return False  # somebody on the way could have written that page
    return bool(origin) and page.netloc == _text(heads_of(connection), b"host")


def heads_of(connection: HTTPConnection) -> Heads:
    """The headers of a request by name, of several of one name the first; gathered once."""
    known: Heads | None = connection.scope.get(HEADS)
    if known is None:
        known = connection.scope[HEADS] = dict(reversed(connection.scope["headers"]))
    return known


def _text(heads: Heads, name: bytes) -> str | None:
    value = heads.get(name)
    return None if value is None else value.decode("latin-1")


def client_of(connection: HTTPConnection) -> Client:
    """Where a request comes from; trusted proxies have been looked through before."""
    heads = heads_of(connection)
    agent = heads.get(b"user-agent", b"")[:MOST_AGENT].decode("latin-1")
    client = connection.scope.get("client")
    if not agent.isprintable():
        agent = "".join(c for c in agent if c.isprintable())
    accepted = heads.get(b"accept-language")
    languages = _languages(accepted[:MOST_ACCEPTED]) if accepted else ()
    return Client(_address(client[0] if client else ""), agent, languages)


@lru_cache(maxsize=MOST_HEADERS)
def _languages(accepted: bytes) -> tuple[str, ...]:
    return accepted_languages(accepted.decode("latin-1"))


@lru_cache(maxsize=MOST_ADDRESSES)
def _address(host: str) -> str:
    """An address in its usual form; empty for what is none."""
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return ""
