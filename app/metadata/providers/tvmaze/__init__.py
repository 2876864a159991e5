"""TVmaze, api.tvmaze.com."""

from app.metadata.providers.tvmaze.client import Tvmaze

__all__ = ["Tvmaze"]
