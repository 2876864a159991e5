"""One module or folder for each provider; what they share is beside them."""

from typing import Final

from app.metadata.providers.source import Provider
from app.metadata.providers.tmdb import Tmdb

PROVIDERS: Final[tuple[type[Provider], ...]] = (Tmdb,)
