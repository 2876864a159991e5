"""Use cases of settings."""

from app.settings.service.settings import Settings
from app.settings.service.snapshot import Snapshot

__all__ = ["Settings", "Snapshot"]
