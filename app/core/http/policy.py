"""How one target is asked, as data."""

from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct, structs

from app.core.http.errors import AddressRefused

PORTS: Final = {"http": 80, "https": 443}


class Policy(Struct, frozen=True, kw_only=True):
    """A target's limits. Times are in seconds.

    `configured` are origins (`http://nas.lan:9000`) that an administrator wrote down: only they may
    be in the own network, and only they may be asked without TLS. `http_abroad`: even when their
    address is a public one. `plain` are public origins that have no TLS. `shared`: `rate` and
    `burst` are of all processes together. `hosts` are the only names that are asked, by redirects,
    too; None for any. `packed`: it may answer with gzip; `most_bytes` is what
    comes out.
    """

    name: str
    label: str
    timeout: float = 10
    connect_timeout: float = 5
    most_bytes: int = 1 << 20
    attempts: int = 3
    most_wait: float = 10
    redirects: int = 3
    rate: float = 20
    burst: float = 40
    connections: int = 10
    failures_to_open: int = 5
    open_for: float = 30
    least_fresh: float = 0
    most_fresh: float = 3600
    configured: frozenset[str] = frozenset()
    http_abroad: bool = False
    plain: frozenset[str] = frozenset()
    hosts: frozenset[str] | None = None
    proxy: str | None = None
    shared: bool = False
    packed: bool = False
    most_kept: int = 64
    most_kept_bytes: int = 8 << 20

    def __repr__(self) -> str:
        return f"Policy(name={self.name!r})"  # a proxy's address may hold a password

    def at(self, rate: float, burst: float) -> "Policy":
        """The same at another pace."""
        return structs.replace(self, rate=rate, burst=burst)


def origin_of(url: str) -> str:
    """`scheme://host:port` of an address, in small letters. Raises AddressRefused."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise AddressRefused("This is not the address of a server.") from None
    scheme = parts.scheme.lower()
    if scheme not in PORTS or not host:
        raise AddressRefused("An address begins with https:// or http:// and a host.")
    shown = f"[{host}]" if ":" in host else host
    return f"{scheme}://{shown.lower()}:{PORTS[scheme] if port is None else port}"
