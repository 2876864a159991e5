"""TheTVDB, api4.thetvdb.com, version 4."""

from app.metadata.providers.tvdb.client import Tvdb

__all__ = ["Tvdb"]
