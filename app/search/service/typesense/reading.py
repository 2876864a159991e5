"""How a query is read for the server: as it stands, with words that may have been meant, as the
server itself forgives typos, and at last with one word left out.

The server knows no "or": what may be meant is several texts, each without the words of those
before it. So nothing is found by two of them, and what they find adds up.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import product
from typing import Final

from msgspec import Struct, structs

from app.search.domain import Word, Words, is_unspaced
from app.search.repository.questions import Known

MOST_TEXTS: Final = 14  # ways to write a query that are asked for at once
MOST_CHOICES: Final = (0, 6, 6, 2, 1)  # corrections of each of so many words
MOST_STRANGE: Final = 8  # words of which some are corrected
MOST_LEFT_OUT: Final = 6  # words, one of which may be lacking


class Text(Struct, frozen=True):
    """A query as the server is asked it. `words` are as they are meant; the last one may go on
    where it is `open`. The one at `place` 0 is as it was written, and likelier than any other.
    """

    q: str
    words: Words
    open: bool = False
    place: int = 0

    @property
    def suggestion(self) -> str | None:
        """What was meant, where that is not what was written."""
        return None if not self.place else " ".join(word.text for word in self.words.words)


class Reading(Struct, frozen=True, kw_only=True):
    """Texts that find what belongs to one answer, the likeliest first. One that is not `whole`
    lacks words; in a `loose` one the server may correct.
    """

    texts: tuple[Text, ...]
    whole: bool = True
    loose: bool = False

    @property
    def titles(self) -> Sequence[Text]:
        """What titles may begin with: what was written, and what was most likely meant."""
        return self.texts[:2] if self.whole else ()


def readings(words: Words, known: Known) -> Iterator[Reading]:
    """The next one is for when nothing is found by those before."""
    quoted = {word for phrase in words.phrases for word in phrase}
    each = {word.text: word for word in words.words}  # a word may be there twice, once unfinished
    needed = [word for word in each.values() if not word.needless and word.forms not in quoted]
    strange = {
        word: found for word in needed if not known.has(word) and (found := known.corrections(word))
    }
    yield _reading(words, needed, strange, _of_all(strange, needed))
    if words.phrases:  # what is quoted is meant as it is
        return
    corrected = {word: found for word in needed if (found := known.corrections(word))}
    if corrected != strange:
        yield _reading(words, needed, corrected, _of_one(strange, corrected, needed))
    as_is = Text(text_of(words), words, is_open(words))
    yield Reading(texts=(as_is,), whole=False, loose=True)
    if (less := _all_but_one(words, strange)) is not None:
        yield less


Corrections = Mapping[Word, Sequence[str]]
Places = tuple[int, ...]
"""Which choice is made for each word: 0 is the word itself, and then its corrections follow."""


def _of_all(strange: Corrections, needed: list[Word]) -> list[Places]:
    """As it was written, then with corrections of every word that nothing has."""
    most = MOST_CHOICES[min(len(strange), len(MOST_CHOICES) - 1)]
    every = product(*(range(min(len(strange.get(w, ())), most) + 1) for w in needed[:MOST_STRANGE]))
    rest = (0,) * (len(needed) - MOST_STRANGE)
    ways = (places + rest for places in every)
    return sorted(ways, key=lambda places: (_changes(places, strange, needed), sum(places)))


def _changes(places: Places, strange: Corrections, needed: list[Word]) -> int:
    """How many strange words stay as they are, unless it is all of them."""
    kept = sum(not place and word in strange for place, word in zip(places, needed, strict=True))
    return kept if any(places) else -1


def _of_one(strange: Corrections, corrected: Corrections, needed: list[Word]) -> list[Places]:
    """With corrections of one word after the other that is another title's, besides the others'."""
    usual = [int(word in strange) for word in needed]
    known = [at for at, word in enumerate(needed) if word in corrected and word not in strange]
    most = max((len(corrected[needed[at]]) for at in known), default=0)
    return [
        tuple(place if n == at else one for n, one in enumerate(usual))
        for place in range(1, most + 1)
        for at in known
        if place <= len(corrected[needed[at]])
    ]


def _reading(
    words: Words, needed: list[Word], corrected: Corrections, ways: Sequence[Places]
) -> Reading:
    choices = [(word.text, *corrected.get(word, ())) for word in needed]
    texts = (_text(words, needed, choices, places) for places in ways[:MOST_TEXTS])
    placed = (
        structs.replace(text, place=place) for place, text in enumerate(texts, int(any(ways[0])))
    )
    return Reading(texts=tuple(placed))


def _text(
    words: Words,
    needed: list[Word],
    choices: Sequence[Sequence[str]],
    places: Places,
) -> Text:
    """With one choice for each word, and without those that come before it."""
    chosen = {
        word: some[place]
        for word, some, place in zip(needed, choices, places, strict=True)
        if place
    }
    before = [one for some, place in zip(choices, places, strict=True) for one in some[:place]]
    meant = _meant(words, chosen)
    q = text_of(meant, dict.fromkeys(before))
    return Text(q, meant, is_open(meant))


def _meant(words: Words, chosen: Mapping[Word, str]) -> Words:
    """The query with these words in the place of others."""
    if not chosen:
        return words
    by_text = {word.text: text for word, text in chosen.items()}
    return structs.replace(
        words,
        words=tuple(
            Word((by_text[word.text],)) if word.text in by_text else word for word in words.words
        ),
        key=_keyed(words.key, by_text),
        yearless=_keyed(words.yearless, by_text),
    )


def _keyed(key: str, chosen: Mapping[str, str]) -> str:
    return " ".join(chosen.get(part, part) for part in key.split())


def _all_but_one(words: Words, strange: Corrections) -> Reading | None:
    """Without one word at a time, which nothing that is found has then."""
    meant = _meant(words, {word: found[0] for word, found in strange.items()})
    left = dict.fromkeys(word.text for word in meant.words if not word.needless)
    if not 1 < len(left) <= MOST_LEFT_OUT:
        return None
    texts: list[Text] = []
    for out in left:
        # The key stays that of the whole, which titles with all words would have.
        rest = structs.replace(meant, words=tuple(w for w in meant.words if w.text != out))
        texts.append(Text(text_of(rest, [out]), rest, is_open(rest)))
    return Reading(texts=tuple(texts), whole=False)


def text_of(words: Words, without: Collection[str] = ()) -> str:
    """The words with phrases in quotes; without those that may be lacking."""
    quoted = {word for phrase in words.phrases for word in phrase}
    plain = [w.text for w in words.words if not w.needless and w.forms not in quoted]
    phrases = (" ".join(forms[-1] for forms in phrase) for phrase in words.phrases)
    return " ".join([*(f"-{one}" for one in without), *(f'"{one}"' for one in phrases), *plain])


def is_open(words: Words) -> bool:
    """Whether the last word may go on: a single letter of a script that is read in pairs does."""
    last = words.words[-1]
    return last.partial or (is_unspaced(last.text) and len(last.text) == 1)
