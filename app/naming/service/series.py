"""Which folder is the one of the series: seasons, discs and single releases lie below it."""

from functools import lru_cache

from app.naming.service.episodes import looks_like_episode, parse_season_folder
from app.naming.service.folders import INSIDE, is_year_folder, part_of
from app.naming.service.seasons import is_shelf, plain_season


@lru_cache(maxsize=4096)
def series_folder(directory: str) -> str:
    """The folder that all seasons of a series share: "Show" of "Show/Season 1/CD2".

    A folder of one season or release that stands on a shelf is its series' own. For "Season 1" at
    the very top it is "". Where no folder belongs to a series, what holds the file comes back.
    """
    parts = directory.split("/") if directory else []
    kept = len(parts)
    while kept and _is_within(parts[kept - 1]):
        kept -= 1
    if kept and not is_shelf(parts[kept - 1]):
        return "/".join(parts[:kept])
    named = (i for i in range(kept, len(parts)) if not _says_nothing(parts[i]))
    return "/".join(parts[: next(named, kept - 1) + 1])


def is_series_folder(directory: str, folder: str) -> bool:
    """Whether `folder` is one of a series, as `series_folder` answered it for `directory`.

    What lies on a shelf or at the very top belongs to no folder of its own.
    """
    if not folder:
        return directory != ""
    return not is_shelf(folder.rpartition("/")[2])


def _is_within(name: str) -> bool:
    """Whether a folder lies in that of its series: a season, a year, a disc, a release."""
    if _says_nothing(name) or is_year_folder(name):
        return True
    return parse_season_folder(name) is not None or looks_like_episode(name)


def _says_nothing(name: str) -> bool:
    inside = name.lower() in INSIDE or part_of(name) is not None
    return inside or plain_season(name) is not None
