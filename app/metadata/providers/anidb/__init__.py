"""AniDB, api.anidb.net, HTTP API version 1, and its dump of titles."""

from app.metadata.providers.anidb.client import Anidb

__all__ = ["Anidb"]
