"""Words to meanings: every word or phrase of a name that the vocabulary knows gets a mark."""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from app.naming.domain import Hdr, Source
from app.naming.service.languages import AFFIX_CODES, AFFIXES
from app.naming.service.lexicon import LEXICON, PHRASE_LENGTHS, Entry, Strength, Tag
from app.naming.service.technical import Origin
from app.naming.service.tokens import Name, Token
from app.naming.service.wordlist import words
from app.naming.service.years import is_year

RESOLUTION_HEIGHTS = frozenset({240, 360, 480, 540, 576, 720, 900, 960, 1080, 1440, 2160, 4320})
BARE_HEIGHTS = frozenset({720, 1080, 2160})


class Mark(NamedTuple):
    """What the tokens from `first` up to but not including `last` mean."""

    tag: Tag
    value: Any
    strength: Strength
    first: int
    last: int


NUMERIC = re.compile(
    r"(?P<height>\d{3,4})[pi](?:\d{2})?(?P<hevc>x26[45])?$"
    r"|(?P<size>\d{3,4}[x×]\d{3,4})p?$"
    r"|(?P<depth>8|10|12)bits?$"
    r"|(?P<sound>dd|ddp|dda|ddpa|eac3|ac3|aac|flac|dts|truehd|opus|pcm|lpcm|mp3|atmos|ma|hra|ddex)"
    r"(?P<channels>[1-9])(?P<tail>ch)?$"
    r"|(?P<ch>[1-9])ch$"
    r"|(?P<prefix>bluray|bdremux|bdrip|bd|webdl|webrip|web|hdtv|dvd|remux|uhdremux|brrip|dvdrip|tc"
    r"|ts|cam|hdrip|uhdbdrip)(?P<suffix>480|540|576|720|1080|2160)[pi]$"
    r"|s(?P<season>\d{1,4})(?:e(?P<episode>\d{1,4}))?(?:e\d+)*$"
    r"|(?P<cross>\d{1,2}x\d{2,3})$"
    r"|(?P<weight>\d+(?:[kmg]b|[kmg]ib|kbps|mbps|fps|khz|hz))$"
    r"|(?:cd|dis[ck])(?P<cd>\d{1,2})(?:of\d{1,2})?$"
    r"|(?P<pt>pt|part|dvd|teil|parte|partie|часть|część)(?P<number>\d{1,2})$"
    r"|(?P<cds>\d)cds?$"
    r"|(?P<times>\d)x(?P<language>[a-z]{3})$"
    r"|(?P<version>v[0-9])$"
    r"|(?P<old>19\d\d|20\d\d)г$"
)

SEASON_WORDS = words("season saison temporada stagione staffel sezon")
DISC_WORDS = frozenset({"cd", "disc", "disk"})
PART_WORDS = words("pt part dvd teil parte partie часть część")
COUNTED_WORDS = SEASON_WORDS | DISC_WORDS | PART_WORDS
CENTURIES = frozenset({"18", "19", "20"})
DAYS = 366
LETTER_PARTS = {"a": 1, "b": 2, "c": 3, "d": 4}
JOINTS = frozenset(["", *".-_+/'’`&* "])
"""What may stand between the words of a phrase."""
HEX = frozenset("0123456789ABCDEF")


def mark(name: Name) -> list[Mark]:
    """The marks of a name in order; they never overlap."""
    tokens = name.tokens
    marks: list[Mark] = []
    index, count = 0, len(tokens)
    while index < count:
        key = tokens[index].key
        found = None
        if key in PHRASE_LENGTHS:
            found = _phrase(tokens, index, PHRASE_LENGTHS[key])
        if found is None:
            if key in LEXICON:
                found = _word(tokens, index, LEXICON[key])
            elif key.isalpha():
                found = _lettered(tokens, index)
            else:
                found = _numeric(tokens, index)
        if found is None:
            index += 1
        else:
            marks.append(found)
            index = found.last
    return marks


def _lettered(tokens: list[Token], index: int) -> Mark | None:
    """An unknown word of letters alone."""
    token = tokens[index]
    key = token.key
    if key in COUNTED_WORDS:
        if key in SEASON_WORDS:
            return _spaced_season(tokens, index)
        return _spaced_part(tokens, index)
    if len(key) == 8 and (found := _crc(token, index)) is not None:
        return found
    return _affixed(key, index) if len(key) > 4 else None


def _phrase(tokens: list[Token], index: int, lengths: tuple[int, ...]) -> Mark | None:
    longest = lengths[0]
    first = tokens[index]
    words = [first.key]
    for following in tokens[index + 1 : index + longest]:
        if following.gap not in JOINTS or following.group != first.group:
            break
        words.append(following.key)
    for length in lengths:
        if length <= len(words):
            entry = LEXICON.get(" ".join(words[:length]))
            if entry is not None:
                return _mark(entry, index, index + length)
    return None


def _mark(entry: Entry, first: int, last: int) -> Mark:
    return Mark(entry.tag, entry.value, entry.strength, first, last)


def _word(tokens: list[Token], index: int, entry: Entry) -> Mark:
    """A known word; signs and numbers after it may say more."""
    last = index + 1
    if last < len(tokens):
        gap = tokens[last].gap
        if entry.tag is Tag.AUDIO and entry.value == "ac3" and gap[:1] == "+":
            entry = Entry(Tag.AUDIO, "eac3", entry.strength)
        elif entry.value is Hdr.HDR10 and gap[:1] == "+":
            entry = Entry(Tag.HDR, Hdr.HDR10_PLUS, entry.strength)
    return _mark(entry, index, last)


def _numeric(tokens: list[Token], index: int) -> Mark | None:
    token = tokens[index]
    key = token.key
    if len(key) == 1 and (channels := _channels(tokens, index)) is not None:
        return channels
    if key.isdecimal():
        if len(key) == 4 and key[:2] in CENTURIES:
            return _year(int(key), tokens, index)
        return _crc(token, index) or _spaced_number(tokens, index)
    match = NUMERIC.match(key)
    if match is None:
        if len(key) == 8 or len(key) < 6:
            return _crc(token, index) or _spaced_number(tokens, index)
        return _affixed(key, index)
    kind = match.lastgroup or ""
    reader = READERS.get(kind)
    return reader(match, tokens, index) if reader is not None else None


def _channels(tokens: list[Token], index: int) -> Mark | None:
    """Reads "5.1", which is two words."""
    if index + 1 == len(tokens):
        return None
    following = tokens[index + 1]
    if following.key not in {"0", "1", "2", "1ch", "0ch"} or following.gap not in {".", " ", "_"}:
        return None
    value = f"{tokens[index].key}.{following.key[0]}"
    return Mark(Tag.CHANNELS, value, Strength.WEAK, index, index + 2)


def _spaced_number(tokens: list[Token], index: int) -> Mark | None:
    """Reads "10 bit", "30 fps" and heights that lost their "p"."""
    key = tokens[index].key
    following = tokens[index + 1].key if index + 1 < len(tokens) else ""
    if following in {"bit", "bits"} and key in {"8", "10", "12", "24"}:
        return Mark(Tag.DEPTH, int(key), Strength.STRONG, index, index + 2)
    near = following and tokens[index + 1].gap in JOINTS
    if near and following in {"fps", "kbps", "mbps", "mb", "gb"} and key.isdecimal():
        return Mark(Tag.SIZE, None, Strength.STRONG, index, index + 2)
    if key.isdecimal() and len(key) <= 4 and int(key) in BARE_HEIGHTS:
        return Mark(Tag.RESOLUTION, int(key), Strength.WEAK, index, index + 1)
    return None


def _crc(token: Token, index: int) -> Mark | None:
    if len(token.text) == 8 and token.group >= 0 and HEX.issuperset(token.text.upper()):
        return Mark(Tag.HASH, token.text.upper(), Strength.STRONG, index, index + 1)
    return None


def _affixed(key: str, index: int) -> Mark | None:
    """A language with "sub", "dub" or "audio" glued to it."""
    if "ub" not in key and "audio" not in key:
        return None
    for affix, subtitles in AFFIXES:
        if key.endswith(affix):
            rest = key[: -len(affix)]
        elif key.startswith(affix):
            rest = key[len(affix) :]
        else:
            continue
        code = AFFIX_CODES.get(rest)
        if code is None and (entry := LEXICON.get(rest)) is not None and entry.tag is Tag.LANGUAGE:
            code = entry.value
        if code is not None:
            value = f"{code}-sub" if subtitles else code
            return Mark(Tag.AUDIO_KIND, value, Strength.STRONG, index, index + 1)
    return None


def _spaced_part(tokens: list[Token], index: int) -> Mark | None:
    """Reads "CD 1" and "part b", which are two words."""
    if index + 1 == len(tokens):
        return None
    following = tokens[index + 1]
    number = LETTER_PARTS.get(following.key)
    if number is None and following.key.isdecimal() and len(following.key) <= 2:
        number = int(following.key)
    if number is None or following.gap not in JOINTS:
        return None
    strength = Strength.STRONG if tokens[index].key in DISC_WORDS else Strength.WEAK
    return Mark(Tag.PART, number, strength, index, index + 2)


def _spaced_season(tokens: list[Token], index: int) -> Mark | None:
    """Reads "Season 2": the name is one of a show."""
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    if following is None or not following.key.isdecimal() or len(following.key) > 2:
        return None
    return Mark(Tag.EPISODE, None, Strength.STRONG, index, index + 2)


Reader = Callable[[re.Match[str], list[Token], int], Mark | None]


def _read_year(match: re.Match[str], tokens: list[Token], index: int) -> Mark | None:
    return _year(int(match["old"]), tokens, index)


def _year(year: int, tokens: list[Token], index: int) -> Mark | None:
    if not is_year(year, bracketed=tokens[index].group >= 0):
        return None
    following = tokens[index + 1].key if index + 1 < len(tokens) else ""
    if following in {"kbps", "mb", "mbps", "gb", "kb"}:
        return Mark(Tag.SIZE, None, Strength.STRONG, index, index + 2)
    return Mark(Tag.YEAR, year, Strength.WEAK, index, index + 1)


def _read_height(match: re.Match[str], _: list[Token], index: int) -> Mark | None:
    height = int(match["height"])
    if height not in RESOLUTION_HEIGHTS:
        height = nearest_height(height)
    return Mark(Tag.RESOLUTION, height, Strength.STRONG, index, index + 1)


def _read_size(match: re.Match[str], _: list[Token], index: int) -> Mark | None:
    width, height = match["size"].replace("×", "x").split("x")
    if is_year(int(width)) and int(height) <= DAYS:
        return None  # an episode of a year: "2016x231"
    by_width = {3840: 2160, 4096: 2160, 1920: 1080, 1280: 720}.get(int(width))
    value = by_width or nearest_height(int(height))
    return Mark(Tag.RESOLUTION, value, Strength.STRONG, index, index + 1)


def nearest_height(height: int) -> int:
    """The standard height whose frame holds a picture that was cropped at top and bottom."""
    for standard in (480, 576, 720, 1080, 1440, 2160):
        if height <= standard:
            return standard
    return 4320


def _read_depth(match: re.Match[str], _: list[Token], index: int) -> Mark | None:
    return Mark(Tag.DEPTH, int(match["depth"]), Strength.STRONG, index, index + 1)


def _read_sound(match: re.Match[str], tokens: list[Token], index: int) -> Mark | None:
    """Reads "DDP5" of "DDP5.1": the second half is the word after it."""
    word = match["sound"]
    entry = LEXICON.get(word) or LEXICON["ddp"]
    codec = entry.value if entry.tag is Tag.AUDIO else None
    last = index + 1
    tail = ""
    if last < len(tokens) and tokens[last].key[:1] in {"0", "1", "2"}:
        following = tokens[last]
        if len(following.key) == 1 or following.key[1:].startswith(("x", "ch", "k")):
            tail = following.key[0]
            last += 1
    channels = f"{match['channels']}.{tail}" if tail else None
    strength = Strength.STRONG if entry.strength is Strength.STRONG or tail else Strength.WEAK
    return Mark(Tag.AUDIO, (codec, channels), strength, index, last)


def _read_ch(match: re.Match[str], _: list[Token], index: int) -> Mark | None:
    value = {"6": "5.1", "8": "7.1", "2": "2.0", "1": "1.0"}.get(match["ch"])
    return Mark(Tag.CHANNELS, value, Strength.STRONG, index, index + 1)


def _read_prefixed(match: re.Match[str], _: list[Token], index: int) -> Mark | None:
    """Reads "WEBDL1080p": source and height in one word."""
    entry = LEXICON[match["prefix"]]
    origin = entry.value if entry.tag is Tag.SOURCE else Origin(Source.BLURAY, entry.value)
    value = origin._replace(resolution=int(match["suffix"]))
    return Mark(Tag.SOURCE, value, Strength.STRONG, index, index + 1)


def _read_episode(_: re.Match[str], tokens: list[Token], index: int) -> Mark | None:
    key = tokens[index].key
    sure = len(key) > 2 or "x" in key
    strength = Strength.STRONG if sure else Strength.WEAK
    return Mark(Tag.EPISODE, None, strength, index, index + 1)


def _read_weight(_: re.Match[str], __: list[Token], index: int) -> Mark | None:
    return Mark(Tag.SIZE, None, Strength.STRONG, index, index + 1)


def _read_cd(match: re.Match[str], _: list[Token], index: int) -> Mark | None:
    return Mark(Tag.PART, int(match["cd"]), Strength.STRONG, index, index + 1)


def _read_part(match: re.Match[str], _: list[Token], index: int) -> Mark | None:
    return Mark(Tag.PART, int(match["number"]), Strength.WEAK, index, index + 1)


def _read_cds(_: re.Match[str], __: list[Token], index: int) -> Mark | None:
    return Mark(Tag.NOTE, "container", Strength.STRONG, index, index + 1)


def _read_counted_language(match: re.Match[str], _: list[Token], index: int) -> Mark | None:
    entry = LEXICON.get(match["language"])
    if entry is None or entry.tag is not Tag.LANGUAGE:
        return None
    return Mark(Tag.LANGUAGE, entry.value, Strength.WEAK, index, index + 1)


def _read_version(match: re.Match[str], _: list[Token], index: int) -> Mark | None:
    proper = max(int(match["version"][1]) - 1, 0)
    return Mark(Tag.PROPER, proper, Strength.WEAK, index, index + 1)


READERS: dict[str, Reader] = {
    "old": _read_year,
    "height": _read_height,
    "hevc": _read_height,
    "size": _read_size,
    "depth": _read_depth,
    "channels": _read_sound,
    "tail": _read_sound,
    "ch": _read_ch,
    "suffix": _read_prefixed,
    "season": _read_episode,
    "episode": _read_episode,
    "cross": _read_episode,
    "weight": _read_weight,
    "cd": _read_cd,
    "number": _read_part,
    "cds": _read_cds,
    "language": _read_counted_language,
    "version": _read_version,
}
"""Last named group of NUMERIC that matched -> how to read it."""
