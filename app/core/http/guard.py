"""Where this server may connect to: names are resolved once, and exactly that address is used.

Without it, a name, a redirect or a document of another server could make this one talk to what
only it can reach: itself, the machines beside it, the metadata service of a cloud.
"""

import asyncio
import contextlib
import re
import socket
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any, Final, Protocol

import httpcore
import httpx

from app.core.http.errors import AddressRefused
from app.core.http.policy import PORTS, Policy, origin_of

Address = IPv4Address | IPv6Address
MOST_TRIED: Final = 3
MOST_URL: Final = 4096
GLOBAL_V6: Final = ip_network("2000::/3")
# Public by their prefix, but they stand for something else: tunnels, IPv4 inside, examples.
DISGUISED_V6: Final = tuple(ip_network(n) for n in ("2001::/23", "2002::/16", "3fff::/20"))
# Kept for protocols between machines; how much of it is global depends on the release of Python.
PROTOCOLS_V4: Final = ip_network("192.0.0.0/24")
MAPPED: Final = (ip_network("::ffff:0:0/96"), ip_network("64:ff9b::/96"))
OWN: Final = tuple(
    ip_network(n)
    for n in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "::1/128",
        "fc00::/7",
    )
)
# A last label that a resolver may read as a number: 127.1, 0x7f.1, 2130706433.
NUMERIC: Final = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$", re.IGNORECASE)


class Resolver(Protocol):
    """Where the addresses of a name come from."""

    async def resolve(self, host: str, port: int) -> list[str]:
        """Addresses in the order in which to try them. Raises OSError."""
        ...


class SystemResolver:
    """The machine's own resolver."""

    async def resolve(self, host: str, port: int) -> list[str]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: Address) -> bool:
    """Whether this is a host of the internet, under its plain address."""
    if address.is_multicast or not address.is_global:
        return False
    if isinstance(address, IPv6Address):
        return address in GLOBAL_V6 and not any(address in n for n in DISGUISED_V6)
    return not address.is_reserved and address not in PROTOCOLS_V4


def is_own(address: Address) -> bool:
    """Whether this is a host of one's own network: what an administrator may configure."""
    if isinstance(address, IPv6Address) and any(address in n for n in MAPPED):
        address = IPv4Address(int(address) & 0xFFFFFFFF)
    return any(address.version == n.version and address in n for n in OWN)


def check_url(url: str, policy: Policy) -> httpx.URL:
    """The address, if it may be asked by its form. Raises AddressRefused."""
    if len(url) > MOST_URL or any(ord(c) <= 0x20 or ord(c) == 0x7F or c == "\\" for c in url):
        raise AddressRefused("The address holds what no address may hold.")
    try:
        parsed = httpx.URL(url)
        host = parsed.raw_host.decode("ascii")
    except (httpx.InvalidURL, UnicodeError, ValueError):
        raise AddressRefused("This is not the address of a server.") from None
    if parsed.scheme not in PORTS or not host:
        raise AddressRefused("An address begins with https:// or http:// and a host.")
    if parsed.userinfo or "@" in parsed.netloc.decode("ascii", "replace"):
        raise AddressRefused("An address holds no user name or password.")
    if "%" in host or not (parsed.port is None or 0 < parsed.port < 65536):
        raise AddressRefused("This is not the address of a server.")
    if policy.hosts is not None and host.strip("[]").lower() not in policy.hosts:
        raise AddressRefused("This server is none of those that are asked.")
    if _literal(host) is None and NUMERIC.search(host):
        raise AddressRefused("A number is not the name of a server.")
    if parsed.scheme == "http" and origin_of(str(parsed)) not in policy.configured | policy.plain:
        raise AddressRefused("Only addresses with https:// are asked here.")
    return parsed


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host.strip("[]"))
    except ValueError:
        return None


class AddressGuard:
    """Decides on the addresses of a name, for one policy."""

    def __init__(self, policy: Policy, resolver: Resolver) -> None:
        self._resolver = resolver
        self._abroad = policy.http_abroad
        self._proxy = origin_of(policy.proxy).partition("://")[2] if policy.proxy else None
        self._configured = {origin.partition("://")[2] for origin in policy.configured}
        self._secure = {o[8:] for o in policy.configured if o.startswith("https://")}

    async def addresses(self, host: str, port: int) -> list[str]:
        """Where to connect for this name. Raises AddressRefused, and OSError of the resolver.

        One bad address among good ones refuses them all: nobody has that by accident.
        """
        literal = _literal(host)
        found = [str(literal)] if literal else await self._resolver.resolve(host, port)
        if not found:
            raise OSError("The name has no address.")
        origin = _origin(host, port)
        if origin != self._proxy:  # which the administrator chose, wherever it is
            for text in found:
                self._check(text, origin)
        return found[:MOST_TRIED]

    async def vet(self, host: str, port: int) -> None:
        """Raise AddressRefused for what a proxy must not be asked to reach.

        A name that is not known here may be known to the proxy: then it decides.
        """
        with contextlib.suppress(OSError):
            await self.addresses(host, port)

    def _check(self, text: str, origin: str) -> None:
        address = _literal(text)
        if address is None or getattr(address, "scope_id", None):
            raise AddressRefused("The address is not one of the internet.")
        if is_public(address):
            if origin in self._configured - self._secure and not self._abroad:
                raise AddressRefused("Outside the own network only https:// is asked.")
            return
        if origin not in self._configured or not is_own(address):
            raise AddressRefused(
                "The address leads into a private network. An administrator can allow exactly this "
                "server by configuring it."
            )


def _origin(host: str, port: int) -> str:
    bare = host.strip("[]").lower()
    return f"[{bare}]:{port}" if ":" in bare else f"{bare}:{port}"


class GuardedBackend(httpcore.AsyncNetworkBackend):
    """httpcore's network, which connects to vetted addresses only. TLS keeps the name."""

    def __init__(
        self, guard: AddressGuard, inner: httpcore.AsyncNetworkBackend | None = None
    ) -> None:
        self._guard = guard
        self._inner = inner or httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        try:
            addresses = await self._guard.addresses(host, port)
        except OSError as error:
            raise httpcore.ConnectError("The name cannot be resolved.") from error
        for address in addresses[:-1]:
            try:
                return await self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return await self._inner.connect_tcp(
            addresses[-1], port, timeout, local_address, socket_options
        )

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        raise AddressRefused("Other servers are not reached through a file.")

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
