"""Simkl, api.simkl.com."""

from app.metadata.providers.simkl.client import Simkl

__all__ = ["Simkl"]
