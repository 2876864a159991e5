"""Reading file names: films, shows, roles, keys of titles, canonical names."""

from app.naming.service.episodes import (
    looks_like_episode,
    parse_episode,
    parse_season_folder,
    parse_series_folder,
)
from app.naming.service.extensions import is_subtitle, is_video
from app.naming.service.folders import film_folder
from app.naming.service.keys import normal_title, sort_title
from app.naming.service.movies import parse_movie
from app.naming.service.render import render
from app.naming.service.render_shows import render_episode
from app.naming.service.roles import role_of
from app.naming.service.series import is_series_folder, series_folder
from app.naming.service.subtitles import SUBTITLE_FOLDERS, parse_sidecar, parse_subtitle

__all__ = [
    "SUBTITLE_FOLDERS",
    "film_folder",
    "is_series_folder",
    "is_subtitle",
    "is_video",
    "looks_like_episode",
    "normal_title",
    "parse_episode",
    "parse_movie",
    "parse_season_folder",
    "parse_series_folder",
    "parse_sidecar",
    "parse_subtitle",
    "render",
    "render_episode",
    "role_of",
    "series_folder",
    "sort_title",
]
