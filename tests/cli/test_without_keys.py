"""`revenge up --media` of somebody who has no key of any provider: a library worth browsing."""

import shutil
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.media.service.samples import write_samples
from tests.cli.running import Running

pytestmark = pytest.mark.timeout(300)
SHOW_NFO = "<tvshow><title>Kvarnsjö Signals</title><plot>Somebody answers.</plot></tvshow>"
TITLES = ["First Light", "Last Light"]
FILMS = """{ movies { nodes {
  title year overview cast { character person { name } } genres { name }
  artwork(kind: POSTER, width: 300, first: 1) { url } } } }"""
SHOWS = """{ shows(first: 2) { nodes {
  title overview artwork(kind: POSTER, width: 300, first: 1) { url }
  seasons { title artwork(kind: POSTER, width: 300, first: 1) { url } } } } }"""
PROBES = "{ movies { nodes { versions { parts { file { probe } } } } }"
PROBES += " episodes { nodes { versions { parts { file { probe } } } } } }"
EPISODES = """{ episodes { nodes {
  title artwork(kind: THUMB, width: 300, first: 1) { url } } } }"""


def told(media: Path) -> None:
    """Films told by their names, one of them by an NFO file, too, and a show."""
    films = write_samples(media / "Films")
    one = next(path for path in films if path.name.startswith("Two Rivers"))
    season = media / "Kvarnsjö Signals" / "Season 01"
    season.mkdir(parents=True)
    (media / "Kvarnsjö Signals" / "tvshow.nfo").write_text(SHOW_NFO)
    for number, title in enumerate(TITLES, 1):
        shutil.copy(one, season / f"Kvarnsjö Signals - S01E0{number} - {title}.mkv")


@pytest.fixture
def server() -> Iterator[Running]:
    top = Path(tempfile.mkdtemp(prefix="revenge-keys-"))
    top.chmod(0o755)  # the servers' user has to pass through
    told(top / "media")
    running = Running(top / "data", top / "log")
    try:
        running.start("--media", str(top / "media"))
        running.sign_in()
        yield running
    finally:
        running.stop()
        running.gone()
        shutil.rmtree(top, ignore_errors=True)


def found(said: Any, name: str) -> Iterator[Any]:
    """All values of this name, however deep."""
    if isinstance(said, dict):
        for key, value in said.items():
            if key == name:
                yield value
            else:
                yield from found(value, name)
    elif isinstance(said, list):
        for one in said:
            yield from found(one, name)


def test_a_library_without_any_key_can_be_browsed(server: Running) -> None:
    def probed() -> bool:
        time.sleep(1)  # the server has limits
        probes = list(found(server.query(PROBES), "probe"))
        return len(probes) >= 10 and set(probes) == {"DONE"}

    server.wait_for(probed, 120)
    films, shows = server.query(FILMS)["movies"]["nodes"], server.query(SHOWS)["shows"]["nodes"]
    episodes = server.query(EPISODES)["episodes"]["nodes"]
    assert len(films) == 5
    assert all(film["year"] for film in films)
    harbour = next(film for film in films if film["title"] == "Big Harbour")
    assert harbour["overview"].startswith("When a freighter")
    assert {"name": "Mystery"} in harbour["genres"]
    assert harbour["cast"][0]["person"]["name"] == "Ida Sandell"
    [show] = shows
    assert (show["title"], show["overview"]) == ("Kvarnsjö Signals", "Somebody answers.")
    assert [episode["title"] for episode in episodes] == TITLES
    pictures = list(found([films, shows, episodes], "artwork"))
    assert len(pictures) == 5 + 1 + 1 + 2
    assert all(pictures), "something has no picture"
    for [picture] in pictures:
        address = f"http://127.0.0.1:{server.port}{picture['url']}"
        with urllib.request.urlopen(address) as answer:
            assert answer.status == 200
            assert answer.headers["content-type"].startswith("image/")
            assert len(answer.read()) > 500
