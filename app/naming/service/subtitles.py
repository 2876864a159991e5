"""Names of subtitle files: language, kind of text, and the video to which they belong."""

import re
from pathlib import PurePosixPath

from app.core.languages import language_of_word
from app.naming.domain import SubtitleName
from app.naming.service.extensions import is_subtitle, split_extension
from app.naming.service.lexicon import LEXICON, Tag
from app.naming.service.wordlist import words

SUBTITLE_FOLDERS = words("sub subs subtitle subtitles vobsubs untertitel")
"""Folders for subtitles below a film's."""

MAX_PATH = 1024
MAX_NAME = 512
LAST_WORDS = 6
LONGEST_PHRASE = 3
FORCED = frozenset({"forced", "foreign"})
HEARING_IMPAIRED = frozenset({"sdh", "cc", "hoh"})
DEFAULT = frozenset({"default"})
MARKS = FORCED | HEARING_IMPAIRED | DEFAULT
FILLERS = frozenset({"full", "track"})
HINDI_OR_HEARING = "hi"
"""Hindi where no other word is a language: releases write "en.hi" for the hearing impaired."""

UNDERSCORE_TAG = re.compile(r"(?<![A-Za-z0-9])([a-z]{2,3})_([A-Z]{2})(?![A-Za-z0-9])")
SEPARATORS = re.compile(r"[.\s_,\[\](){}]+|(?<=\s)-(?=\s)")


def parse_subtitle(path: str) -> SubtitleName:
    """Read "Film (2010).en.forced.srt" without knowing the film: the known words at the end of the
    name, as `parse_sidecar` reads them. Never raises.
    """
    stem, _ = split_extension(path.rpartition("/")[2][-MAX_NAME:])
    found = _split(stem)
    first = len(found)
    while first > 1 and len(found) - first < LAST_WORDS:
        known = _known_at_the_end(found[1:first])
        if known == 0 or (known > 1 and _language(found[first:])[0]):
            break
        first -= known
    return _describe(found[first:])


def parse_sidecar(video_name: str, other_name: str) -> SubtitleName | None:
    """What `other_name` is to the video, or None when it is not its subtitle.

    Both are paths relative to the video's folder with "/" ("Movie.mkv", "Movie.en.forced.srt",
    "Subs/English.srt", "Subs/Movie/2_English.srt"). A file beside the video must begin with the
    video's name; one in a subtitle folder may carry the language alone.
    """
    if len(other_name) > MAX_PATH or not is_subtitle(other_name.rpartition("/")[2]):
        return None
    own = _own_words(PurePosixPath(video_name).stem, PurePosixPath(other_name))
    return None if own is None else _describe(own)


def _own_words(video_stem: str, other: PurePosixPath) -> list[str] | None:
    """The words that a subtitle's name has beyond the video's; None when it belongs to another."""
    rest = _beyond(video_stem, other.stem)
    folders = [part.lower() for part in other.parts[:-1]]
    if not folders:
        return rest
    if folders[0] not in SUBTITLE_FOLDERS or len(folders) > 2:
        return None
    if len(folders) == 2 and folders[1] != video_stem.lower():
        return None
    if rest is not None:
        return rest
    found = _split(other.stem)
    # "Subs/Another Film.en.srt" names a film of its own; "Subs/2_English.srt" names nothing else.
    return found if len(folders) == 2 or all(map(_is_mark, _language(found)[1])) else None


def _beyond(video_stem: str, stem: str) -> list[str] | None:
    if not stem.lower().startswith(video_stem.lower()):
        return None
    rest = stem[len(video_stem) :]
    # "Movie 2.srt" beside "Movie.mkv" is a sequel's; "Movie.2.eng.srt" is our second track.
    if rest and rest[0] not in ".-_[(" and not rest.startswith((" -", " [", " (")):
        return None
    return _split(rest)


def _split(text: str) -> list[str]:
    found: list[str] = []
    for word in SEPARATORS.split(UNDERSCORE_TAG.sub(r"\1-\2", text)):
        found += _pieces(word.strip("-"))
    return found


def _pieces(word: str) -> list[str]:
    """Parts "en-forced" and "Film-eng"; "pt-BR" is one word, and so is "Spider-Man"."""
    found: list[str] = []
    while "-" in word and not language_of_word(word):
        head, _, tail = word.rpartition("-")
        if not _is_mark(tail) and MARKS.isdisjoint(word.lower().split("-")):
            break
        found.append(tail)
        word = head.rstrip("-")
    return [word, *reversed(found)] if word else found


def _is_mark(word: str) -> bool:
    lowered = word.lower()
    return word.isdigit() or lowered in MARKS | FILLERS or _language_of(word) is not None


def _known_at_the_end(found: list[str]) -> int:
    """How many words the mark or language at the end has; 0 when the last word is neither."""
    for size in range(min(LONGEST_PHRASE, len(found)), 1, -1):
        if _language_of(" ".join(found[-size:])):
            return size
    return 1 if found and _is_mark(found[-1]) else 0


def _language_of(word: str) -> str | None:
    """A code or English name, or what releases write for it ("deutsch", "简中", "cz")."""
    known = language_of_word(word)
    if known is not None:
        return known
    entry = LEXICON.get(word.lower())
    return str(entry.value) if entry is not None and entry.tag is Tag.LANGUAGE else None


def _language(found: list[str]) -> tuple[str | None, list[str]]:
    """The language among the words and the words without it: longer phrases first, Hindi last."""
    for size in range(LONGEST_PHRASE, 1, -1):
        for at in range(len(found) - size + 1):
            language = _language_of(" ".join(found[at : at + size]))
            if language:
                return language, found[:at] + found[at + size :]
    for hindi in (False, True):
        for at, word in enumerate(found):
            if (word.lower() == HINDI_OR_HEARING) is hindi and (language := _language_of(word)):
                return language, found[:at] + found[at + 1 :]
    return None, found


def _describe(found: list[str]) -> SubtitleName:
    language, rest = _language(found)
    hearing = HEARING_IMPAIRED | {HINDI_OR_HEARING} if language else HEARING_IMPAIRED
    marks = {word.lower() for word in rest}
    known = FORCED | DEFAULT | hearing
    title = " ".join(w for w in rest if w.lower() not in known and not w.isdigit())
    return SubtitleName(
        language=language,
        title=title or None,
        default=bool(marks & DEFAULT),
        forced=bool(marks & FORCED),
        hearing_impaired=bool(marks & hearing),
    )
