"""Who made a release: after the last dash, in the last bracket, or in the first."""

from collections.abc import Callable, Iterable

from app.naming.service.lexicon import Strength, Tag
from app.naming.service.marks import HEX, Mark
from app.naming.service.outline import Outline
from app.naming.service.sites import is_site
from app.naming.service.tokens import SQUARE, Group, Token
from app.naming.service.trust import is_emphatic
from app.naming.service.wordlist import words

POSTING_SUFFIXES = words(
    "postbot xpost asrequested alternativetorequested gerov z0ids3n chamele0n 4p 4planet "
    "obfuscated obfuscation scrambled buymore whiterev nzbgeek rakuv rakuv02 rakuvus "
    "rakuvfinhel pre rp sample altezachen repackpost 1 obf bttr cgd etrge nzb z0ids3n proof nzbs "
    "requested reposted repost nuked newz usenet binsearch"
)
"""What posters of news servers append to a release's name."""

EXCERPTS = frozenset({"sample", "proof"})

TRACKERS = words(
    "rarbg eztv tgx rartv publichd ettv glodls ultrahd cttv eztvx torrentcounter tgxgoodies "
    "cr-bt ultimafrontiera deeptgx ethd vtv 1337x ipt iptorrents torrentleech tl btn ptp "
    "rutracker nyaa dmhy usenet nzb extratorrent tpb yts ytsmx galaxyrg torrentgalaxy limetorrents"
)
"""Indexes that append themselves in brackets; none of them makes releases."""

UNPROVING = frozenset({Tag.EPISODE, Tag.PART, Tag.HASH})
"""Strong words behind which a title may follow."""

QUOTES = frozenset("「『")
"""Titles of episodes stand in these."""
SIGNATURES = frozenset({"by", "от"})
MAX_WORDS = 3
LONGEST = 40


def release_group(plan: Outline) -> str | None:
    """The group as written, None when the name does not say."""
    last = _without_posting_suffix(plan)
    for find in (_after_dash, _signed, _first_bracket, _last_bracket, _last_word, _scene_prefix):
        group = find(plan, last)
        if group is not None:
            return group
    return None


def _without_posting_suffix(plan: Outline) -> int:
    tokens = plan.tokens
    last = len(tokens)
    while (
        last > plan.end + 1
        and tokens[last - 1].key in POSTING_SUFFIXES
        and (tokens[last - 1].gap == "-" or tokens[last - 1].key in EXCERPTS)
        and plan.at[last - 2] is None
    ):
        last -= 1
    return last


def _after_dash(plan: Outline, last: int) -> str | None:
    tokens, at = plan.tokens, plan.at
    for index in range(last - 1, plan.end, -1):
        gap = tokens[index].gap
        if "-" not in gap or (at[index] is not None and _continues(plan, index)):
            continue
        if not _follows_release(plan, index, spaced=gap != "-"):
            continue
        outer = _outer(plan, index)
        if outer is not None or tokens[index].group >= 0:
            return outer or _encoder(plan, index, last)
        return _text(plan, _with_initial(plan, index), last)
    return _bracketed_after_dash(plan)


def _outer(plan: Outline, index: int) -> str | None:
    """The bracket in "x265-Encoder[Group]", unless it names where the release was found."""
    last = len(plan.tokens) - 1
    if index + 1 != last or plan.at[last] is not None:
        return None
    text, word = plan.name.text, plan.tokens[last]
    if text[plan.tokens[index].end] not in SQUARE or text[word.end : word.end + 1] != "]":
        return None
    return None if word.key in TRACKERS or word.text.islower() else word.text


def _encoder(plan: Outline, index: int, last: int) -> str | None:
    """In "(… x265 - Encoder)[Group]" the group stands behind who encoded for it."""
    group = plan.name.groups[-1]
    if group.first > index and group.kind in SQUARE and group.last == len(plan.tokens):
        outer = _bracket_words(plan, group)
        if outer is not None:
            return outer
    text = _text(plan, _with_initial(plan, index), last)
    spaced = text is not None and plan.tokens[index].gap.endswith(" ")
    return text.rpartition(" ")[2] if text is not None and spaced else text


def _continues(plan: Outline, index: int) -> bool:
    """The word is release vocabulary: "-DL" of "WEB-DL", but a group may be called "-HiFi"."""
    found = plan.at[index]
    if found is None:
        return False
    if _begins_name(plan, index):
        return False
    final = index == len(plan.tokens) - 1 and found.strength is not Strength.STRONG
    return not (final and plan.tokens[index].gap == "-" and found.tag is not Tag.LANGUAGE)


def _begins_name(plan: Outline, index: int) -> bool:
    """A code is the first word of a name behind a dash, when only words follow: "-BEN WHO"."""
    found, behind = plan.at[index], range(index + 1, len(plan.tokens))
    if found is None or found.tag is not Tag.LANGUAGE or len(plan.tokens[index].key) > 3:
        return False
    named = plan.tokens[index].gap.endswith("-") and 0 < len(behind) < MAX_WORDS
    return named and all(plan.at[i] is None and plan.tokens[i].gap == " " for i in behind)


def _follows_release(plan: Outline, index: int, *, spaced: bool) -> bool:
    """A dash after a release word; a spaced one only after a strong one."""
    previous = plan.at[index - 1]
    token = plan.tokens[index]
    if token.group >= 0 and token.group != plan.tokens[index - 1].group:
        return False
    if previous is not None and previous.tag is Tag.YEAR:
        return not spaced and not token.text.isdecimal()
    proven = any(
        m.strength is Strength.STRONG and m.tag not in UNPROVING and m.first < index
        for m in plan.marks
    )
    return proven if previous is not None else proven and not spaced


def _with_initial(plan: Outline, index: int) -> int:
    """A group may have a dash of its own: "-A-B1CD3", ".-ABC-DE", "x264.One-Two"."""
    tokens = plan.tokens
    before = index - 1
    if before <= plan.end or plan.at[before] is not None or tokens[index].gap != "-":
        return index
    text, gap, proof = tokens[before].text, tokens[before].gap, plan.at[before - 1]
    if tokens[before].group != tokens[index].group or text.isdecimal():
        return index
    if len(text) == 1 and gap == ".":
        return before
    if proof is None or proof.tag in UNPROVING or proof.tag is Tag.LANGUAGE:
        return before if gap.endswith("-") and len(gap) > 1 else index
    joined = gap.endswith("-") or (gap in {".", "_"} and not text.islower())
    return before if joined else index


def _text(plan: Outline, first: int, last: int) -> str | None:
    """The words of a group up to the next release word or bracket, as the name has them."""
    tokens = plan.tokens
    end = first + 1
    while end < last and end - first < MAX_WORDS and _is_free(plan, end):
        if tokens[end].group != tokens[first].group or not set(tokens[end].gap) <= set("-.@ _&"):
            break
        end += 1
    text = plan.name.text[tokens[first].start : tokens[end - 1].end]
    following = plan.name.text[tokens[end - 1].end :]
    if following == "-" and end == len(tokens):
        text += "-"
    return text if len(text) <= LONGEST else None


def _is_free(plan: Outline, index: int) -> bool:
    """No release word; a two-letter code or a word glued on at the very end belongs to the name."""
    found = plan.at[index]
    if found is None or found.strength is Strength.CODE:
        return found is None or plan.tokens[index].gap in {"-", "."}
    glued = plan.tokens[index].gap == "-" and index == len(plan.tokens) - 1
    return glued and found.strength is Strength.WEAK and found.tag is not Tag.LANGUAGE


def _bracketed_after_dash(plan: Outline) -> str | None:
    """A group in brackets behind a dash: "x264-[GROUP]"."""
    for group in reversed(plan.name.groups):
        if group.first > plan.end and plan.name.text[: group.start].endswith("-"):
            words = _bracket_words(plan, group)
            if words is not None:
                return words
    return None


def _signed(plan: Outline, last: int) -> str | None:
    """Behind "by" among the release words, "от" in Russian."""
    for index in range(plan.end + 1, last - 1):
        if plan.tokens[index].key in SIGNATURES and plan.at[index + 1] is None:
            return _text(plan, index + 1, last)
    return None


def _last_bracket(plan: Outline, _: int) -> str | None:
    for group in reversed(plan.name.groups):
        if group.kind in QUOTES:
            continue
        if group.first < plan.end or (group.first == plan.end and plan.year is None):
            break
        if group.kind in SQUARE or _ends_name(plan, group):
            words = _bracket_words(plan, group)
            if words is not None:
                return words
    return None


def _ends_name(plan: Outline, group: Group) -> bool:
    return group.last == len(plan.tokens) and plan.boundary > 0


def _bracket_words(
    plan: Outline, group: Group, *, known: Callable[[Iterable[bool]], bool] = any
) -> str | None:
    """The text of a bracket that holds one word without a meaning of its own."""
    tokens = plan.tokens[group.first : group.last]
    if not tokens or known(_is_known(plan.at[i]) for i in range(group.first, group.last)):
        return None
    text = plan.name.text[group.start + 1 : tokens[-1].end]
    trailing = plan.name.text[tokens[-1].end : group.end - 1]
    text = (text + ("-" if trailing == "-" else "")).strip()
    if not any(c.isalpha() for c in text) or ":" in text:
        return None
    if (
        (" " in text and group.first)
        or len(text) > LONGEST
        or text.lower() in TRACKERS
        or _is_hash(tokens)
    ):
        return None
    if is_site([t.key for t in tokens]) and not text[:3].isupper():
        return None
    return text


def _is_known(found: Mark | None) -> bool:
    return found is not None and found.strength is not Strength.CODE


def _is_hash(tokens: list[Token]) -> bool:
    return len(tokens) == 1 and len(tokens[0].text) == 8 and HEX.issuperset(tokens[0].text.upper())


def _first_bracket(plan: Outline, _: int) -> str | None:
    """In front, as fans of anime write it: "[Group] Film"."""
    if not plan.name.groups:
        return None
    group = plan.name.groups[0]
    if group.first != 0 or group.start > 1 or plan.start < group.last or group.kind not in SQUARE:
        return None
    return _bracket_words(plan, group, known=all)


def _last_word(plan: Outline, last: int) -> str | None:
    """The last word behind codecs, when it is written like a name: "x264.YIFY", "(… AAC Joy)"."""
    index = last - 1
    if index <= plan.end or plan.at[index] is not None:
        return None
    token = plan.tokens[index]
    text = token.text
    if text.isdecimal() or len(text) < 2 or not any(m.first < index for m in _proofs(plan)):
        return None
    if token.group >= 0:
        proven = any(plan.tokens[m.first].group == token.group for m in _proofs(plan))
        return text if proven else None
    if token.gap.strip(" )]") == "" and plan.tokens[index - 1].group >= 0:
        return text
    return text if _is_signature(plan, index) else None


def _is_signature(plan: Outline, index: int) -> bool:
    """In the open: behind a space it may be any word, unless it has "cApitals" of its own."""
    token, before = plan.tokens[index], plan.tokens[index - 1]
    if token.gap == " ":
        named = is_emphatic(token.text) and not token.text.isupper()
        return named and plan.at[index - 1] is not None
    if token.gap not in {".", "_", "~"}:
        return False
    if plan.at[index - 1] is not None:
        closed = plan.name.text[token.end : token.end + 1] == ")"
        return closed or is_emphatic(token.text)
    encoded = index - 2 > plan.end and plan.at[index - 2] is not None
    return encoded and token.gap == before.gap and is_emphatic(token.text)


def _proofs(plan: Outline) -> list[Mark]:
    return [
        m
        for m in plan.marks
        if m.strength is Strength.STRONG and m.tag not in UNPROVING and m.last > plan.end
    ]


def _scene_prefix(plan: Outline, _: int) -> str | None:
    """What the outline left out in front: "grp-the.film.2010.720p"."""
    first = plan.tokens[0]
    return first.text if plan.start == 1 and first.group < 0 and plan.at[0] is None else None
