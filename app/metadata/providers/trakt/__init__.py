"""Trakt, api.trakt.tv, version 2."""

from app.metadata.providers.trakt.client import Trakt

__all__ = ["Trakt"]
