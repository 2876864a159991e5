"""AniList, graphql.anilist.co, version 2."""

from app.metadata.providers.anilist.client import Anilist

__all__ = ["Anilist"]
