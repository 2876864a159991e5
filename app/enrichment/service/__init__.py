"""Use cases of metadata in the libraries."""

from app.enrichment.service.contents import contents_of
from app.enrichment.service.editing import Editing
from app.enrichment.service.refreshing import Refreshing

__all__ = ["Editing", "Refreshing", "contents_of"]
