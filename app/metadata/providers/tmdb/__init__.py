"""TMDb, api.themoviedb.org, version 3."""

from app.metadata.providers.tmdb.client import Tmdb

__all__ = ["Tmdb"]
