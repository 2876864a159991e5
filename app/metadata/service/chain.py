"""All providers, the most believed first."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Final, TypeVar
from urllib.parse import urlsplit

from msgspec import Struct

from app.core.errors import AppError
from app.core.http import origin_of
from app.core.logging import get_logger
from app.images.domain import PictureHosts
from app.metadata.domain import (
    Artwork,
    Capability,
    CollectionDetails,
    EpisodeDetails,
    ExternalIds,
    MovieDetails,
    MovieSearch,
    PersonDetails,
    PersonSearch,
    ProviderOff,
    ProviderUnknown,
    Ratings,
    Recommendations,
    SeasonDetails,
    ShowDetails,
    ShowSearch,
)
from app.metadata.providers import PROVIDERS
from app.metadata.providers.asking import Asking, Needs
from app.metadata.providers.source import Provider

T = TypeVar("T")
log = get_logger(__name__)
PROTOCOLS: Final[dict[Capability, type]] = {
    Capability.MOVIE_SEARCH: MovieSearch,
    Capability.MOVIE_DETAILS: MovieDetails,
    Capability.SHOW_SEARCH: ShowSearch,
    Capability.SHOW_DETAILS: ShowDetails,
    Capability.SEASON_DETAILS: SeasonDetails,
    Capability.EPISODE_DETAILS: EpisodeDetails,
    Capability.PERSON_SEARCH: PersonSearch,
    Capability.PERSON_DETAILS: PersonDetails,
    Capability.COLLECTION_DETAILS: CollectionDetails,
    Capability.ARTWORK: Artwork,
    Capability.RATINGS: Ratings,
    Capability.EXTERNAL_IDS: ExternalIds,
    Capability.RECOMMENDATIONS: Recommendations,
}


class Link(Struct, frozen=True):
    """A provider of the chain, and how it is asked."""

    provider: Provider
    asking: Asking

    @property
    def name(self) -> str:
        return self.asking.spec.name

    @property
    def can(self) -> tuple[Capability, ...]:
        """What it can do."""
        return tuple(c for c, made in PROTOCOLS.items() if isinstance(self.provider, made))

    async def answer(self, asking: Awaitable[T], patience: float) -> T:
        """What it is asked, within `patience` seconds. Raises ProviderFailed, also for an answer
        that its reading did not expect: that is one provider's fault, or ours with it.
        """
        try:
            async with asyncio.timeout(patience):
                return await asking
        except TimeoutError:
            raise self.asking.failed("does not answer in time") from None
        except AppError:
            raise
        except Exception as error:
            log.exception("metadata.unreadable", provider=self.name, error=type(error).__name__)
            raise self.asking.failed("answers in a form that is not its own") from None


class ProviderChain:
    """Asks nobody by itself."""

    def __init__(self, needs: Needs) -> None:
        self._needs = needs
        ordered = sorted(PROVIDERS, key=lambda made: -made.spec.priority)
        askings = [(made, Asking(made.spec, needs)) for made in ordered]
        self._fresh: dict[str, Link] = {}
        self._links = {asking.spec.name: Link(made(asking), asking) for made, asking in askings}

    @property
    def all(self) -> Sequence[Link]:
        """Every provider there is."""
        return list(self._links.values())

    def having(self, capability: type) -> list[Link]:
        """Those that are ready and can do this."""
        ready = (link for link in self._links.values() if link.asking.ready)
        return [link for link in ready if isinstance(link.provider, capability)]

    def picture_hosts(self) -> PictureHosts:
        """Where those that are ready have their pictures; a server that was written down in the
        place of one may have them, too.
        """
        proxies: dict[str, str | None] = {}
        configured = set()
        for asking in (link.asking for link in self._links.values() if link.asking.ready):
            proxies |= dict.fromkeys(asking.spec.images, asking.proxy)
            host = urlsplit(asking.address).hostname
            if asking.moved and host is not None:
                proxies[host] = asking.proxy
                configured.add(origin_of(asking.address))
        return PictureHosts(proxies=proxies, configured=frozenset(configured))

    def named(self, name: str, *, field: str = "provider") -> Link:
        """One of them, ready or not. Raises ProviderUnknown."""
        found = self._links.get(name)
        if found is None:
            raise ProviderUnknown(field)
        return found

    def ready(self, name: str, *, field: str = "provider") -> Link:
        """One of them. Raises ProviderUnknown, and ProviderOff where it cannot be asked."""
        link = self.named(name, field=field)
        if not link.asking.ready:
            raise ProviderOff(link.asking.spec.label, field)
        return link

    def fresh(self, link: Link) -> Link:
        """The same provider, which believes nothing that it was told before; it stays signed in."""
        found = self._fresh.get(link.name)
        if found is None:
            found = self._fresh[link.name] = self.anew(link.name)
        return found

    def anew(self, name: str) -> Link:
        """One of them that knows nothing from before. Raises as `ready`."""
        made = type(self.ready(name).provider)
        asking = Asking(made.spec, self._needs, anew=True)
        return Link(made(asking), asking)
