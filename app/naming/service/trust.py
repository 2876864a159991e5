"""How far a word before the boundary of a title can be taken for a release word."""

from enum import IntEnum

from app.naming.service.lexicon import Strength, Tag
from app.naming.service.marks import Mark
from app.naming.service.tokens import Token
from app.naming.service.wordlist import words

DOUBTFUL = words(
    "real new line max now red play stan extra extras bonus read proof retail complete rip raw "
    "custom theater usa uk eur hd sd hr ws fs int nfo new st sub subs audio aud dub vo ov tab "
    "ou original plus cam ts tc bd web vhs scr screener r5 wp ppv vod opus atmos lame ogg iso "
    "it ip hbo crave roku viki viu cr hs sho showtime starz amazon commentary comm om mic md ma "
    "ml dl dv dc se ce directors integral criterion unseen "
    "hybrid dual lek theater mvc synchro hc sdr pal atv nf limited festival proper upscale "
    "convert documentary 2160 1080 720 internal complete"
)
"""Also words of titles: trusted only when written in a release's capitals."""


class Boundary(IntEnum):
    """What ends the title."""

    NONE = 0
    YEAR = 1
    RELEASE = 2
    EPISODE = 3


BEFORE_YEAR = frozenset({Tag.EDITION, Tag.PROPER, Tag.NOTE, Tag.AUDIO_KIND, Tag.SERVICE, Tag.PART})
BEFORE_EPISODE = frozenset({Tag.AUDIO_KIND})
AT_THE_END = frozenset({Tag.EDITION, Tag.PROPER, Tag.PART, Tag.LANGUAGE})
ALL_TAGS = frozenset(Tag)
ALLOWED = {
    Boundary.YEAR: BEFORE_YEAR,
    Boundary.EPISODE: BEFORE_EPISODE,
    Boundary.NONE: AT_THE_END,
}
"""What can be stripped from the end of a title, by what follows it."""


def is_emphatic(text: str) -> bool:
    """Written as releases do: "LIMITED", "iNTERNAL", but not "Limited" or "limited"."""
    return not (text.islower() or text[1:].islower() or text.isdecimal())


def is_trusted(
    found: Mark, words: list[Token], boundary: Boundary, following: Mark | None, *, shouted: bool
) -> bool:
    """Whether a weak mark just before the boundary is a release word.

    `following` is the mark that starts there; `shouted` says that the title is in capitals, so
    that capitals prove nothing.
    """
    tag = found.tag
    if found.strength is Strength.STRONG or tag in {Tag.YEAR, Tag.SIZE}:
        return found.strength is Strength.STRONG
    emphatic = not shouted and all(is_emphatic(word.text) for word in words)
    if tag is Tag.LANGUAGE:
        return _is_language(found, words, boundary, following, emphatic=emphatic)
    if tag is Tag.PART:
        return _is_part(words, boundary)
    if _is_beyond_doubt(words, tag, boundary, following):
        return True
    if tag not in ALLOWED.get(boundary, ALL_TAGS):
        return False
    return len(words) > 1 or _is_sure(words[0], tag, boundary, following, emphatic=emphatic)


def _is_beyond_doubt(
    words: list[Token], tag: Tag, boundary: Boundary, following: Mark | None
) -> bool:
    """Reads "v2", and "Audio" before its language."""
    if tag is Tag.PROPER:
        return words[0].key[1:].isdecimal()
    spoken = following is not None and following.tag is Tag.LANGUAGE
    return spoken and tag is Tag.AUDIO_KIND and boundary is Boundary.RELEASE


def _is_sure(
    word: Token, tag: Tag, boundary: Boundary, following: Mark | None, *, emphatic: bool
) -> bool:
    if emphatic or (word.key not in DOUBTFUL and tag is Tag.EDITION):
        return True
    if word.key == "directors" and boundary is Boundary.YEAR:
        return True
    if boundary is not Boundary.RELEASE:
        return False
    followed = following is not None and following.tag in {Tag.VIDEO, Tag.RESOLUTION, Tag.AUDIO}
    if tag in {Tag.SOURCE, Tag.RESOLUTION}:
        return followed and following is not None and following.tag is not Tag.RESOLUTION
    return word.key not in DOUBTFUL


def _is_part(words: list[Token], boundary: Boundary) -> bool:
    """A "part2" or "pt 2" at the end is a stacked file; "Part 2 (1974)" belongs to a title."""
    if boundary is Boundary.YEAR:
        return False
    return len(words) == 1 or words[0].key == "pt" or words[1].text.isalpha()


def _is_language(
    found: Mark, words: list[Token], boundary: Boundary, following: Mark | None, *, emphatic: bool
) -> bool:
    if following is not None and following.tag is Tag.LANGUAGE and boundary is Boundary.RELEASE:
        return True
    if boundary is Boundary.NONE:
        return emphatic and "-" in words[0].gap
    if emphatic:
        return True
    named = found.strength is Strength.WEAK and len(words[0].key) > 3
    return boundary is Boundary.RELEASE and named
