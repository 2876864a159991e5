"""One module or folder for each provider; what they share is beside them."""

from typing import Final

from app.metadata.providers.anidb import Anidb
from app.metadata.providers.anilist import Anilist
from app.metadata.providers.fanarttv import Fanarttv
from app.metadata.providers.kitsu import Kitsu
from app.metadata.providers.letterboxd import Letterboxd
from app.metadata.providers.mal import Mal
from app.metadata.providers.omdb import Omdb
from app.metadata.providers.simkl import Simkl
from app.metadata.providers.source import Provider
from app.metadata.providers.tmdb import Tmdb
from app.metadata.providers.trakt import Trakt
from app.metadata.providers.tvdb import Tvdb
from app.metadata.providers.tvmaze import Tvmaze

PROVIDERS: Final[tuple[type[Provider], ...]] = (
    Tmdb,
    Tvdb,
    Fanarttv,
    Tvmaze,
    Anilist,
    Anidb,
    Mal,
    Kitsu,
    Omdb,
    Trakt,
    Simkl,
    Letterboxd,
)
