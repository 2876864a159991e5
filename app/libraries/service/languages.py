"""The languages of this server: which ones texts are fetched in, and which of them who gets."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol
from uuid import UUID

from app.core.languages import normal_language
from app.core.speaking import nearest
from app.core.tx import Tx
from app.libraries.repository import LibraryRepository
from app.rbac.service import Rbac
from app.settings.domain import METADATA_LANGUAGES
from app.settings.service import CHANNEL, Settings, UserSettings

MOST: Final = 10
MOST_CHOSEN: Final = 1000


class Needs(Protocol):
    """What it is made of."""

    @property
    def settings(self) -> Settings: ...
    @property
    def user_settings(self) -> UserSettings: ...
    @property
    def library_repository(self) -> LibraryRepository: ...
    @property
    def rbac(self) -> Rbac: ...


class ServerLanguages:
    """Those that an administrator has set; else those of libraries and of users' preferences.

    They are in memory, read anew whenever the settings are.
    """

    def __init__(self, needs: Needs) -> None:
        self._settings, self._preferences = needs.settings, needs.user_settings
        self._libraries, self._rbac = needs.library_repository, needs.rbac
        self._used: tuple[str, ...] = ()
        self._settings.beside.append(self.read)
        self._preferences.followers.append(self)

    def fetched(self) -> tuple[str, ...]:
        """The tags of at most 10 languages: what providers are asked for, and texts are shown in.

        Those of libraries come first, then those of most users.
        """
        return tuple(self._settings.get(METADATA_LANGUAGES).split()) or self._used

    def of(self, preferred: str, accepted: Sequence[str]) -> str:
        """What texts are shown in to whom prefers a language, and whose client accepts these; empty
        for the libraries' own.
        """
        return _chosen((preferred, *accepted), self.fetched())

    async def read(self) -> None:
        """Look which ones are used. Raises Unavailable or TimedOut."""
        used = [*await self._libraries.languages(), *await self._preferences.languages(MOST)]
        tags = dict.fromkeys(tag for one in used if (tag := normal_language(one)))
        self._used = tuple(tags)[:MOST]

    async def tell(self, tx: Tx, user_id: UUID) -> None:
        """Tell every process, with the commit, that a user prefers another language."""
        await self._rbac.tell(tx, [user_id])
        await tx.notify(CHANNEL, METADATA_LANGUAGES.key)

    async def changed(self, user_id: UUID) -> None:
        """Tell this process, after the commit."""
        await self._settings.read()
        self._rbac.changed([user_id])


@lru_cache(MOST_CHOSEN)
def _chosen(wanted: tuple[str, ...], offered: tuple[str, ...]) -> str:
    found = (nearest(tag, offered) for tag in wanted if tag)
    return next((tag for tag in found if tag is not None), "")
