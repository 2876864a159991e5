"""Reading file names: films, roles, keys of titles, canonical names."""

from app.naming.service.extensions import is_subtitle, is_video
from app.naming.service.folders import film_folder
from app.naming.service.keys import normal_title, sort_title
from app.naming.service.movies import parse_movie
from app.naming.service.render import render
from app.naming.service.roles import role_of
from app.naming.service.subtitles import SUBTITLE_FOLDERS, parse_sidecar, parse_subtitle

__all__ = [
    "SUBTITLE_FOLDERS",
    "film_folder",
    "is_subtitle",
    "is_video",
    "normal_title",
    "parse_movie",
    "parse_sidecar",
    "parse_subtitle",
    "render",
    "role_of",
    "sort_title",
]
