"""What people ask a catalogue for, with the documents that are right: the same in every run."""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from random import Random
from typing import Final
from uuid import UUID

from msgspec import Struct

from app.search.domain import STOPS, SearchKind, is_unspaced, key_of, keys_of, runs
from bench.search.corpus import Corpus
from bench.search.names import name_of

EACH: Final = 500
EVERYTHING: Final = (
    SearchKind.MOVIE, SearchKind.SHOW, SearchKind.EPISODE, SearchKind.PERSON,
)  # fmt: skip
WORKS: Final = (SearchKind.MOVIE, SearchKind.SHOW)
LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
ACCENTS: Final = dict(zip("aeioucn", "áéíôüçñ", strict=True))
NUMERALS: Final = {"II": "2", "III": "3", "IV": "4", "V": "5", "2": "II", "3": "III", "4": "IV",
                   "5": "V", "Two": "2", "Three": "3", "Four": "4", "Five": "5", "Six": "6",
                   "Seven": "7", "Eight": "8", "Nine": "9", "Ten": "10", "Eleven": "11",
                   "Twelve": "12", "Thirteen": "13"}  # fmt: skip
LEADS: Final = 5  # of the cast, whom one remembers


class Case(Struct, frozen=True):
    """A question; any of these documents answers it."""

    text: str
    right: frozenset[UUID]
    kinds: tuple[SearchKind, ...] = EVERYTHING


class Catalogue:
    """What is called what, and who plays where; numbers are those of the corpus."""

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self.titled: dict[str, list[int]] = defaultdict(list)  # by key of a title
        self.worded: dict[str, list[int]] = defaultdict(list)  # by word of a title
        self.played: dict[int, list[int]] = defaultdict(list)  # by person: movies and shows
        self.works: list[int] = []
        for number in range(corpus.size):
            if corpus.kind(number) is not SearchKind.PERSON:
                self._add(number)
        for who, ids in corpus.documented.items():
            self.titled[key_of(name_of(who))] += [id_.int & 0xFFFF_FFFF for id_ in ids]

    def _add(self, number: int) -> None:
        naming = self.corpus.naming(number)
        episode = self.corpus.kind(number) is SearchKind.EPISODE
        titles = (naming.title,) if episode else naming.all
        for key in keys_of(titles):
            self.titled[key].append(number)
        self.works.append(number)
        if not episode:
            for word in {word for title in titles for word in runs(title)}:
                self.worded[word].append(number)
            for who in self.corpus.cast(number):
                self.played[who].append(number)

    def right(self, title: str) -> frozenset[UUID]:
        """All that have this title."""
        return self.ids(self.titled.get(key_of(title), ()))

    def ids(self, numbers: "list[int] | set[int] | tuple[()]") -> frozenset[UUID]:
        return frozenset(map(self.corpus.id, numbers))

    def title(self, dice: Random) -> str:
        """What something is called."""
        return self.corpus.naming(dice.choice(self.works)).title

    def any_title(self, dice: Random) -> str:
        """In any language, of a movie or a show."""
        number = dice.choice(self.works)
        while self.corpus.kind(number) not in WORKS:
            number = dice.choice(self.works)
        return dice.choice(self.corpus.naming(number).all)

    def work(self, dice: Random) -> int:
        """A movie or a show."""
        while True:
            if self.corpus.kind(number := dice.choice(self.works)) in WORKS:
                return number


def exact(known: Catalogue, dice: Random) -> Case | None:
    title = known.any_title(dice) if dice.random() < 0.3 else known.title(dice)
    return Case(title, known.right(title))


def prefix(known: Catalogue, dice: Random) -> Case | None:
    """Cut within its last word."""
    title = known.title(dice)
    start = title.rfind(" ") + 1
    if len(title) < 5 or len(title) - start < 2 or not title[start:].isalpha():
        return None
    cut = title[: dice.randint(max(start + 1, 4), len(title) - 1)]
    return Case(cut, known.right(title)) if len(cut) >= 4 else None


def one_typo(known: Catalogue, dice: Random) -> Case | None:
    """One letter too many, too few, another, or two in each other's place."""
    title = known.title(dice)
    words = title.split(" ")
    places = _mistakable(words)
    return _mistyped(known, title, [dice.choice(places)], dice) if places else None


def two_typos(known: Catalogue, dice: Random) -> Case | None:
    """In two words, or both in a long one."""
    title = known.title(dice)
    words = title.split(" ")
    places = _mistakable(words)
    long = [n for n in places if len(words[n]) >= 8]
    if len(places) >= 2 and (not long or dice.random() < 0.7):
        return _mistyped(known, title, dice.sample(places, 2), dice)
    return _mistyped(known, title, [dice.choice(long)] * 2, dice) if long else None


def _mistakable(words: list[str]) -> list[int]:
    """The places of words that are typed by letters."""
    return [
        n
        for n, word in enumerate(words)
        if len(word) >= 4 and word.isalpha() and not is_unspaced(word)
    ]


def _mistyped(known: Catalogue, title: str, places: list[int], dice: Random) -> Case | None:
    words = title.split(" ")
    for at in places:
        words[at] = mistyped(words[at], dice)
    return _mistaken(known, title, " ".join(words))


def mistyped(word: str, dice: Random) -> str:
    """The word with one mistake somewhere."""
    letters = LETTERS if word[-1].isascii() else word.lower()
    while True:
        at, letter, way = dice.randrange(len(word)), dice.choice(letters), dice.randrange(4)
        rest = word[at + 1 :]
        wrong = (
            word[:at] + letter + rest,
            word[:at] + letter + word[at:],
            word[:at] + rest,
            word[:at] + rest[:1] + word[at] + rest[1:],
        )[way]
        if wrong.lower() != word.lower():
            return wrong


def missing_word(known: Catalogue, dice: Random) -> Case | None:
    title = known.title(dice)
    words = title.split(" ")
    if sum(word.lower() not in STOPS for word in words) < 3:
        return None
    del words[dice.randrange(len(words))]
    return _mistaken(known, title, " ".join(words))


def wrong_order(known: Catalogue, dice: Random) -> Case | None:
    title = known.title(dice)
    words = title.split(" ")
    if sum(word.lower() not in STOPS for word in words) < 2:
        return None
    dice.shuffle(words)
    return _mistaken(known, title, " ".join(words))


def accent(known: Catalogue, dice: Random) -> Case | None:
    """Asked without what the title has, or with what it lacks."""
    title = known.any_title(dice)
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", title) if unicodedata.category(c) != "Mn"
    )
    if plain != title and plain.isascii():
        return Case(plain, known.right(title))
    places = [n for n, c in enumerate(title) if c in ACCENTS]
    if not places or not title.isascii() or dice.random() < 0.8:
        return None
    at = dice.choice(places)
    return Case(title[:at] + ACCENTS[title[at]] + title[at + 1 :], known.right(title))


def numeral(known: Catalogue, dice: Random) -> Case | None:
    """In the other digits."""
    title = known.title(dice)
    words = title.split(" ")
    places = [n for n, word in enumerate(words) if word in NUMERALS]
    if not places:
        return None
    at = dice.choice(places)
    words[at] = NUMERALS[words[at]]
    return Case(" ".join(words), known.right(title))


def person(known: Catalogue, dice: Random) -> Case | None:
    """Somebody who has a document."""
    who = dice.choice(list(known.corpus.documented))
    return Case(name_of(who), frozenset(known.corpus.documented[who]))


def films_of(known: Catalogue, dice: Random) -> Case | None:
    """Whatever somebody plays in, by the name alone."""
    who = dice.choice(list(known.played))
    return Case(name_of(who), known.ids(known.played[who]), WORKS)


def mixed(known: Catalogue, dice: Random) -> Case | None:
    """A word of the title with its year, or with who plays."""
    number = known.work(dice)
    title = known.corpus.naming(number).title
    words = [word for word in runs(title) if len(word) >= 4 and not is_unspaced(word)]
    if not words:
        return None
    word = dice.choice(words)
    of_word = known.worded[word]
    if dice.random() < 0.5:
        year = known.corpus.year(number)
        others = {other for other in of_word if known.corpus.year(other) == year}
        return Case(f"{word} {year}", known.ids(others), WORKS)
    who = dice.choice(known.corpus.cast(number)[:LEADS])
    return Case(f"{word} {name_of(who)}", known.ids({*of_word} & {*known.played[who]}), WORKS)


Make = Callable[[Catalogue, Random], Case | None]
WAYS: Final[dict[str, Make]] = {
    "exact title": exact,
    "prefix": prefix,
    "one typo": one_typo,
    "two typos": two_typos,
    "missing word": missing_word,
    "wrong order": wrong_order,
    "accent": accent,
    "numeral": numeral,
    "person": person,
    "films of a person": films_of,
    "word and person or year": mixed,
}


def _mistaken(known: Catalogue, title: str, asked: str) -> Case | None:
    """Unless what is asked for by mistake is a title itself."""
    return None if key_of(asked) in known.titled else Case(asked, known.right(title))


def cases(known: Catalogue, seed: int, each: int = EACH) -> Iterator[tuple[str, list[Case]]]:
    """So many of every way."""
    for way, make in WAYS.items():
        dice = Random(f"{seed}:{way}")
        found: list[Case] = []
        for _ in range(each * 2000):
            if (case := make(known, dice)) is not None:
                found.append(case)
            if len(found) == each:
                break
        yield way, found


def beginnings(known: Catalogue, seed: int, each: int = EACH) -> list[str]:
    """The first one to eight letters of titles, each length as often; short ones match much."""
    dice = Random(f"{seed}:beginnings")
    found: list[str] = []
    while len(found) < each:
        title = known.title(dice)
        cut = title[: 1 + len(found) % 8].strip()
        if any(c.isalnum() for c in cut):
            found.append(cut)
    return found
