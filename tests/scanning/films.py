"""A folder of films, and one that can be read."""

from pathlib import Path

from tests.scanning.stage import Stage, StubProber


def fill(stage: Stage) -> None:
    for number in range(6):
        film = f"Film {number} ({1990 + number})"
        stage.put(f"{film}/{film}.mkv")
        stage.put(f"{film}/{film}.en.srt")
        stage.put(f"{film}/movie.nfo", f"<movie><genre>G{number}</genre></movie>")
        stage.put(f"{film}/poster.jpg")


def readable(stage: Stage, prober: StubProber, *paths: Path) -> None:
    """These files have streams, and a hash that says what is in them."""
    for path in paths:
        prober.readable(path)
