"""Kitsu, kitsu.io/api/edge, JSON:API."""

from app.metadata.providers.kitsu.client import Kitsu

__all__ = ["Kitsu"]
