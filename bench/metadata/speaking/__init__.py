"""One module for each provider: the catalogue in its wire format."""

from typing import Final

from bench.metadata.speaking.fanarttv import Fanarttv
from bench.metadata.speaking.omdb import Omdb
from bench.metadata.speaking.speaker import Speaker
from bench.metadata.speaking.tmdb import Tmdb
from bench.metadata.speaking.trakt import Trakt
from bench.metadata.speaking.tvdb import Tvdb
from bench.metadata.speaking.tvmaze import Tvmaze

SPEAKERS: Final[tuple[type[Speaker], ...]] = (Tmdb, Tvdb, Fanarttv, Tvmaze, Omdb, Trakt)
