"""What a request shows of who asks: the same for GraphQL, websockets and plain routes.

A header is shown on purpose by a program; a cookie is sent by the browser whoever made it ask. So
whatever comes with a cookie must also prove that a page of ours, or of an allowed origin, asks.
"""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct
from starlette.requests import HTTPConnection

from app.core.access import Client
from app.core.errors import Forbidden, Invalid

ACCESS_COOKIE: Final = "revenge_session"
REFRESH_COOKIE: Final = "revenge_refresh"
DEVICE_COOKIE: Final = "revenge_device"
CSRF_HEADER: Final = "x-revenge-csrf"
KEY_HEADER: Final = "x-api-key"
MOST: Final = 512
MOST_AGENT: Final = 300
MOST_ADDRESSES: Final = 1000
HEADS: Final = "revenge.heads"  # of an ASGI scope


class Credential(Struct, frozen=True):
    """A token, and whether a cookie brought it; `token` is None where nothing was shown."""

    token: str | None = None
    cookie: bool = False

    def __repr__(self) -> str:
        return f"Credential(shown={self.token is not None}, cookie={self.cookie})"


NOTHING: Final = Credential()


def credential_of(headers: Mapping[str, str], cookies: Mapping[str, str]) -> Credential:
    """The credential of a request: a header before a cookie. Raises Invalid for two different."""
    bearer, key = bearer_token(headers.get("authorization")), headers.get(KEY_HEADER)
    shown = {token.strip() for token in (bearer, key) if token and token.strip()}
    if len(shown) > 1:
        raise Invalid("Send one credential: Authorization and X-API-Key differ.")
    if shown:
        return Credential(_bounded(shown.pop()))
    if "authorization" in headers:  # something that is no token of ours: not the cookie either
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
    origin = connection.headers.get("origin")
    if origin is not None and not same_origin(origin, connection, allowed):
        raise Forbidden("Pages of this origin may not use a session of this server.")


def check_csrf(connection: HTTPConnection, allowed: tuple[str, ...]) -> None:
    """Raise Forbidden for a request that a foreign page could have made the browser send."""
    check_origin(connection, allowed)
    if not connection.headers.get(CSRF_HEADER):
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
    return bool(origin) and page.netloc == connection.headers.get("host")


def heads_of(connection: HTTPConnection) -> Mapping[str, str]:
    """The headers of a request by name, of several of one name the first; read once for each."""
    known: dict[str, str] | None = connection.scope.get(HEADS)
    if known is None:
        raw = reversed(connection.scope["headers"])
        known = {name.decode("latin-1"): value.decode("latin-1") for name, value in raw}
        connection.scope[HEADS] = known
    return known


def client_of(connection: HTTPConnection) -> Client:
    """Where a request comes from; trusted proxies have been looked through before."""
    agent = heads_of(connection).get("user-agent", "")[:MOST_AGENT]
    client = connection.scope.get("client")
    if not agent.isprintable():
        agent = "".join(c for c in agent if c.isprintable())
    return Client(_address(client[0] if client else ""), agent)


@lru_cache(maxsize=MOST_ADDRESSES)
def _address(host: str) -> str:
    """An address in its usual form; empty for what is none."""
    try:
        return str(ip_address(host.partition("%")[0]))
    except ValueError:
        return ""
