"""The catalogue is the same every time, of any size, and as varied as it says."""

from collections import Counter, defaultdict

import pytest

from bench.metadata.catalogue import BLOCK, PARTS, SECOND_OF_TWO, Catalogue
from bench.metadata.ids import SERIES, id_of, number_of

FILMS, SHOWS = 10_000, 300


@pytest.fixture(scope="module")
def made() -> Catalogue:
    return Catalogue(FILMS, SHOWS)


def test_it_follows_from_its_seed(made: Catalogue) -> None:
    again, other = Catalogue(FILMS, SHOWS), Catalogue(FILMS, SHOWS, seed=8)
    for number in (0, 4711, FILMS - 1):
        assert again.film(number) == made.film(number)
        assert other.film(number) != made.film(number)
    assert again.show(SHOWS - 1) == made.show(SHOWS - 1)
    assert again.person(17) == made.person(17)


def test_only_remakes_share_a_title_and_never_a_year(made: Catalogue) -> None:
    years: dict[str, list[int]] = defaultdict(list)
    for number in range(FILMS):
        years[made.named(number).en].append(made.year(number))
    shared = [found for found in years.values() if len(found) > 1]
    assert len(shared) == FILMS // BLOCK
    assert all(len(found) == 2 and abs(found[0] - found[1]) >= 3 for found in shared)
    assert {
        made.named(n).en == made.named(n - 1).en for n in range(SECOND_OF_TWO, FILMS, BLOCK)
    } == {True}
    shows = Counter(made.named_show(number).en for number in range(SHOWS))
    assert max(shows.values()) == 1


def test_it_is_as_varied_as_libraries_are(made: Catalogue) -> None:
    films = [made.film(number) for number in range(0, FILMS, 7)]
    languages = Counter(film.original_language for film in films)
    assert min(languages[tag] for tag in ("en", "de", "fr", "ja")) > 20
    assert all({"en", "de"} <= set(film.texts) for film in films)
    assert any(film.title.isdigit() for film in films)
    assert any(film.title.startswith("The ") for film in films)
    assert sum("fr" in film.texts for film in films) > len(films) / 4
    assert all(film.original_title == film.texts[film.original_language].title for film in films)
    for film in films:
        assert {"imdb", "rottentomatoes", "metacritic", "tmdb", "trakt"} <= set(film.ratings)
        assert {"US", "DE", "GB"} == set(film.certifications)
        assert len({role.person for role in film.cast}) == len(film.cast) >= 6
        assert film.number not in film.like
    names = Counter(made.person(number).name for number in range(made.people))
    assert 0 < sum(count > 1 for count in names.values()) < made.people / 20, "namesakes"


def test_collections_are_told_by_both(made: Catalogue) -> None:
    for number in (0, made.collections - 1):
        films = made.collection(number).films
        assert [film % BLOCK for film in films] == list(PARTS)
        assert {made.film(film).part_of for film in films} == {number}
        years = [made.year(film) for film in films]
        assert years == sorted(set(years))
    assert made.film(9).part_of is None
    assert Catalogue(11, 0).collections == 1
    assert Catalogue(10, 0).collections == 0
    assert Catalogue(11, 0).collection(0).films == (10,)


def test_shows_have_seasons_in_the_order_of_their_airing(made: Catalogue) -> None:
    specials = 0
    for number in range(60):
        show = made.show(number)
        aired = [episode.aired for season in show.regular for episode in season.episodes]
        assert aired == sorted(aired)
        assert aired[0] == show.released
        assert [season.number for season in show.regular] == [
            place + 1 for place in range(len(show.regular))
        ]
        specials += any(season.number == 0 for season in show.seasons)
        if show.anime:
            assert len(show.seasons) == 1
            assert {"anilist", "anidb", "mal", "kitsu"} <= set(show.ids)
    assert specials


@pytest.mark.parametrize("kind", SERIES)
def test_ids_are_told_apart(kind: str) -> None:
    for source in SERIES[kind]:
        for number in (0, 1, 4711):
            assert number_of(kind, source, id_of(kind, source, number)) == number
        assert number_of(kind, source, "-1") is None
        assert number_of(kind, source, "") is None
    film = {source: id_of("film", source, 4711) for source in SERIES["film"]}
    assert len(set(film.values())) == len(film)
