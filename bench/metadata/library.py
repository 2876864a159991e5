"""A folder with the catalogue's films and shows, laid out as people and release groups do it:
`python -m bench.metadata.library FOLDER [--films 100 --shows 8]`.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

from bench.metadata.catalogue import Catalogue
from bench.metadata.records import Episode, Film, Season, Show
from bench.metadata.reels import Reels

FILMS, SHOWS = "Films", "Shows"
GROUP: Final = "1080p.BluRay.x264-WORLD"
SPELLED_OUT: Final = ("de", "fr")
"""Languages of which films have their own title on disk, not the English one."""


def write_library(catalogue: Catalogue, folder: Path) -> tuple[int, int]:
    """Below `folder`, films and shows in a folder each; answers how many films and episodes."""
    with tempfile.TemporaryDirectory() as workshop:
        reels = Reels(Path(workshop))
        for number in range(catalogue.films):
            _write_film(catalogue.film(number), folder / FILMS, reels)
        shows = (catalogue.show(number) for number in range(catalogue.shows))
        episodes = sum(_write_show(show, folder / SHOWS, reels) for show in shows)
    return catalogue.films, episodes


def _write_film(film: Film, folder: Path, reels: Reels) -> None:
    path = folder / film_path(film)
    reels.write(path, film.runtime, f"film {film.number}")
    if film.number % 6 == 3:
        nfo = _document("movie", film.title, film.year, ("imdb", film.ids["imdb"]))
        path.with_suffix(".nfo").write_text(nfo, encoding="utf-8")


def film_path(film: Film) -> str:
    """Where a film is: six ways to name it, by its number."""
    own = film.original_language in SPELLED_OUT and film.number % 2
    name = f"{film.original_title if own else film.title} ({film.year})"
    ways = (
        f"{name}/{name}.mkv",
        f"{name} {{tmdb-{film.ids['tmdb']}}}/{name} {{tmdb-{film.ids['tmdb']}}}.mkv",
        f"{_dotted(film.title)}.{film.year}.{GROUP}/{_dotted(film.title)}.{film.year}.{GROUP}.mkv",
        f"{name}/{name}.mkv",
        f"{name}.mp4",
        f"{name} [imdbid-{film.ids['imdb']}]/{name} - 1080p.mp4",
    )
    return ways[film.number % len(ways)]


def _write_show(show: Show, folder: Path, reels: Reels) -> int:
    paths = list(episode_paths(show))
    for episode, path in paths:
        reels.write(folder / path, episode.runtime, f"episode {episode.key}")
    if show.number % 4 == 3:
        nfo = _document("tvshow", show.title, show.year, ("tvdb", show.ids["tvdb"]))
        (folder / f"{show.title} ({show.year})" / "tvshow.nfo").write_text(nfo, encoding="utf-8")
    return len(paths)


def episode_paths(show: Show) -> Iterator[tuple[Episode, str]]:
    """Where a show's episodes are: five ways to name them, by its number, and one for anime."""
    for season in show.seasons:
        for episode in season.episodes:
            yield episode, _episode_path(show, season, episode)


def _episode_path(show: Show, season: Season, episode: Episode) -> str:
    name, place = f"{show.title} ({show.year})", f"S{season.number:02}E{episode.number:02}"
    of_season = f"Season {season.number:02}" if season.number else "Specials"
    title, dotted = episode.texts["en"].title, _dotted(show.title)
    if show.anime:
        return f"{name}/[World] {show.title} - {episode.number:02} [1080p].mkv"
    ways = (
        f"{name}/{of_season}/{show.title} {place}.mkv",
        f"{name} {{tvdb-{show.ids['tvdb']}}}/{of_season}/{show.title} - {place} - {title}.mkv",
        f"{dotted}.S{season.number:02}.{GROUP}/{dotted}.{place}.{_dotted(title)}.{GROUP}.mkv",
        f"{name}/{of_season}/{place.lower()}.mp4",
    )
    return ways[show.number % len(ways)]


def _dotted(title: str) -> str:
    return title.replace(" ", ".")


def _document(kind: str, title: str, year: int, id_: tuple[str, str]) -> str:
    """As Kodi writes it."""
    source, value = id_
    return (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        f"<{kind}>\n  <title>{escape(title)}</title>\n  <year>{year}</year>\n"
        f'  <uniqueid type="{source}" default="true">{value}</uniqueid>\n</{kind}>\n'
    )


def main() -> None:
    """Write it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--films", type=int, default=100)
    parser.add_argument("--shows", type=int, default=8)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    made = write_library(Catalogue(given.films, given.shows, given.seed), given.folder)
    print(f"{made[0]} films and {made[1]} episodes are in {given.folder}.")


if __name__ == "__main__":
    main()
