"""One module for each provider: the catalogue in its wire format."""

from typing import Final

from bench.metadata.speaking.anidb import Anidb
from bench.metadata.speaking.anilist import Anilist
from bench.metadata.speaking.fanarttv import Fanarttv
from bench.metadata.speaking.kitsu import Kitsu
from bench.metadata.speaking.letterboxd import Letterboxd
from bench.metadata.speaking.mal import Mal
from bench.metadata.speaking.omdb import Omdb
from bench.metadata.speaking.simkl import Simkl
from bench.metadata.speaking.speaker import Speaker
from bench.metadata.speaking.tmdb import Tmdb
from bench.metadata.speaking.trakt import Trakt
from bench.metadata.speaking.tvdb import Tvdb
from bench.metadata.speaking.tvmaze import Tvmaze

SPEAKERS: Final[tuple[type[Speaker], ...]] = (
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
