"""No address, name, redirect or spelling leads this server into its own network."""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Any

import httpcore
import pytest

from app.core.http import AddressRefused, Client, OutsideUnavailable, Policy
from app.core.http.client import Means
from app.core.http.errors import BadAnswer
from app.core.metrics import Metrics
from tests.support.outside import Asked, Site, Write, response, site

# Written down independently of the product: where nothing may ever be connected to.
FORBIDDEN = [
    ipaddress.ip_network(n)
    for n in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23",
        "2001:db8::/32", "2002::/16", "3fff::/20", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
    )
]  # fmt: skip
_LITERALS = """
127.0.0.1 127.0.0.2 127.1.2.3 127.255.255.254 0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 172.16.0.1
172.31.255.255 192.168.0.1 192.168.255.255 100.64.0.1 100.127.255.254 169.254.169.254 169.254.0.1
192.0.0.1 192.0.0.8 192.0.0.9 192.0.0.170 192.0.0.255 192.0.2.1 198.18.0.1 198.19.255.255
198.51.100.7 203.0.113.9 224.0.0.1 239.255.255.250 240.0.0.1 255.255.255.255
[::1] [::] [::2] [::127.0.0.1] [::ffff:127.0.0.1]
[::ffff:7f00:1] [::ffff:10.0.0.1] [::ffff:8.8.8.8] [::ffff:0:127.0.0.1] [64:ff9b::7f00:1]
[64:ff9b::127.0.0.1] [64:ff9b::808:808] [64:ff9b:1::a00:1] [fe80::1] [fe80::1%25eth0] [fe80::1%eth0]
[fc00::1] [fd00::1] [fd00:ec2::254] [fec0::1] [ff02::1] [ff0e::1] [2001:db8::1] [2002:7f00:1::]
[2002:a00:1::1] [2001:0:4136:e378:8000:63bf:3fff:fdd2] [2001:10::1] [100::1] [3fff::1] [4000::1]
127.1 127.0.1 2130706433 0x7f000001 0x7f.1 0x7f.0.0.1 0177.0.0.1 017700000001 0 0x0 00 1
127.0.0.1. 2130706433. 0x7f000001. 127.000.000.001 3232235521 167772161 2852039166 0xa9fea9fe
0xa9.254.0251.254 169.254.43518 ①②⑦.⓪.⓪.① １２７.０.０.１ 127。0。0。1 %31%32%37.0.0.1
localhost localhost. LOCALHOST localhost.localdomain rebind.test private.test mixed.test
mapped.test nat64.test zone.test linklocal.test multicast.test ula.test nip.10.0.0.1.test
metadata.test metadata.google.internal kubernetes.default.svc unspecified.test nothing.test
"""
WHOLE = [
    "https://user@public.test/", "https://user:word@public.test/", "https://:@public.test/",
    "https://public.test@127.0.0.1/", "https://127.0.0.1#@public.test/",
    "https://127.0.0.1?@public.test/", "https://public.test\\@127.0.0.1/",
    "https:\\\\127.0.0.1\\", "https:///127.0.0.1/", "https:127.0.0.1", "//127.0.0.1/",
    "/etc/passwd",
    "file:///etc/passwd", "ftp://public.test/", "gopher://127.0.0.1:6379/_x", "dict://127.0.0.1:1/",
    "unix:///run/x.sock", "http+unix://%2Frun%2Fx.sock/", "data:text/plain,x", "javascript:1",
    "http://public.test/", "HTTP://PUBLIC.TEST/", "https://public.test:0/", "https://public.test:99999/",
    "https://public.test:x/", "https://", "https://[/", "https://[::1/", "https://]/", "https:// /",
    "https://public.test/\r\nHost: x", "https://public.test\t/", "https://\x00/", "",
    "https://" + "a" * 5000 + ".test/", "https://.../", "https://*/", "https://[v1.x]/",
]  # fmt: skip
URLS = [f"https://{host}/" for host in _LITERALS.split()] + WHOLE
NAMES = {
    "public.test": ["93.184.215.14"],
    "other.test": ["2606:2800:21f:cb07:6820:80da:af6b:8b2c"],
    "localhost": ["127.0.0.1", "::1"],
    "localhost.": ["127.0.0.1"],
    "localhost.localdomain": ["127.0.0.1"],
    "private.test": ["192.168.1.10"],
    "mixed.test": ["93.184.215.14", "10.0.0.1"],
    "mapped.test": ["::ffff:10.0.0.1"],
    "nat64.test": ["64:ff9b::a00:1"],
    "zone.test": ["fe80::1%eth0"],
    "linklocal.test": ["169.254.169.254"],
    "metadata.test": ["169.254.169.254"],
    "metadata.google.internal": ["169.254.169.254"],
    "kubernetes.default.svc": ["10.96.0.1"],
    "multicast.test": ["239.1.1.1"],
    "ula.test": ["fd12:3456::1"],
    "nip.10.0.0.1.test": ["10.0.0.1"],
    "unspecified.test": ["0.0.0.0"],
    "nothing.test": [],
}


class Names:
    """A resolver with its own mind; it takes spellings of numbers as C libraries do."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def resolve(self, host: str, port: int) -> list[str]:
        self.asked.append(host)
        if host == "rebind.test":  # public for whoever looks first, private for who looks again
            return ["93.184.215.14"] if self.asked.count(host) == 1 else ["127.0.0.1"]
        if host in NAMES:
            return NAMES[host]
        try:
            return [socket.inet_ntoa(socket.inet_aton(host.rstrip(".")))]
        except OSError:
            raise socket.gaierror(f"unknown {host}") from None


class Wire(httpcore.AsyncNetworkBackend):
    """A network that only notes where it was to connect."""

    def __init__(self) -> None:
        self.connected: list[tuple[str, int]] = []

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.connected.append((host, port))
        raise httpcore.ConnectError("refused")

    @property
    def forbidden(self) -> list[str]:
        return [h for h, _ in self.connected if any(_inside(h, n) for n in FORBIDDEN)]


def _inside(host: str, network: Any) -> bool:
    address = ipaddress.ip_address(host)  # a name would be a defect by itself
    return address.version == network.version and address in network


def client(wire: Wire, names: Names | None = None, **more: Any) -> Client:
    policy = Policy(name="test", label="The test", attempts=1, **more)
    return Client(policy, Metrics(), Means(resolver=names or Names(), network=wire))


def test_there_are_more_than_a_hundred() -> None:
    assert len(set(URLS)) > 130


@pytest.mark.parametrize("url", URLS)
async def test_nothing_is_connected(url: str) -> None:
    wire = Wire()
    asked = client(wire)
    if "rebind" in url:
        with pytest.raises(OutsideUnavailable):
            await asked.get(url)
        assert wire.connected == [("93.184.215.14", 443)]  # the address that was looked at
        with pytest.raises(AddressRefused):
            await asked.get(url)
    elif "nothing" in url or "*" in url or "..." in url or "v1" in url:
        with pytest.raises((AddressRefused, OutsideUnavailable)):
            await asked.get(url)
    else:
        with pytest.raises(AddressRefused) as refused:
            await asked.get(url)
        assert "127.0.0.1" not in refused.value.message
    assert wire.forbidden == []
    assert len(wire.connected) == ("rebind" in url)
    await asked.aclose()


@pytest.mark.parametrize(
    "url", ["https://public.test/", "https://8.8.8.8/", "https://other.test:8443/"]
)
async def test_control_public_addresses_are_asked(url: str) -> None:
    wire, names = Wire(), Names()
    asked = client(wire, names)
    with pytest.raises(OutsideUnavailable):
        await asked.get(url)
    assert len(wire.connected) == 1
    assert len(names.asked) <= 1  # resolved once; the connection takes that very address
    await asked.aclose()


@pytest.mark.parametrize(
    ("url", "configured", "goes"),
    [
        ("http://private.test:9000/x", {"http://private.test:9000"}, True),
        ("https://private.test/x", {"https://private.test:443"}, True),
        ("http://localhost:9000/", {"http://localhost:9000"}, True),
        ("http://[::1]:9000/", {"http://[::1]:9000"}, True),
        ("https://mapped.test/", {"https://mapped.test:443"}, True),
        ("http://private.test:9001/x", {"http://private.test:9000"}, False),
        ("http://private.test/x", {"http://private.test:9000"}, False),
        ("https://private.test:9000/x", {"http://private.test:9000"}, True),
        ("http://localhost:9000/", {"http://private.test:9000"}, False),
        ("http://private.test.:9000/", {"http://private.test:9000"}, False),
        ("http://linklocal.test/", {"http://linklocal.test:80"}, False),
        ("http://169.254.169.254/", {"http://169.254.169.254:80"}, False),
        ("http://0.0.0.0/", {"http://0.0.0.0:80"}, False),
        ("http://multicast.test/", {"http://multicast.test:80"}, False),
        ("https://nat64.test/", {"https://nat64.test:443"}, True),
        ("http://public.test/", {"http://public.test:80"}, False),
    ],
)  # fmt: skip
async def test_an_administrator_allows_exactly_one_server(
    url: str, configured: set[str], goes: bool
) -> None:
    wire = Wire()
    asked = client(wire, configured=frozenset(configured))
    with pytest.raises((AddressRefused, OutsideUnavailable)) as raised:
        await asked.get(url)
    assert isinstance(raised.value, OutsideUnavailable) is goes
    assert bool(wire.connected) is goes
    await asked.aclose()


async def test_clear_text_may_go_abroad_where_the_policy_says_so() -> None:
    wire = Wire()
    configured = frozenset({"http://public.test:80"})
    asked = client(wire, configured=configured, http_abroad=True)
    with pytest.raises(OutsideUnavailable):
        await asked.get("http://public.test/")
    assert wire.connected == [("93.184.215.14", 80)]
    await asked.aclose()


async def test_behind_a_proxy_the_target_is_judged_all_the_same() -> None:
    wire = Wire()
    asked = client(wire, proxy="http://private.test:3128")
    for url in ("https://127.0.0.1/", "https://metadata.test/", "https://localhost/"):
        with pytest.raises(AddressRefused):
            await asked.get(url)
    assert wire.connected == []
    with pytest.raises(OutsideUnavailable):
        await asked.get("https://public.test/")
    assert wire.connected == [("192.168.1.10", 3128)]
    await asked.aclose()


async def test_redirects_are_checked_like_first_addresses() -> None:
    """From a server that is allowed to every address that is not: nothing is connected."""
    goals = [u for u in URLS if u.startswith("https://") and u.isprintable() and u.isascii()]
    place = ""

    async def redirect(_: Asked, write: Write) -> None:
        await write(response(b"", 302, location=place))

    async with site(redirect) as allowed, site(redirect) as sentinel:
        policy = Policy(
            name="test",
            label="The test",
            attempts=1,
            rate=1000,
            burst=1000,
            failures_to_open=10_000,
            configured=frozenset({allowed.url}),
        )
        asked = Client(policy, Metrics())
        bad: list[str] = [f"{sentinel.url}/", f"//127.0.0.1:{sentinel.port}/", "http://[::1]:1/"]
        bad += [f"https://127.0.0.1:{sentinel.port}/", f"http://2130706433:{sentinel.port}/"]
        for goal in [*goals[:80], *bad]:
            if ".test" in goal or "google" in goal or "svc" in goal or "localdomain" in goal:
                continue  # these names are not in the DNS
            place = goal
            with pytest.raises((AddressRefused, BadAnswer, OutsideUnavailable)):
                await asked.get(f"{allowed.url}/")
        assert sentinel.connections == 0
        assert allowed.connections >= 60
        await asked.aclose()


async def test_at_most_three_redirects_and_none_of_a_form() -> None:
    async def around(asked: Asked, write: Write) -> None:
        await write(response(b"", 307, location=asked.path + "x"))

    async with site(around) as loop:
        asked = Client(_open(loop), Metrics())
        with pytest.raises(BadAnswer):
            await asked.get(f"{loop.url}/")
        assert [a.path for a in loop.asked] == ["/", "/x", "/xx", "/xxx"]
        with pytest.raises(BadAnswer):
            await asked.post_form(f"{loop.url}/", {"client_secret": "s"})
        assert len(loop.asked) == 5
        await asked.aclose()


async def test_credentials_do_not_follow_to_another_server() -> None:
    target = ""

    async def away(_: Asked, write: Write) -> None:
        await write(response(b"", 302, location=target))

    async def fine(_: Asked, write: Write) -> None:
        await write(response(b"{}"))

    async with site(away) as first, site(fine) as second:
        policy = Policy(
            name="test", label="The test", configured=frozenset({first.url, second.url})
        )
        asked, target = Client(policy, Metrics()), f"{second.url}/"
        await asked.get(first.url, {"authorization": "Bearer s3cret", "x-token": "s3cret"})
        assert first.asked[0].headers["authorization"] == "Bearer s3cret"
        assert "s3cret" not in str(second.asked[0].headers)
        await asked.aclose()


def _open(to: Site) -> Policy:
    return Policy(name="test", label="The test", attempts=1, configured=frozenset({to.url}))
