"""Folders of shows: seasons, specials, and the shelves on which series stand."""

import re
from functools import lru_cache

from app.naming.service.episode_words import DOUBTFUL_SEASON_WORDS, SEASON_WORDS
from app.naming.service.folders import is_generic
from app.naming.service.numerals import ORDINAL_WORDS, han_number, number_word
from app.naming.service.wordlist import words

SPECIALS = words(
    "special specials ova ovas oad oads ona extra extras bonus sp s00 season0 sonderfolgen extrás "
    "speciale speciali spécial spéciaux spéciale spéciales especial especiales especiais specjalne "
    "specialer spesial spesialer specjalny особые спецвыпуски спецвыпуск спешлы спешл "
    "スペシャル 特典 特別編 特别篇 番外篇 番外編 番外 スペシャル 스페셜 특별편 specialavsnitt "
    "bonusmaterial szpeciális speciály speciální hors-série extraordinaires"
)
SPECIAL_PHRASES = frozenset(
    {
        "specials & extras", "ova & specials", "ovas & specials", "specials and extras",
        "hors série", "hors saison", "odcinki specjalne", "bonus features", "special features",
        "episodios especiales", "episódios especiais", "épisodes spéciaux", "episodi speciali",
    }
)  # fmt: skip
SHOW_SHELVES = words(
    "tv shows series serie serien tvshows tv-shows tvseries anime animes cartoons cartoon "
    "séries seriale seriály сериалы сериал 电视剧 剧集 动漫 番剧 ドラマ アニメ 드라마 애니 "
    "shared daily documentary docs kinder enfants dessins fernsehen television televisie "
    "televisione televisão telewizja serier tegneserier completed ongoing finished airing"
)
SHELF_PHRASES = frozenset({"tv shows", "tv series", "tv show", "anime series", "series tv"})
WORDS = SEASON_WORDS | DOUBTFUL_SEASON_WORDS | frozenset({"chapter", "arc", "year"})
NUMBER_FIRST = re.compile(
    r"^第?\s?([\d一二三四五六七八九十]{1,4})\s?"
    r"(?:st|nd|rd|th|ª|º|\.|°|er|ère|e|ème|-?й|-?я)?\s?"
    r"(season|saison|temporada|staffel|stagione|sezon|seizoen|säsong|sæson|sesong|kausi|évad|"
    r"sezona|série|řada|сезон|シーズン|シリーズ|시즌|기|季|期|部)(?!\w)",
    re.IGNORECASE,
)
WORD_FIRST = re.compile(
    r"^(?P<word>[^\W\d_]{1,12})[ ._-]{0,3}(?P<number>\d{1,4}|[^\W\d_]{1,12})(?![^\W_])"
    r"(?P<rest>.*)$",
    re.DOTALL,
)
LONGEST = 255


@lru_cache(maxsize=1024)
def plain_season(name: str) -> int | None:
    """The season of a folder that is called nothing else: "Season 1", "S01", "1. Staffel"."""
    text = name.strip()[:LONGEST].lower()
    if not text:
        return None
    bare = text.strip("[](){}【】 .")
    if bare in SPECIALS or bare in SPECIAL_PHRASES:
        return 0
    first = NUMBER_FIRST.match(bare)
    if first is not None:
        return int(first[1]) if first[1].isdecimal() else han_number(first[1])
    return _word_first(bare)


def _word_first(text: str) -> int | None:
    match = WORD_FIRST.match(text)
    if match is None:
        return _ordinal_first(text)
    word, number, rest = match["word"], match["number"], match["rest"]
    if number.isdecimal():
        if word in {"s", "t"}:
            glued = text[len(word)].isdecimal()
            return int(number) if glued and not _names_episode(rest) else None
        return int(number) if word in WORDS and not _names_episode(rest) else None
    value = number_word(number) if word in WORDS else None
    return value if value is not None else _ordinal_first(text)


def _ordinal_first(text: str) -> int | None:
    """Reads "Second Season"."""
    found = text.replace(".", " ").split()
    if len(found) < 2 or found[0] not in ORDINAL_WORDS or found[1] not in SEASON_WORDS:
        return None
    if len(found) > 2 and found[2][0] not in "([-":
        return None
    return number_word(found[0])


def _names_episode(rest: str) -> bool:
    """Behind the season stands an episode, or another season: no folder of one season."""
    following = rest.lstrip(" ._-[(")
    return bool(re.match(r"(?:e|ep|x|episode|folge)\s?\d", following)) or (
        rest[:1] in "-–" and following[:1].isdecimal()
    )


@lru_cache(maxsize=1024)
def is_shelf(name: str) -> bool:
    """Whether a folder holds series, or says nothing at all."""
    text = name.strip().lower()
    return text in SHOW_SHELVES or text in SHELF_PHRASES or is_generic(name)
