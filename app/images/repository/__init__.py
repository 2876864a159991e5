"""SQL of artwork: what there is, what providers name, and what became of fetching it."""

from app.images.repository.reading import ArtworkRepository as ArtworkRepository
