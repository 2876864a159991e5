"""Every provider of ours reads what its server of the world says: all of it, and nothing else."""

import io
from collections.abc import Iterable, Sequence
from typing import Any

import httpx
import pytest
from PIL import Image

from app.metadata.domain import (
    Credit,
    EpisodeRecord,
    MovieRecord,
    Part,
    Picture,
    Query,
    Rating,
    RecordKind,
    ShowRecord,
    Sought,
    Text,
)
from app.metadata.domain.matching import THRESHOLD
from app.metadata.service.matching import best, matched
from bench.metadata.catalogue import Catalogue
from bench.metadata.records import Episode, Film, Show, Title
from bench.metadata.world import World
from tests.metadata.world.conftest import Ask

BOTH = ["en", "de"]
# Plain, part of a collection, a number, the same title twice, German, French, Japanese.
PLAIN = (8, 12, 20, 29, 30, 15, 25)
ANIME_FILMS, ANIME_SHOW = (35, 95), 5
SHOWS = (0, 1, 3)
OF_FILMS = ("tmdb", "tvdb", "omdb", "trakt", "simkl", "letterboxd")
OF_SHOWS = ("tmdb", "tvdb", "tvmaze", "omdb", "trakt", "simkl")
OF_ANIME = ("anilist", "anidb", "mal", "kitsu", "simkl", "tmdb")
GERMAN = {"tmdb", "tvdb", "trakt", "anidb"}
NO_CAST = {"mal", "kitsu", "simkl"}
RATED = {
    "tvdb": set(),
    "omdb": {"imdb", "rottentomatoes", "metacritic"},
    "simkl": {"simkl", "imdb"},
}
KINDS = {Film: RecordKind.MOVIE, Show: RecordKind.SHOW}


def own(provider: str) -> str:
    """Under which source a provider's own ids are told."""
    return "imdb" if provider == "omdb" else provider


def names(credits_: Iterable[Credit], part: Part) -> set[str]:
    return {credit.name for credit in credits_ if credit.part is part}


def people(made: Catalogue, numbers: Iterable[int]) -> set[str]:
    return {made.person(number).name for number in numbers}


async def check_pictures(world: World, provider: str, pictures: Sequence[Picture]) -> None:
    """Each is there, in the size that was told, and no two are the same."""
    assert pictures
    seen = set()
    async with httpx.AsyncClient(trust_env=False) as client:
        for one in pictures[:8]:
            answer = await client.get(world.picture(provider, one.url))
            assert answer.status_code == 200, one.url
            image = Image.open(io.BytesIO(answer.content))
            assert answer.headers["content-type"] == f"image/{(image.format or '').lower()}"
            assert image.size == (one.width or image.width, one.height or image.height), one.url
            seen.add(answer.content)
    assert len(seen) == len({one.url for one in pictures[:8]})


def check_title(provider: str, its: Title, said: MovieRecord | ShowRecord) -> None:
    """The texts, dates, numbers and ids are those of the catalogue."""
    assert said.title == its.title
    assert said.year == its.year
    assert (said.overview or "").startswith(its.texts["en"].overview)
    assert {s: i for s, i in said.ids.items() if its.ids.get(s) != i} == {}
    assert said.ids[own(provider)] == its.ids[own(provider)]
    texts = {text.language: text for text in said.texts}
    if provider in GERMAN:
        assert texts["de"].title == its.texts["de"].title
        if provider != "anidb":  # which tells its stories in English alone
            assert texts["de"].overview == its.texts["de"].overview
    assert said.runtime == its.runtime * 60
    assert said.genres
    check_ratings(provider, its, said.ratings)


def check_ratings(provider: str, its: Title, ratings: Sequence[Rating]) -> None:
    found = {rating.source: rating.value for rating in ratings}
    assert found.keys() == RATED.get(provider, {provider})
    for source, value in found.items():
        assert value == pytest.approx(its.ratings[source].value, abs=0.051)


async def found(asked: Any, its: Film | Show, title: str | None = None) -> str | None:
    """The id of what a search by title and year is sure to have found."""
    name = title or its.title
    kind = KINDS[type(its)]
    search = asked.search_movies if kind is RecordKind.MOVIE else asked.search_shows
    hits = await search(Query(title=name, year=its.year))
    sought = Sought(kind=kind, titles=(name,), year=its.year)
    hit = best(matched(sought, hits), THRESHOLD)
    return hit.id if hit is not None else None


@pytest.mark.parametrize("provider", OF_FILMS)
async def test_films(world: World, ask: Ask, provider: str) -> None:
    asked, made = ask(provider), world.catalogue
    for number in PLAIN:
        its = made.film(number)
        id_ = its.ids[own(provider)]
        assert await found(asked, its) == id_
        if provider in GERMAN:
            assert await found(asked, its, its.original_title) == id_
        said = await asked.movie(id_, BOTH)
        check_title(provider, its, said)
        assert said.release_date == its.released
        assert said.videos or provider == "omdb"
        if provider not in NO_CAST:
            cast = people(made, (role.person for role in its.cast))
            assert names(said.credits, Part.CAST) <= cast
            assert len(names(said.credits, Part.CAST)) == (4 if provider == "omdb" else len(cast))
        director = next(c.name for c in said.credits if c.job == "Director")
        assert director == made.person(its.crew[0].person).name
        await check_pictures(world, provider, said.pictures)


@pytest.mark.parametrize("provider", OF_SHOWS)
async def test_shows(world: World, ask: Ask, provider: str) -> None:
    asked, made = ask(provider), world.catalogue
    for number in SHOWS:
        its = made.show(number)
        id_ = its.ids[own(provider)]
        assert await found(asked, its) == id_
        said = await asked.show(id_, BOTH)
        check_title(provider, its, said)
        wanted = [one.number for one in its.seasons]
        if provider in ("tvmaze", "omdb"):  # who do not tell specials with the rest
            wanted = [number for number in wanted if number]
        assert [one.number for one in said.seasons] == wanted
        await check_pictures(world, provider, said.pictures)


@pytest.mark.parametrize("provider", OF_SHOWS)
async def test_episodes(world: World, ask: Ask, provider: str) -> None:
    asked, its = ask(provider), world.catalogue.show(1)
    id_ = its.ids[own(provider)]
    for season in its.seasons:
        said = await asked.season(id_, season.number, BOTH)
        if provider == "omdb" and season.number == 0:
            assert said is None
            continue
        assert [e.number for e in said.episodes] == [e.number for e in season.episodes]
        for theirs, ours in zip(said.episodes, season.episodes, strict=True):
            check_episode(provider, ours, theirs)
    if provider in ("tmdb", "tvdb", "tvmaze", "omdb"):
        ours = its.regular[0].episodes[1]
        one = await asked.episode(id_, 1, 2, BOTH)
        check_episode(provider, ours, one)
        guests = people(world.catalogue, (role.person for role in ours.guests))
        assert guests <= {credit.name for credit in one.credits}
        assert world.catalogue.person(ours.director).name in names(one.credits, Part.CREW)
    assert await asked.season(id_, 77, BOTH) is None


def check_episode(provider: str, ours: Episode, theirs: EpisodeRecord) -> None:
    assert (theirs.season, theirs.number) == (ours.season, ours.number)
    assert theirs.title == ours.texts["en"].title
    assert theirs.release_date == ours.aired
    assert theirs.ids[own(provider)] == ours.ids[own(provider)]
    if provider in GERMAN:
        german = next(text for text in theirs.texts if text.language == "de")
        assert german == Text(
            language="de", title=ours.texts["de"].title, overview=ours.texts["de"].overview
        )


@pytest.mark.parametrize("provider", OF_ANIME)
async def test_anime(world: World, ask: Ask, provider: str) -> None:
    asked, made = ask(provider), world.catalogue
    for number in ANIME_FILMS:
        film = made.film(number)
        hits = await asked.search_movies(Query(title=film.title, year=film.year))
        assert film.ids[provider] in {hit.id for hit in hits}
        if provider not in ("kitsu", "simkl"):
            hits = await asked.search_movies(Query(title=film.original_title))
            assert film.ids[provider] in {hit.id for hit in hits}
        said = await asked.movie(film.ids[provider], BOTH)
        check_title(provider, film, said)
        assert said.original_language in ("ja", None if provider == "mal" else "ja")
        assert await asked.show(film.ids[provider], BOTH) is None or provider == "tmdb"
        await check_pictures(world, provider, said.pictures)
    show = made.show(ANIME_SHOW)
    assert show.ids[provider] in {
        hit.id for hit in await asked.search_shows(Query(title=show.title))
    }
    told = await asked.show(show.ids[provider], BOTH)
    check_title(provider, show, told)
    assert told.episode_count == len(show.seasons[0].episodes)
    if provider not in ("anilist", "mal"):
        season = await asked.season(show.ids[provider], 1, BOTH)
        for theirs, ours in zip(season.episodes, show.seasons[0].episodes, strict=True):
            assert theirs.title == ours.texts["en"].title
            assert theirs.ids[provider] == ours.ids[provider]


@pytest.mark.parametrize("provider", ["tmdb", "tvdb", "tvmaze", "letterboxd"])
async def test_people(world: World, ask: Ask, provider: str) -> None:
    asked, made = ask(provider), world.catalogue
    for number in (7, 20):
        its = made.person(number)
        hits = await asked.search_people(Query(title=its.name))
        assert its.ids[provider] in {hit.id for hit in hits}
        said = await asked.person(its.ids[provider], BOTH)
        assert said.name == its.name
        assert {s: i for s, i in said.ids.items() if its.ids.get(s) != i} == {}
        if provider != "letterboxd":
            assert (said.born, said.died) == (its.born, its.died)
        if provider != "tvmaze":
            assert said.biography == its.biographies["en"]
            assert said.known_for
        if provider in ("tmdb", "tvdb"):
            told = {text.language: text.overview for text in said.biographies}
            assert told == dict(its.biographies)
        await check_pictures(world, provider, said.pictures)


@pytest.mark.parametrize("provider", ["tmdb", "letterboxd"])
async def test_collections(world: World, ask: Ask, provider: str) -> None:
    asked, made = ask(provider), world.catalogue
    film = made.film(11)
    assert film.part_of == 0
    named = (await asked.movie(film.ids[provider], BOTH)).collection
    its = made.collection(0)
    assert named.id == its.ids[provider]
    said = await asked.collection(named.id, BOTH)
    assert said.title == its.texts["en"].title
    assert [one.id for one in said.parts] == [made.film(n).ids[provider] for n in its.films]
    assert (await asked.movie(made.film(8).ids[provider], BOTH)).collection is None


async def test_pictures_of_fanart(world: World, ask: Ask) -> None:
    asked, made = ask("fanarttv"), world.catalogue
    film = await asked.artwork(RecordKind.MOVIE, made.film(8).ids)
    show = await asked.artwork(RecordKind.SHOW, made.show(1).ids)
    for pictures in (film, show):
        kinds = {one.kind.value for one in pictures}
        assert {"poster", "backdrop", "logo", "banner", "clearart", "thumb"} <= kinds
        assert {one.language for one in pictures} == {"en", "de", None}
        await check_pictures(world, "fanarttv", pictures)
    assert {one.season for one in show if one.season is not None} == {0, 1, 2, 3}
    assert await asked.artwork(RecordKind.MOVIE, {"tmdb": "1"}) == ()


@pytest.mark.parametrize("provider", ["tmdb", "tvdb", "trakt", "omdb", "simkl", "letterboxd"])
async def test_ids_of_elsewhere(world: World, ask: Ask, provider: str) -> None:
    asked, film = ask(provider), world.catalogue.film(8)
    hit = await asked.find(RecordKind.MOVIE, {"imdb": film.ids["imdb"]})
    assert (hit.id, hit.title) == (film.ids[own(provider)], film.title)
    assert await asked.find(RecordKind.MOVIE, {"imdb": "tt0000001"}) is None
    if provider != "letterboxd":
        show = world.catalogue.show(1)
        hit = await asked.find(RecordKind.SHOW, {"imdb": show.ids["imdb"]})
        assert hit.id == show.ids[own(provider)]
        assert await asked.find(RecordKind.MOVIE, {"imdb": show.ids["imdb"]}) is None


@pytest.mark.parametrize("source", ["tvdb", "imdb"])
async def test_tvmaze_sends_to_the_show(world: World, ask: Ask, source: str) -> None:
    show = world.catalogue.show(2)
    hit = await ask("tvmaze").find(RecordKind.SHOW, {source: show.ids[source]})
    assert hit.id == show.ids["tvmaze"]


@pytest.mark.parametrize("provider", ["tmdb", "omdb", "trakt", "simkl", "letterboxd"])
async def test_ratings_alone(world: World, ask: Ask, provider: str) -> None:
    film = world.catalogue.film(8)
    ratings = await ask(provider).ratings(RecordKind.MOVIE, film.ids)
    wanted = {"trakt": {"trakt", "imdb", "tmdb", "metacritic", "rottentomatoes"}}
    sources = {rating.source for rating in ratings}
    assert sources == wanted.get(provider, RATED.get(provider, {provider}))


@pytest.mark.parametrize("provider", ["tmdb", "trakt", "simkl"])
async def test_what_is_like_it(world: World, ask: Ask, provider: str) -> None:
    film = world.catalogue.film(8)
    hits = await ask(provider).recommendations(RecordKind.MOVIE, film.ids[provider])
    like = [world.catalogue.film(number) for number in film.like]
    assert {hit.id for hit in hits} == {one.ids[provider] for one in like}


@pytest.mark.parametrize("provider", [*OF_FILMS, "anilist", "mal", "kitsu", "anidb"])
async def test_what_is_not_there(ask: Ask, provider: str) -> None:
    asked = ask(provider)
    assert await asked.movie("tt9999999" if provider == "omdb" else "999999937", BOTH) is None
    assert list(await asked.search_movies(Query(title="Nothing whatsoever of it"))) == []
