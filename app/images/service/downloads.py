"""Fetching pictures from the servers of metadata providers, and from nobody else."""

from typing import Final
from urllib.parse import urlsplit

from app.core.http import (
    AddressRefused,
    BadAnswer,
    Outside,
    OutsideUnavailable,
    Policy,
    TooLong,
    origin_of,
)
from app.images.domain import MOST_BYTES, FetchProblem, HostList, PictureHosts

ACCEPT: Final = {"accept": "image/webp,image/png,image/jpeg,image/gif;q=0.8"}
NOT_THERE: Final = frozenset({400, 404, 410})  # who is refused with 403 may be let in tomorrow
SECONDS: Final = 10.0  # for all of it, redirects included


class NotHere(Exception):
    """A picture is not to be had."""

    def __init__(self, problem: FetchProblem) -> None:
        super().__init__(problem.value)
        self.problem = problem


class Downloads:
    """Asks only the hosts of `hosts`; who they are is looked up once, and that address asked."""

    def __init__(self, outside: Outside, hosts: HostList) -> None:
        self._outside, self._hosts = outside, hosts

    async def get(self, url: str) -> bytes:
        """The bytes at this address, at most 10 MiB within 10 seconds. Raises NotHere."""
        hosts = self._hosts.picture_hosts()
        try:
            address = _secured(url, hosts)
            client = await self._outside.client(_policy(address, hosts))
            answer = await client.get(address, ACCEPT)
        except (AddressRefused, ValueError):
            raise NotHere(FetchProblem.REFUSED) from None
        except TooLong:
            raise NotHere(FetchProblem.UNREADABLE) from None
        except (OutsideUnavailable, BadAnswer):
            raise NotHere(FetchProblem.UNREACHABLE) from None
        if not answer.ok:
            gone = answer.status in NOT_THERE
            raise NotHere(FetchProblem.GONE if gone else FetchProblem.UNREACHABLE)
        return answer.body


def may_be_asked(url: str, hosts: PictureHosts) -> bool:
    """Whether the address is one of a server that is asked for pictures."""
    try:
        return urlsplit(url).hostname in hosts.proxies
    except ValueError:
        return False


def _secured(url: str, hosts: PictureHosts) -> str:
    """The address with TLS, which all of these servers have: old NFO files name it without."""
    plain = url.startswith("http://") and origin_of(url) not in hosts.configured
    return f"https://{url[len('http://') :]}" if plain else url


def _policy(url: str, hosts: PictureHosts) -> Policy:
    host = urlsplit(url).hostname
    if host is None or host not in hosts.proxies:
        raise AddressRefused("This server is none of those that are asked for pictures.")
    return Policy(
        name=f"images:{host}",
        label="The server of this picture",
        timeout=SECONDS,
        most_bytes=MOST_BYTES,
        attempts=1,
        hosts=frozenset(hosts.proxies),
        configured=hosts.configured,
        proxy=hosts.proxies[host],
    )
