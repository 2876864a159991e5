"""One module or folder for each provider; what they share is beside them."""

from typing import Final

from app.metadata.providers.fanarttv import Fanarttv
from app.metadata.providers.source import Provider
from app.metadata.providers.tmdb import Tmdb
from app.metadata.providers.tvdb import Tvdb

PROVIDERS: Final[tuple[type[Provider], ...]] = (Tmdb, Tvdb, Fanarttv)
