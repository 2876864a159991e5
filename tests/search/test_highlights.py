"""Passages: the document's own text, and where in it the words are that were asked for."""

import random
import unicodedata
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.search.domain import Document, SearchKind, words_in
from app.search.domain.highlights import MOST_SNIPPET, Highlight, highlights

ID = UUID(int=1)


def marked(one: Highlight) -> str:
    """The passage with what is marked in brackets."""
    text = one.text
    for place in reversed(one.ranges):
        text = f"{text[: place.start]}[{text[place.start : place.end]}]{text[place.end :]}"
    return text


def shown(query: str, **texts: str | tuple[str, ...]) -> list[str]:
    """`field: passage` for each, in order."""
    said = {name: (text,) if isinstance(text, str) else text for name, text in texts.items()}
    document = Document(id=ID, kind=SearchKind.MOVIE, texts=said)
    found = highlights(document, list(said), words_in(query))
    return [f"{one.field}: {marked(one)}" for one in found]


@pytest.mark.parametrize(
    ("query", "title", "expected"),
    [
        ("alien", "Alien", "[Alien]"),
        ("ALIEN", "alien³", "[alien³]"),  # one word, as it is folded
        ("amelie", "Le Destin d'Amélie Poulain", "Le Destin [d'Amélie] Poulain"),
        ("amelie", "Amélie", "[Amélie]"),
        ("amelie", unicodedata.normalize("NFD", "Amélie!"), "[Ame\u0301lie]!"),
        ("strasse", "Die Straße", "Die [Straße]"),
        ("ae", "Æon", "[Æon]"),  # the last may be unfinished
        ("rocky 2", "Rocky II", "[Rocky] [II]"),
        ("rocky ii", "Rocky 2", "[Rocky] [2]"),
        ("seven", "Se7en, 7, Seven", "Se7en, [7], [Seven]"),
        ("the matrix", "The Matrix", "The [Matrix]"),  # what is needless is not marked
        ("the", "The The", "[The] [The]"),  # unless it is all there is
        ("matr", "The Matrix", "The [Matrix]"),
        ("matr ", "The Matrix", ""),  # it was finished
        ("martix", "The Matrix", "The [Matrix]"),
        ("matrx", "The Matrix", "The [Matrix]"),
        ("matriix", "The Matrix", "The [Matrix]"),
        ("mtarxi", "The Matrix", ""),
        ("fuor rooms", "Four Rooms, your rooms", "[Four] [Rooms], your [rooms]"),
        ("four", "Four of your", "[Four] of your"),  # no typo where it stands as it is
        ("spiderman", "Spider-Man: No Way Home", "[Spider-Man]: No Way Home"),
        ("spider man", "Spider-Man", "[Spider]-[Man]"),
        ("shield", "Agents of S.H.I.E.L.D.", "Agents of [S.H.I.E.L.D.]"),
        ("oceans", "Ocean's Eleven", "[Ocean's] Eleven"),
        ("oceans", "Ocean’s Eleven", "[Ocean’s] Eleven"),
        ("千と千尋", "千と千尋の神隠し", "[千と千尋]の神隠し"),
        ("ガメラ", "大怪獣カ\u3099メラ", "大怪獣[カ\u3099メラ]"),
        ("бригада", "Бригада", "[Бригада]"),
        ('"open range" fire', "Open Range, Fire", "[Open] [Range], [Fire]"),
        ("x <b>", "<b>x</b> & b", "<[b]>[x]</[b]> & [b]"),
        ("🎬 movie", "A 🎬 Movie", "A 🎬 [Movie]"),
    ],
)
def test_what_is_marked(query: str, title: str, expected: str) -> None:
    assert shown(query, title=title) == ([f"title: {expected}"] if expected else [])


def test_fields_come_in_order_with_two_passages_each() -> None:
    cast = ("Ann One", "Bob", "Ann Two", "Ann Three Ann")
    assert shown("ann", title="Bob", cast=cast, overview="By Ann.") == [
        "cast: [Ann] Three [Ann]",
        "cast: [Ann] One",
        "overview: By [Ann].",
    ]


def test_long_texts_are_cut_between_words() -> None:
    text = "word " * 100 + "needle " + "more " * 100 + "needle end"
    found = shown("needle", overview=text)
    assert len(found) == 2
    for one in found:
        passage = one.removeprefix("overview: ")
        assert "[needle]" in passage
        plain = passage.replace("[", "").replace("]", "")
        assert len(plain) <= MOST_SNIPPET
        assert plain in text
        assert set(plain.split()) <= {"word", "needle", "more", "end"}


def test_a_word_longer_than_a_passage() -> None:
    [found] = shown("字" * 100, overview="x " + "字" * 400)
    assert len(found) <= len("overview: []") + MOST_SNIPPET


TEXTS = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("aé\u0301ガか゛ 'ﬁßẞİ.-🎬字"),
    max_size=400,
)


@given(TEXTS, TEXTS)
def test_ranges_are_of_the_text_whatever_it_is(text: str, query: str) -> None:
    """In order, apart, within, and of the text alone."""
    word = query[:100].replace('"', "") + "a"
    document = Document(id=ID, kind=SearchKind.MOVIE, texts={"overview": (text, word)})
    for one in highlights(document, ["overview"], words_in(word)):
        assert one.text in text or one.text in word
        assert len(one.text) <= MOST_SNIPPET
        last = 0
        for place in one.ranges:
            assert last <= place.start < place.end <= len(one.text)
            last = place.end


def test_much_text_takes_little_time() -> None:
    import time

    rng = random.Random(1)
    letters = "aeiouäéßкя字 "
    long = "".join(rng.choice(letters) for _ in range(20_000))
    document = Document(
        id=ID, kind=SearchKind.MOVIE, texts={"overview": (long,), "cast": ("Ann Actor",) * 500}
    )
    words = words_in("aeiou kя anne actor äßéi oiue eaou")
    best = 9.0
    for _ in range(3):
        started = time.perf_counter()
        highlights(document, ["overview", "cast"], words)
        best = min(best, time.perf_counter() - started)
    assert best < 0.1
