"""What the Typesense backend finds, in which order, and for whom."""

import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from app.container import Container
from app.core.access import EVERYTHING, Scope
from app.core.errors import Unavailable
from app.search.domain import (
    Between,
    Count,
    Document,
    Filters,
    Number,
    OneOf,
    Search,
    SearchKind,
    Sight,
)
from app.search.jobs import TellSearchServer
from tests.search.typesense import LIBRARY, OTHER, TypesenseProcess, document, store
from tests.support.jobs import carry_out

MOVIE = (SearchKind.MOVIE,)
pytestmark = pytest.mark.usefixtures("typesense")


async def told(app: Container, *found: Document) -> Sequence[UUID]:
    """Documents, where searches find them."""
    await store(app, *found)
    assert await carry_out(app, TellSearchServer()) == "completed"
    return [one.id for one in found]


async def ids(app: Container, text: str, scope: Scope = EVERYTHING, **more: Any) -> list[UUID]:
    """What is found, in order."""
    asked = Search(text=text, **{"kinds": MOVIE, **more})
    found = await app.search_server.backend.search(scope, asked, 50)
    assert found.total >= len(found.hits)
    return [hit.id for hit in found.hits]


async def test_titles_come_by_how_well_they_answer(app: Container) -> None:
    exact, begins, inside, meant, told_of = await told(
        app,
        document(title="Alien", numbers={"popularity": 1.0}),
        document(title="Alien Resurrection", numbers={"popularity": 2.0}),
        document(title="My Alien Friend", numbers={"popularity": 3.0}),
        document(title="Aliens", numbers={"popularity": 4.0}),
        document(title="Gravity", texts={"overview": ("An alien comes.",)}),
    )
    assert await ids(app, "alien") == [exact, meant, begins, inside, told_of]
    assert await ids(app, "Alien ") == [exact, begins, inside, told_of]


async def test_popularity_breaks_ties(app: Container) -> None:
    one, two = await told(
        app,
        document(title="Love", numbers={"popularity": 1.0}),
        document(title="Love", numbers={"popularity": 9.0}),
    )
    assert await ids(app, "love") == [two, one]


@pytest.mark.parametrize(
    ("title", "queries"),
    [
        ("Rocky II", ("rocky 2", "Rocky II", "rocky ii", "rocky two", '"rocky 2"', '"rocky ii"')),
        ("Rocky 2", ("rocky II", "Rocky 2", "rocky two", '"rocky two"')),
        ("Seven Samurai", ("seven", "seve", "7 samurai", "seven samurai", "sevn samurai")),
        ("Spider-Man", ("spiderman", "spider man", "Spider-Man", "pider", "spidermn")),
        ("Amélie", ("amelie", "AMÉLIE", "amel", "amelei")),
        ("Матрица", ("матрица", "МАТРИЦА", "матриц", "матрыца")),
        ("千と千尋の神隠し", ("千と千尋の神隠し", "千尋", "神隠し", "千")),
        ("기생충", ("기생충", "기생")),
        ("The Lord of the Rings", ("lord of the rings", "lord rings", "rings lord", "Lord Ring")),
        ("M*A*S*H", ("m*a*s*h", "m a s h")),
        ("WALL·E", ("walle", "wall-e", "wall e")),
        ("Schindler's List", ("schindlers list", "schindler's", "shindlers list")),
    ],
)
async def test_found_however_it_is_written(
    app: Container, title: str, queries: tuple[str, ...]
) -> None:
    [it, *_] = await told(app, document(title=title), document(title="Something else entirely"))
    for query in queries:
        assert await ids(app, query) == [it], query


async def test_a_year_is_a_word_of_the_title_or_beside_it(app: Container) -> None:
    old, new, runner, first = await told(
        app,
        document(title="Solaris", year=1972),
        document(title="Solaris", year=2002, numbers={"popularity": 9.0}),
        document(title="Blade Runner 2049", year=2017),
        document(title="Blade Runner", year=1982),
    )
    assert (await ids(app, "solaris 1972"))[0] == old
    assert (await ids(app, "solaris 2002"))[0] == new
    assert (await ids(app, "blade runner 2049"))[0] == runner
    assert (await ids(app, "blade runner 1982"))[0] == first


async def test_words_of_several_fields_and_phrases(app: Container) -> None:
    it, other = await told(
        app,
        document(title="Alien", texts={"cast": ("Sigourney Weaver",)}),
        document(title="The Weaver of Sigourney"),
    )
    assert await ids(app, "alien weaver") == [it]
    assert await ids(app, '"sigourney weaver"') == [it]
    assert await ids(app, '"weaver of sigourney"') == [other]


async def test_kinds_are_merged_by_rank(app: Container) -> None:
    film, person, far = await told(
        app,
        document(title="Nolan's Road"),
        document(SearchKind.PERSON, title="Nolan"),
        document(SearchKind.SHOW, title="Something", texts={"overview": ("Of Nolan.",)}),
    )
    kinds = (SearchKind.SHOW, SearchKind.MOVIE, SearchKind.PERSON)
    found = await app.search_server.backend.search(
        EVERYTHING, Search(text="nolan", kinds=kinds), 10
    )
    assert [hit.id for hit in found.hits] == [person, film, far]
    assert found.total == 3
    scores = [hit.score for hit in found.hits]
    assert scores == sorted(scores, reverse=True)
    assert found.backend == "typesense"


async def test_pages_are_beginnings_of_the_whole(app: Container) -> None:
    many = [
        document(title=f"Storm {n}" if n % 3 else "Storm", numbers={"popularity": float(n)})
        for n in range(600)
    ]
    await told(app, *many, *(document(SearchKind.PERSON, title=f"Storm {n}") for n in range(300)))
    asked = Search(text="storm", kinds=(SearchKind.MOVIE, SearchKind.PERSON))
    whole = await app.search_server.backend.search(EVERYTHING, asked, 900)
    assert len({hit.id for hit in whole.hits}) == whole.total == 900
    for depth in (1, 7, 20, 249, 251, 700):
        part = await app.search_server.backend.search(EVERYTHING, asked, depth)
        assert part.hits == whole.hits[:depth]


SEEN = [
    (EVERYTHING, {"a", "b", "c", "d"}),
    (Scope(libraries=frozenset({LIBRARY}), max_age=None, key="1"), {"a", "b", "d"}),
    (Scope(libraries=frozenset({OTHER}), max_age=None, key="2"), {"c", "d"}),
    (Scope(libraries=None, max_age=12, key="3"), {"a", "d"}),
    (Scope(libraries=frozenset({LIBRARY}), max_age=12, key="4"), {"a"}),
    (Scope(libraries=frozenset({OTHER}), max_age=6, key="5"), {"d"}),
    (Scope(libraries=frozenset(), max_age=None, key="6"), set()),
    (Scope(libraries=frozenset({LIBRARY, OTHER}), max_age=0, key="7"), set()),
]


async def world(app: Container) -> dict[str, UUID]:
    """Things in two libraries, of several ages; one is nowhere."""
    sights = {
        "a": (Sight(LIBRARY, 12),),
        "b": (Sight(LIBRARY, None),),
        "c": (Sight(OTHER, 18),),
        "d": (Sight(LIBRARY, 16), Sight(OTHER, 6)),
        "nowhere": (),
    }
    found = {name: document(title="Same", sights=s) for name, s in sights.items()}
    await told(app, *found.values())
    return {name: one.id for name, one in found.items()}


async def test_nobody_finds_what_they_may_not_see(app: Container) -> None:
    names = {id_: name for name, id_ in (await world(app)).items()}
    backend = app.search_server.backend
    for scope, seen in SEEN:
        assert {names[i] for i in await ids(app, "same", scope)} == seen, scope.key
        asked = Search(text="", kinds=MOVIE)
        assert {names[h.id] for h in (await backend.search(scope, asked, 9)).hits} == seen
        told_ = await backend.complete(scope, "sam", MOVIE, 9)
        assert {names[one.id] for one in told_} == seen
    only = Filters(libraries=(OTHER,))
    assert {names[i] for i in await ids(app, "same", filters=only)} == {"c", "d"}


async def test_facets_count_what_is_found(app: Container) -> None:
    odd = ("c`x", "a && b:=[", "R&B", "]", "sci-fi", "Sci-Fi", "日本")
    sights = (Sight(OTHER, 18),)
    some = [document(title=f"Odd {n}", facets={"genre": (v,)}) for n, v in enumerate(odd)]
    hidden = document(title="Odd", facets={"genre": ("Secret",)}, sights=sights)
    await told(app, *some, hidden, document(title="Plain", facets={"genre": ("R&B",)}))
    backend = app.search_server.backend
    scope = Scope(libraries=frozenset({LIBRARY}), max_age=None, key="1")
    found = await backend.facets(scope, Search(text="odd", kinds=MOVIE), ("genre", "status"))
    assert {one.value for one in found["genre"]} == set(odd)
    assert all(one.count == 1 for one in found["genre"])
    assert found["status"] == ()
    whole = await backend.facets(scope, Search(text="", kinds=MOVIE), ("genre",))
    assert whole["genre"][0] == Count("R&B", 2)
    for number, value in enumerate(odd):
        filters = Filters(values=(OneOf("genre", (value,)),))
        assert some[number].id in await ids(app, "odd", filters=filters)
        assert len(await ids(app, "odd", filters=filters)) == 1, value


async def test_numbers_filter_and_sort(app: Container) -> None:
    a, b, none = await told(
        app,
        document(
            title="Film one",
            year=1990,
            numbers={"rating": 7.3, "added": 1_700_000_001.0, "popularity": 3.0},
        ),
        document(
            title="Film two",
            year=2000,
            numbers={"rating": 5.0, "added": 1_700_000_002.0, "popularity": 2.0},
        ),
        document(title="Film three"),
    )

    async def within(number: Number, least: float | None, most: float | None) -> set[UUID]:
        ranges = (Between(number, least, most),)
        return set(await ids(app, "film", filters=Filters(ranges=ranges)))

    assert await within(Number.YEAR, 1990, 1999.5) == {a}
    assert await within(Number.RATING, 7.3, None) == {a}
    assert await within(Number.ADDED, 1_700_000_002, None) == {b}
    assert await within(Number.YEAR, float("nan"), None) == set()
    assert await within(Number.YEAR, float("-inf"), float("inf")) == {a, b}
    assert await ids(app, "film", sort=Number.YEAR) == [b, a, none]
    assert await ids(app, "film", sort=Number.ADDED, descending=False) == [a, b, none]
    assert await ids(app, "film", sort=Number.POPULARITY) == [a, b, none]
    assert await ids(app, "film", sort=Number.POPULARITY, descending=False) == [b, a, none]


async def test_completions_are_titles_and_forgive_typos(app: Container) -> None:
    a, b = await told(
        app,
        document(title="Interstellar", year=2014, numbers={"popularity": 5.0}),
        document(SearchKind.PERSON, title="Inter Person"),
    )
    kinds = (SearchKind.MOVIE, SearchKind.PERSON)
    found = await app.search_server.backend.complete(EVERYTHING, "inter", kinds, 5)
    assert {(one.id, one.title, one.year) for one in found} == {
        (a, "Interstellar", 2014),
        (b, "Inter Person", None),
    }
    [meant] = await app.search_server.backend.complete(EVERYTHING, "intersetll", kinds, 5)
    assert meant.id == a


async def test_users_are_in_no_library(app: Container) -> None:
    user = Document(kind=SearchKind.USER, id=LIBRARY, texts={"username": ("anna",)})
    await told(app, user)
    nothing = Scope(libraries=frozenset(), max_age=0, key="none")
    assert await ids(app, "ann", nothing, kinds=(SearchKind.USER,)) == [user.id]


async def test_no_index_is_unavailable(app: Container, typesense: TypesenseProcess) -> None:
    with pytest.raises(Unavailable):
        await ids(app, "anything")


async def test_a_server_that_hangs_is_soon_left_alone(
    app: Container, typesense: TypesenseProcess
) -> None:
    """The deadline of the whole answer does not keep failures from being counted."""
    await told(app, document(title="Anything"))
    assert await ids(app, "anything")
    typesense.pause()
    took: list[float] = []
    for _ in range(4):
        started = time.perf_counter()
        with pytest.raises(Unavailable):
            await ids(app, "anything")
        took.append(time.perf_counter() - started)
    assert took[3] < 0.3, took
