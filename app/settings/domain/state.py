"""Settings as administrators are shown them."""

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
    updated_by: UUID | None = None

    @property
    def key(self) -> str:
        return self.setting.key

    @property
    def kind(self) -> Kind:
        return self.setting.kind
