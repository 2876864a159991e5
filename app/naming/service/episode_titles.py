"""Where the title of an episode stands: between its numbers and what speaks of the release."""

from app.naming.service.lexicon import Strength, Tag
from app.naming.service.marks import Mark
from app.naming.service.numbering import Numbering
from app.naming.service.outline import Outline
from app.naming.service.trust import is_emphatic

QUOTES = frozenset("「『")
AT_THE_END = frozenset({Tag.LANGUAGE, Tag.AUDIO_KIND, Tag.RESOLUTION, Tag.SOURCE, Tag.PROPER})


def episode_title(plan: Outline, numbers: Numbering | None) -> tuple[int, int]:
    """The words between the numbers and the first release word or bracket."""
    first = 0 if numbers is None else numbers.spans[-1][1]
    if numbers is None or numbers.pack or _is_released_before(plan, first):
        return 0, 0
    quoted = plan.name.group_of(first) if first < len(plan.tokens) else None
    if quoted is not None and quoted.kind in QUOTES and quoted.first == first:
        return first, quoted.last
    last = first
    while last < len(plan.tokens):
        found = plan.at[last]
        if plan.tokens[last].group >= 0:
            break
        if found is not None and found.strength is Strength.STRONG:
            break
        last += 1
    while last > first:
        found = plan.at[last - 1]
        if found is None or (last == len(plan.tokens) and not _ends_title(plan, found, first)):
            break
        last = found.first
    return first, max(first, last)


def _ends_title(plan: Outline, found: Mark, first: int) -> bool:
    """At the very end words of a release are known by capitals, or by standing together."""
    if found.tag is Tag.PART:
        return True
    if found.tag not in AT_THE_END:
        return False
    if found.first <= first:
        series = plan.tokens[plan.start : plan.end]
        spoken = found.tag is Tag.LANGUAGE and plan.tokens[first].text.isupper()
        return spoken and not all(token.text.isupper() for token in series)
    title = plan.tokens[first : found.first]
    words = plan.tokens[found.first : found.last]
    if len(words) > 1 and found.tag is Tag.SOURCE:
        return True
    before = plan.at[found.first - 1]
    if found.tag is Tag.LANGUAGE and before is not None and before.tag is Tag.AUDIO_KIND:
        return True
    shouted = all(token.text.isupper() for token in title)
    return not shouted and all(is_emphatic(word.text) for word in words)


def _is_released_before(plan: Outline, index: int) -> bool:
    """Release words stand before the numbers: what follows is no title."""
    return any(
        m.strength is Strength.STRONG
        and m.tag is not Tag.EPISODE
        and plan.start < m.first < index
        and plan.tokens[m.first].group < 0
        for m in plan.marks
    )
