"""What files beside the media say of it, and what is left when items go."""

from app.catalog.service.details import DetailsWriter as DetailsWriter
from app.catalog.service.details import DetailsWriters as DetailsWriters
from app.catalog.service.finding import Finder as Finder
from app.catalog.service.lengths import Lengths as Lengths
from app.catalog.service.nfo import MOST_BYTES as MOST_NFO_BYTES
from app.catalog.service.nfo import BadNfo as BadNfo
from app.catalog.service.nfo import parse_episode_nfo as parse_episode_nfo
from app.catalog.service.nfo import parse_nfo as parse_nfo
from app.catalog.service.nfo import parse_season_nfo as parse_season_nfo
from app.catalog.service.nfo import parse_show_nfo as parse_show_nfo
from app.catalog.service.nfo import people_in as people_in
from app.catalog.service.orphans import Orphans as Orphans
from app.catalog.service.recording import Recorder as Recorder
from app.catalog.service.tellings import elsewhere as elsewhere
from app.catalog.service.tellings import offered_of as offered_of
from app.catalog.service.tellings import told_of as told_of
from app.catalog.service.values import titled as titled

__all__ = [
    "MOST_NFO_BYTES",
    "BadNfo",
    "DetailsWriter",
    "DetailsWriters",
    "Finder",
    "Lengths",
    "Orphans",
    "Recorder",
    "elsewhere",
    "offered_of",
    "parse_episode_nfo",
    "parse_nfo",
    "parse_season_nfo",
    "parse_show_nfo",
    "people_in",
    "titled",
    "told_of",
]
