"""Which of the found is the sought: rather nothing than a wrong one."""

import pytest
from msgspec import structs

from app.metadata.domain import THRESHOLD, Hit, RecordKind, Sought
from app.metadata.service.matching import best, matched
from tests.metadata.films import FILMS
from tests.metadata.shows import SHOWS
from tests.metadata.tellings import Provider, agreement, tellings, tells_of

LEAST = {RecordKind.MOVIE: 200, RecordKind.SHOW: 30}  # titles
FILM = Hit(source="films", kind=RecordKind.MOVIE, id="1", title="Glass Weather", year=2004)


@pytest.fixture(scope="module", params=[(FILMS, RecordKind.MOVIE), (SHOWS, RecordKind.SHOW)])
def provider(request: pytest.FixtureRequest) -> Provider:
    return Provider(*request.param)


@pytest.mark.uncounted
def test_hard_titles_are_found_and_nothing_wrong_is_sure(
    provider: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    known = provider.known
    told = [(hit, telling) for hit in known for telling in tellings(hit, known)]
    right, wrong, missed = 0, [], []
    for hit, (how, sought, expected) in told:
        found = best(matched(sought, provider.search(sought.titles[0])), THRESHOLD)
        if (found.id if found else None) == expected:
            right += 1
        elif found is not None:
            wrong.append(f"{hit.title} ({hit.year}), {how}: {found.title} ({found.year})")
        else:
            missed.append(f"{hit.title} ({hit.year}), {how}")
    with capsys.disabled():
        print(
            f"\n{provider.kind.value}: {len(known)} titles, {right} of {len(told)} tellings right, "
            f"{len(wrong)} wrong, {len(missed)} left open"
        )
    distinct = {(hit.title, hit.year, hit.original_title) for hit in known}
    assert len(distinct) == len(known) >= LEAST[provider.kind]
    assert wrong == []
    assert right >= 0.97 * len(told), missed


@pytest.mark.uncounted
def test_what_is_not_on_record_is_not_taken_for_what_is_like_it(provider: Provider) -> None:
    wrong = []
    for hit in provider.known:
        for how, sought, _ in tellings(hit, provider.known):
            meant = structs.replace(sought, titles=(hit.title,))
            others = [
                other
                for other in provider.search(sought.titles[0])
                if other is not hit and not tells_of(meant, other) and not tells_of(sought, other)
            ]
            found = best(matched(sought, others), THRESHOLD)
            if found is not None:
                wrong.append(f"{hit.title} ({hit.year}), {how}: {found.title} ({found.year})")
    assert wrong == []


@pytest.mark.parametrize(
    ("one", "other", "least", "most"),
    [
        ("Rocky 2", "Rocky II", 1, 1),
        ("The Good, the Bad & the Ugly", "Good the Bad and the Ugly", 1, 1),
        ("Amelie", "Amélie", 1, 1),
        ("Spider-Man", "Spiderman", 1, 1),
        ("七人の侍", "七人の侍", 1, 1),
        ("!!!", "!!!", 1, 1),
        ("!!!", "???", 0, 0),
        ("V", "5", 0, 0),
        ("Alien", "Aliens", 0.3, 0.95),
        ("Alien", "Alien 3", 0, 0.5),
        ("Gladiator", "Glass Weather", 0, 0),
        ("", "x", 0, 0),
    ],
)
def test_titles_agree(one: str, other: str, least: float, most: float) -> None:
    assert least <= agreement(one, other) <= most
    assert agreement(one, other) == agreement(other, one)


def test_an_id_decides() -> None:
    sought = Sought(kind=RecordKind.MOVIE, titles=("Whatever",), year=1950, ids={"imdb": "tt1"})
    same = structs.replace(FILM, ids={"imdb": "tt1", "tmdb": "1"})
    other = structs.replace(FILM, id="2", title="Whatever", year=1950, ids={"imdb": "tt2"})
    assert [(m.hit.id, m.score) for m in matched(sought, [other, same])] == [("1", 1.0), ("2", 0.0)]


def test_a_length_speaks_against_it() -> None:
    sought = Sought(kind=RecordKind.MOVIE, titles=("Glass Weather",), runtime=5400)
    fits, short = (structs.replace(FILM, runtime=r) for r in (5500, 600))
    assert best(matched(sought, [fits]), THRESHOLD) is fits
    assert best(matched(sought, [short]), THRESHOLD) is None


def test_two_that_fit_are_none_but_two_providers_may_say_the_same() -> None:
    sought = Sought(kind=RecordKind.MOVIE, titles=("Glass Weather",), year=2004)
    twin = structs.replace(FILM, id="2")
    assert best(matched(sought, [FILM, twin]), THRESHOLD) is None
    elsewhere = structs.replace(FILM, source="others", id="9")
    assert best(matched(sought, [FILM, elsewhere]), THRESHOLD) is FILM
    assert best([], THRESHOLD) is None


def test_other_readings_of_a_name_count_less() -> None:
    sought = Sought(kind=RecordKind.MOVIE, titles=("Weather", "Glass Weather"), year=2004)
    (match,) = matched(sought, [FILM])
    assert THRESHOLD < match.score < 1
    known_as = structs.replace(FILM, title="Glasvær", alternative_titles=("Weather",))
    (match,) = matched(sought, [known_as])
    assert THRESHOLD < match.score < 1
