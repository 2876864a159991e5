"""Use cases of settings."""

from app.settings.service.limits import limits_of
from app.settings.service.settings import Settings
from app.settings.service.snapshot import CHANNEL, Snapshot
from app.settings.service.user_settings import UserSettings

__all__ = ["CHANNEL", "Settings", "Snapshot", "UserSettings", "limits_of"]
