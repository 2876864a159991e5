"""How a query is read for the search server: bounded, and no text finds what another one does."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.search.domain import words_in
from app.search.domain.ranking import distance
from app.search.domain.vocabulary import Vocabulary
from app.search.repository.questions import Known
from app.search.service.typesense.reading import MOST_TEXTS, Reading, Text, readings
from tests.search.typesense import LIBRARY, OTHER

HERE = (LIBRARY, 12)
THERE = (OTHER, 12)
TITLES = "godfather stalker stake park dark spark mark bark harbour winter winters station night"


def known() -> Known:
    """Words of here; those of there are another viewer's."""
    vocabulary = Vocabulary()
    for word in TITLES.split():
        vocabulary.add(word, HERE, 3, 1.0)
    vocabulary.add("godmother", THERE, 9, 9.0)
    return Known(vocabulary, frozenset({HERE}))


def read(query: str) -> list[Reading]:
    return list(readings(words_in(query), known()))


def test_what_is_known_is_asked_as_it_is_first() -> None:
    first = read("the park")[0]
    assert [text.q for text in first.texts] == ["park"]
    assert first.texts[0].open
    assert first.texts[0].suggestion is None


def test_what_nobody_knows_is_asked_as_what_may_be_meant() -> None:
    first = read("godfahter")[0]
    assert [text.q for text in first.texts] == ["godfahter", "-godfahter godfather"]
    assert [text.suggestion for text in first.texts] == [None, "godfather"]
    assert first.texts[1].words.key == "godfather"
    assert not first.texts[1].open
    # What only others see is not said.
    assert [len(one.texts) for one in read("godmohter")] == [1, 1]


def test_another_title_s_word_is_corrected_where_nothing_has_all() -> None:
    _, second, *_ = read("bark godfahter")
    asked = {text.suggestion for text in second.texts}
    assert {"mark godfather", "park godfather", "dark godfather"} <= asked
    assert all(text.place for text in second.texts)


def test_what_is_quoted_is_meant_as_it_is() -> None:
    [only] = read('"godfahter stalkr"')
    assert [text.q for text in only.texts] == ['"godfahter stalkr"']


def test_one_word_may_be_lacking_at_last() -> None:
    last = read("winter station godfahter")[-1]
    assert {text.q for text in last.texts} == {
        "-winter station godfather",
        "-station winter godfather",
        "-godfather winter station",
    }


WORDS = some.lists(
    some.sampled_from([*TITLES.split(), "godfahter", "winetr", "satlker", "nigth", "the", "xq"]),
    min_size=1,
    max_size=16,
)


@given(WORDS)
def test_texts_are_few_and_apart(words: list[str]) -> None:
    for reading in read(" ".join(words)):
        assert 0 < len(reading.texts) <= MOST_TEXTS
        assert len({text.q for text in reading.texts}) == len(reading.texts)
        for number, one in enumerate(reading.texts):
            for other in reading.texts[:number]:
                assert _apart(one, other) or _apart(other, one), (one.q, other.q)


def _apart(one: Text, other: Text) -> bool:
    """Whether one is without a word that the other one needs."""
    without = {word[1:] for word in one.q.split() if word[0] == "-"}
    return not without.isdisjoint(other.q.split())


@pytest.mark.parametrize(
    ("query", "key", "expected"),
    [
        ("alien", "alien", 0.0),
        ("alien", "alien resurrection", 1.0),
        ("resurrection alien", "alien resurrection", 2.0),
        ("resurrection alien", "alien resurrection of the two", 2.2),
        ("alien predator", "alien", 3.0),
    ],
)
def test_how_far_a_title_is(query: str, key: str, expected: float) -> None:
    assert distance(words_in(query), (key,)) == pytest.approx(expected)
