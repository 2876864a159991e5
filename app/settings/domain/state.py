"""Settings as they are shown."""

from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec import Struct

from app.settings.domain.setting import Kind, Setting, Value


class SettingState(Struct, frozen=True, kw_only=True):
    """A setting and what it is set to; `value` is None for a secret one."""

    setting: Setting[Any]
    value: Value
    is_set: bool
    updated_at: datetime | None = None

    @property
    def key(self) -> str:
        return self.setting.key

    @property
    def kind(self) -> Kind:
        return self.setting.kind


class ServerSettingState(SettingState, frozen=True, kw_only=True):
    """A setting of the server, and who set it."""

    updated_by: UUID | None = None


class UserSettingState(SettingState, frozen=True, kw_only=True):
    """One of a user's own settings."""
