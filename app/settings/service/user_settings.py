"""The settings of users: everybody's own, and what others read of them."""

from collections.abc import Collection, Mapping
from typing import Any, Protocol
from uuid import UUID

from app.core.access import Viewer
from app.core.db import Database
from app.core.errors import Invalid
from app.core.tx import Tx
from app.settings.domain import (
    METADATA_LANGUAGE,
    PREFERENCES,
    USER,
    BadValue,
    Preferences,
    Setting,
    UserCategory,
    UserSettingState,
    Values,
    preferences,
)
from app.settings.events import UserSettingsUpdated
from app.settings.repository import UserSettingRepository, UserValues


class Follower(Protocol):
    """Who keeps the language at hand that users prefer."""

    async def tell(self, tx: Tx, user_id: UUID) -> None:
        """Tell every process, with the commit, that a user prefers another one."""
        ...

    async def changed(self, user_id: UUID) -> None:
        """Tell this process, after the commit."""
        ...


class UserSettings:
    """By key, and typed as preferences."""

    def __init__(self, db: Database, repository: UserSettingRepository) -> None:
        self._db, self._settings = db, repository
        self.followers: list[Follower] = []

    async def of(self, user_ids: Collection[UUID]) -> Mapping[UUID, Preferences]:
        """The preferences of these users; the defaults where nothing is set."""
        found = await self._settings.by_users(user_ids)
        return {user_id: preferences(_decoded(values)) for user_id, values in found.items()}

    async def preferences(self, viewer: Viewer) -> Preferences:
        """The viewer's own."""
        return (await self.of([viewer.account]))[viewer.account]

    async def all(
        self, viewer: Viewer, category: UserCategory | None = None
    ) -> list[UserSettingState]:
        """The viewer's own settings of a category, or all of them."""
        return await self._states(viewer, USER.all(category))

    async def one(self, viewer: Viewer, key: str) -> UserSettingState | None:
        """One of the viewer's own settings; None for an unknown key."""
        setting = USER.find(key)
        return None if setting is None else (await self._states(viewer, [setting]))[0]

    async def update(self, viewer: Viewer, key: str, value: object) -> UserSettingState:
        """Set it. Raises SettingUnknown, and BadValue for what it does not take."""
        setting = USER[key]
        await self._store(viewer, {key: setting.check(value)})
        return (await self._states(viewer, [setting]))[0]

    async def reset(self, viewer: Viewer, key: str) -> UserSettingState:
        """Go back to the default. Raises SettingUnknown."""
        setting = USER[key]
        await self._store(viewer, {key: None})
        return (await self._states(viewer, [setting]))[0]

    async def prefer(self, viewer: Viewer, given: Mapping[str, object]) -> Preferences:
        """Set several by the names of preferences, all or none. Raises Invalid, naming one."""
        values: dict[str, Any] = {}
        for name, value in given.items():
            setting = PREFERENCES[name]
            try:
                values[setting.key] = setting.check(value)
            except BadValue as error:
                raise Invalid(error.message, field=_camel(name)) from None
        if values:
            await self._store(viewer, values)
        return await self.preferences(viewer)

    async def speak(self, tx: Tx, user_id: UUID, language: str) -> None:
        """Begin with this language of clients and mails, for a new account. Raises Invalid."""
        setting = PREFERENCES["display_language"]
        try:
            wanted = setting.check(language)
        except BadValue as error:
            raise Invalid(error.message, field="locale") from None
        await self._settings.store(tx, user_id, {setting.key: wanted})

    async def language(self, user_id: UUID) -> str:
        """In which language to write to somebody."""
        return (await self.of([user_id]))[user_id].display_language

    async def languages(self, most: int) -> list[str]:
        """The languages of titles and descriptions that somebody has set, those of most users
        first.
        """
        return await self._settings.languages(most)

    async def _store(self, viewer: Viewer, values: Mapping[str, Any]) -> None:
        user_id = viewer.account
        followers = self.followers if METADATA_LANGUAGE in values else ()
        async with self._db.write(viewer) as tx:
            await self._settings.store(tx, user_id, values)
            tx.emit(UserSettingsUpdated(user_id=user_id, changes={"keys": sorted(values)}))
            for one in followers:
                await one.tell(tx, user_id)
        for one in followers:
            await one.changed(user_id)

    async def _states(
        self, viewer: Viewer, settings: Collection[Setting[Any]]
    ) -> list[UserSettingState]:
        stored = (await self._settings.by_users([viewer.account]))[viewer.account]
        values = _decoded(stored)
        return [_state(setting, values, stored) for setting in settings]


def _state(setting: Setting[Any], values: Values, stored: UserValues) -> UserSettingState:
    row = stored.by_key.get(setting.key)
    return UserSettingState(
        setting=setting,
        value=values.get(setting),
        is_set=row is not None,
        updated_at=row.updated_at if row is not None else None,
    )


def _decoded(stored: UserValues) -> Values:
    """Values in their types; what another version has stored and this one cannot use is left."""
    found = {}
    for key, row in stored.by_key.items():
        setting = USER.find(key)
        if setting is not None:
            try:
                found[key] = setting.check(row.value)
            except BadValue:
                continue
    return Values(found)


def _camel(name: str) -> str:
    head, *tail = name.split("_")
    return head + "".join(word.title() for word in tail)
