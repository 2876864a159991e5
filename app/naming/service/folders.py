"""Folders that say nothing about the film in them."""

import re

from app.naming.service.wordlist import words
from app.naming.service.years import is_year

GENERIC = words(
    "movies movie films film filme video videos media downloads download complete completed "
    "torrents torrent incoming new unsorted sorted hd uhd 4k sd 3d dvd dvds bluray blurays blu-ray "
    "remux 480p 576p 720p 1080p 2160p cd dvdrip bdrip webdl web-dl english german french "
    "spanish italian kids family action comedy drama horror anime animation documentaries bdmv "
    "stream video_ts audio_ts certificate playlist clipinf backup mkv mp4 avi encoded data mnt "
    "media share home user users public volumes library collection collections subs subtitles "
    "peliculas películas cine filmes filmy filmek filmer elokuvat kvikmyndir pellicole фильмы кино "
    "фильм 电影 電影 影片 映画 영화 deutsch français español italiano "
    "subtitle extras featurettes trailers samples sample proof cover covers season"
)
DISCS = "cd|dvd|dis[ck]|disco|disque|диск|part|pt|teil|parte|partie|часть|część"
NUMBERED = re.compile(rf"^(?:{DISCS}|vol|volume|set)[ ._-]{{0,2}}\d{{1,2}}$")
DISC = re.compile(rf"^(?:{DISCS})[ ._-]{{0,2}}(\d{{1,2}})$")
YEAR = re.compile(r"[12][0-9]{3}")
INSIDE = frozenset({"video_ts", "hvdvd_ts", "bdmv", "stream"})
"""Folders of a disc's own structure."""
SHELF = re.compile(
    r"^(?:my |all |the |new |old |kids |family |home |hd |4k |uhd |3d |dvd |bluray )?"
    r"(?:movies|films|filme|filmes|filmy|peliculas|películas|фильмы|videos|downloads|torrents)("
    r"?:[ _\-./(&]{1,3}[\w ]{1,20})?\)?$"
)
ORDER = re.compile(r"^(?:[a-z0-9#]|0-9|[a-z]-[a-z]|19\d0s|20\d0s)$")


def is_generic(folder: str) -> bool:
    """Whether a folder is a shelf, a quality, a disc or a disc's inside."""
    name = folder.strip().lower()
    return (
        name in GENERIC
        or NUMBERED.match(name) is not None
        or ORDER.match(name) is not None
        or (len(name) < 40 and SHELF.match(name) is not None)
    )


def part_of(folder: str) -> int | None:
    """The number of a disc or part that has a folder of its own."""
    match = DISC.match(folder.strip().lower())
    return int(match[1]) if match is not None else None


def film_folder(directory: str) -> str:
    """The folder that a film's discs share: "Film (2010)" of "Film (2010)/CD2"."""
    parts = directory.split("/")
    while len(parts) > 1 and (parts[-1].lower() in INSIDE or part_of(parts[-1]) is not None):
        del parts[-1]
    return "/".join(parts)


def is_year_folder(folder: str) -> bool:
    return YEAR.fullmatch(folder) is not None and is_year(int(folder))
