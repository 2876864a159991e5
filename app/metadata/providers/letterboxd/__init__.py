"""Letterboxd, api.letterboxd.com, version 0."""

from app.metadata.providers.letterboxd.client import Letterboxd

__all__ = ["Letterboxd"]
