"""The canonical file name of an episode: what it renders reads back as the same."""

from collections.abc import Iterator

from msgspec.structs import replace

from app.naming.domain import EpisodeName, Release
from app.naming.service.countries import spoken
from app.naming.service.episodes import parse_episode
from app.naming.service.render import brackets, settled


def render_episode(name: EpisodeName) -> str:
    """File name without extension; "" without a title and without numbers.

    An episode's title that reads as numbers or as a group is left out.
    """
    text = ""
    for form in (name, *_shorter(name)):
        text, stays = settled(_rendered(form), lambda text: _rendered(parse_episode(text)))
        if stays:
            break
    return text


def _shorter(name: EpisodeName) -> Iterator[EpisodeName]:
    yield replace(name, episode_title=None)
    yield replace(name, episode_title=None, release=Release())
    yield EpisodeName(title=name.title, season=name.season, episodes=name.episodes)
    yield EpisodeName(title=None, season=name.season, episodes=name.episodes)


def _rendered(name: EpisodeName) -> str:
    words = [name.title.replace("/", " ").strip()] if name.title else []
    if words and name.country is not None:
        words.append(f"({spoken(name.country)})")
    if words and name.year is not None:
        words.append(f"({name.year})")
    numbers = _numbers(name)
    if numbers:
        words.extend(("-", numbers) if words else (numbers,))
    if name.episode_title and numbers:
        words += ["-", name.episode_title.replace("/", " ").strip()]
    if name.edition:
        words.append(f"{{edition-{name.edition}}}")
    words.extend(f"{{{i.source}-{i.value}}}" for i in name.ids)
    if name.part is not None:
        words.append(f"cd{name.part}")
    words.extend(brackets(name.release, name.three_d))
    text = " ".join(words)
    return f"{text}-{name.release.release_group}" if name.release.release_group else text


def _numbers(name: EpisodeName) -> str:
    words = []
    if name.air_date is not None:
        words.append(name.air_date.isoformat())
    if name.season is not None and name.episodes:
        words.append(f"S{name.season:02}{_joined(name.episodes, 'E')}")
    elif name.episodes:
        words.append(_joined(name.episodes, "E"))
    elif name.seasons:
        words.append(f"S{name.seasons[0]:02}-S{name.seasons[-1]:02}")
    elif name.season is not None:
        words.append(f"S{name.season:02}")
    if name.absolute:
        words.append(_joined(name.absolute, ""))
    if name.is_special and not name.episodes and not name.absolute:
        words.append("OVA")
    if name.is_season_pack and name.season is None:
        words.append("Complete Series")
    return " - ".join(words)


def _joined(numbers: tuple[int, ...], sign: str) -> str:
    """A range when they follow each other, a list of them otherwise."""
    first, last = numbers[0], numbers[-1]
    if len(numbers) == 1:
        return f"{sign}{first:02}"
    if numbers == tuple(range(first, last + 1)):
        return f"{sign}{first:02}-{sign}{last:02}"
    return "+".join(f"{sign}{number:02}" for number in numbers)
