"""Titles of AniDB, by language and by what they are for."""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from app.metadata.domain import Text
from app.metadata.providers import anime
from app.metadata.providers import reading as read

MAIN, SYNONYM, SHORT, OFFICIAL = 1, 2, 3, 4
TYPES: Final = {"main": MAIN, "synonym": SYNONYM, "short": SHORT, "official": OFFICIAL}
ENGLISH: Final = "en"
# Its own tags for languages in Latin letters.
ROMANISED: Final = {"x-jat": "ja", "x-kot": "ko", "x-zht": "zh", "x-tht": "th"}


class Title(Struct, frozen=True, gc=False):
    """A title; `kind` as the dump of titles numbers them, `language` as AniDB writes it."""

    kind: int
    language: str
    text: str

    @property
    def tag(self) -> str | None:
        """Its language as everybody else writes it."""
        base = ROMANISED.get(self.language)
        return anime.romanised(base) if base else read.language(self.language)


def shown(titles: Sequence[Title], language: str = ENGLISH) -> str | None:
    """The official title in a language, or the main one."""
    base = language.partition("-")[0]
    tags = (language, base)
    for tag in tags:
        for title in titles:
            if title.kind == OFFICIAL and title.tag == tag:
                return title.text
    return _main(titles)


def origin(titles: Iterable[Title]) -> str | None:
    """The language that it was made in, by its main title."""
    tags = [title.language for title in titles if title.kind == MAIN]
    return ROMANISED.get(tags[0]) or read.language(tags[0]) if tags else None


def original(titles: Sequence[Title]) -> str | None:
    """Its title in that language."""
    language = origin(titles)
    own = (t.text for t in titles if t.kind == OFFICIAL and _bare(t.language) == language)
    return next(own, None) or _main(titles)


def others(titles: Iterable[Title], title: str | None) -> tuple[str, ...]:
    """All that are not the one."""
    ranked = sorted(titles, key=lambda one: (MAIN, OFFICIAL, SYNONYM, SHORT).index(one.kind))
    return read.others((one.text for one in ranked), title)


def texts(
    titles: Iterable[Title], overview: str | None, languages: Sequence[str]
) -> tuple[Text, ...]:
    """The main and the official ones; what is told of it is English."""
    by_tag: dict[str, str] = {}
    for title in titles:
        if title.kind in (MAIN, OFFICIAL) and title.tag is not None:
            by_tag.setdefault(title.tag, title.text)
    found = (
        Text(language=tag, title=name, overview=overview if tag == ENGLISH else None)
        for tag, name in by_tag.items()
    )
    return read.spoken(found, languages)


def _main(titles: Sequence[Title]) -> str | None:
    main = (title.text for title in titles if title.kind == MAIN)
    return next(main, None) or (titles[0].text if titles else None)


def _bare(language: str) -> str:
    return language.partition("-")[0]
