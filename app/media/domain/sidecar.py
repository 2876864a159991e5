"""Subtitle files that lie beside a video, recognised by their names alone."""

import re
from pathlib import PurePosixPath

from msgspec import Struct

from app.media.domain.info import SubtitleFormat
from app.media.domain.languages import language_of_word
from app.media.domain.text import clean_text

TEXT_SUFFIXES = frozenset({"srt", "ass", "ssa", "vtt", "smi", "sami", "ttml", "dfxp", "mpl", "txt"})
BITMAP_SUFFIXES = frozenset({"sup", "idx", "sub"})
# Loose text files and the other half of an idx/sub pair are no subtitles by suffix alone.
_DOUBTFUL = frozenset({"txt"})

_FORCED = frozenset({"forced", "foreign"})
_HEARING = frozenset({"sdh", "cc", "hoh"})
_DEFAULT = frozenset({"default"})
_MARKS = _FORCED | _HEARING | _DEFAULT | {"hi"}
_UNDERSCORE_TAG = re.compile(r"(?<![A-Za-z0-9])([a-z]{2,3})_([A-Z]{2})(?![A-Za-z0-9])")
_FOLDERS = frozenset({"sub", "subs", "subtitle", "subtitles", "vobsubs", "untertitel"})
_SPLIT = re.compile(r"[.\s_,\[\](){}]+|(?<=\s)-(?=\s)")


class ExternalSubtitle(Struct, frozen=True, kw_only=True):
    """`suffix` is the format ("srt"); for an idx/sub pair both files give the same `stem`."""

    suffix: str
    format: SubtitleFormat
    language: str | None
    title: str | None
    default: bool
    forced: bool
    hearing_impaired: bool
    stem: str


def sidecar_of(video_name: str, other_name: str) -> ExternalSubtitle | None:
    """What `other_name` is to the video, or None when it is not its subtitle.

    Both are paths relative to the video's folder with "/" ("Movie.mkv", "Movie.en.forced.srt",
    "Subs/English.srt", "Subs/Movie/2_English.srt"). A file beside the video must begin with the
    video's name; one in a subtitle folder may carry the language alone. A `.sub` beside an `.idx`
    of the same stem is the pair's picture data: the caller keeps the `.idx` of an equal `stem`.
    """
    video, other = PurePosixPath(video_name), PurePosixPath(other_name)
    suffix = other.suffix[1:].lower()
    if suffix not in TEXT_SUFFIXES | BITMAP_SUFFIXES or len(other_name) > 1024:
        return None
    words = _own_words(video.stem, other)
    if words is None or (suffix in _DOUBTFUL and not any(map(language_of_word, words))):
        return None
    return _described(words, suffix, str(other.with_suffix("")))


def _own_words(video_stem: str, other: PurePosixPath) -> list[str] | None:
    """The words that a subtitle's name has beyond the video's; None when it belongs to another."""
    rest = _beyond(video_stem, other.stem)
    folders = [part.lower() for part in other.parts[:-1]]
    if not folders:
        return rest
    if folders[0] not in _FOLDERS or len(folders) > 2:
        return None
    if len(folders) == 2 and folders[1] != video_stem.lower():
        return None
    if rest is not None:
        return rest
    words = _words(other.stem)
    # "Subs/Another Film.en.srt" names a film of its own; "Subs/2_English.srt" names nothing else.
    plain = len(folders) == 2 or all(_is_mark(word) for word in words) or _language(words)[0]
    return words if plain and (len(folders) == 2 or _only_marks(words)) else None


def _beyond(video_stem: str, stem: str) -> list[str] | None:
    if not stem.lower().startswith(video_stem.lower()):
        return None
    rest = stem[len(video_stem) :]
    # "Movie 2.srt" beside "Movie.mkv" is a sequel's; "Movie.2.eng.srt" is our second track.
    if rest and rest[0] not in ".-_[(" and not rest.startswith((" -", " [", " (")):
        return None
    return _words(rest)


def _words(text: str) -> list[str]:
    words: list[str] = []
    for word in _SPLIT.split(_UNDERSCORE_TAG.sub(r"\1-\2", text)):
        # "en-forced" is two words, "pt-BR" is one.
        pieces = word.split("-") if _MARKS & {w.lower() for w in word.split("-")} else [word]
        words += [piece for piece in pieces if piece.strip("-")]
    return words


def _is_mark(word: str) -> bool:
    lowered = word.lower()
    return (
        word.isdigit()
        or lowered in _MARKS | {"full", "track"}
        or language_of_word(word) is not None
    )


def _only_marks(words: list[str]) -> bool:
    _, rest = _language(words)
    return all(_is_mark(word) for word in rest)


def _language(words: list[str]) -> tuple[str | None, list[str]]:
    """The language among the words and the words without it.

    Two words first ("Brazilian Portuguese", "English GB"), then one. "hi" is Hindi only where no
    other word is a language: release groups write "en.hi" for the hearing impaired.
    """
    for size in (3, 2):
        for at in range(len(words) - size + 1):
            found = language_of_word(" ".join(words[at : at + size]))
            if found:
                return found, words[:at] + words[at + size :]
    for hindi in (False, True):
        for at, word in enumerate(words):
            if (word.lower() == "hi") is hindi and (found := language_of_word(word)):
                return found, words[:at] + words[at + 1 :]
    return None, words


def _described(words: list[str], suffix: str, stem: str) -> ExternalSubtitle:
    language, rest = _language(words)
    marks = {word.lower() for word in rest}
    known = _FORCED | _HEARING | _DEFAULT
    if language:
        known |= {"hi"}
    title = " ".join(w for w in rest if w.lower() not in known and not w.isdigit())
    return ExternalSubtitle(
        suffix=suffix,
        format=SubtitleFormat.TEXT if suffix in TEXT_SUFFIXES else SubtitleFormat.BITMAP,
        language=language,
        title=clean_text(title),
        default=bool(marks & _DEFAULT),
        forced=bool(marks & _FORCED),
        hearing_impaired=bool(marks & (_HEARING | ({"hi"} if language else set()))),
        stem=stem,
    )
