"""The files of the catalogue: told apart by scans, as long as they should be, and named so that the
catalogue's titles are found in their names.
"""

from pathlib import Path

import av
import pytest

from app.media.service.fingerprint import content_hash
from app.naming.service import parse_episode, parse_movie
from bench.metadata.catalogue import Catalogue
from bench.metadata.library import FILMS, SHOWS, episode_paths, film_path, write_library
from bench.metadata.reels import STEP


@pytest.fixture(scope="module")
def made() -> Catalogue:
    return Catalogue(60, 8)


def test_no_two_files_are_the_same_and_each_plays(made: Catalogue, tmp_path: Path) -> None:
    films, episodes = write_library(made, tmp_path)
    videos = [p for p in tmp_path.rglob("*") if p.suffix in (".mkv", ".mp4")]
    assert (films, films + episodes) == (60, len(videos))
    assert len({content_hash(str(path)) for path in videos}) == len(videos)
    assert max(path.stat().st_size for path in videos) < 40 << 10
    for number in (0, 4):  # one of each container
        film = made.film(number)
        with av.open(str(tmp_path / FILMS / film_path(film))) as opened:
            minutes = (opened.duration or 0) / av.time_base / 60
            assert abs(minutes - film.runtime) <= STEP
            frames = sum(1 for _ in opened.decode(video=0))
        assert frames == pytest.approx(minutes, abs=1)
    show = made.show(3)
    assert (tmp_path / SHOWS / f"{show.title} ({show.year})" / "tvshow.nfo").is_file()
    nfo = next(path for path in (tmp_path / FILMS).rglob("*.nfo"))
    assert nfo.with_suffix(".mkv").is_file()


def test_names_tell_the_titles(made: Catalogue) -> None:
    for number in range(made.films):
        film = made.film(number)
        parsed = parse_movie(film_path(film))
        assert parsed.title in {film.title, film.original_title}
        assert parsed.year == film.year
        ids = {id_.source: id_.value for id_ in parsed.ids}
        assert all(film.ids[source] == value for source, value in ids.items())
    for number in range(made.shows):
        show = made.show(number)
        for episode, path in episode_paths(show):
            found = parse_episode(path)
            assert (found.season if not show.anime else 1) == episode.season, path
            numbers = found.absolute if show.anime else found.episodes
            assert list(numbers) == [episode.number], path
