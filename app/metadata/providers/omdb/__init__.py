"""OMDb, www.omdbapi.com: what IMDb says of films and shows, and what critics give them."""

from app.metadata.providers.omdb.client import Omdb

__all__ = ["Omdb"]
