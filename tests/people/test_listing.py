"""Lists of people and of what they did: in order, found by words, fast, and one's own alone."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text

from app.catalog.domain import Credit, CreditKind
from app.container import Container
from app.core.access import SYSTEM, Scope
from app.core.asked import asked
from app.core.ids import new_id
from app.core.page import Keyset
from app.items.domain import ItemId
from app.people.domain import (
    PUNCTUATION,
    PersonDetails,
    PersonId,
    PersonQuery,
    PersonSort,
    name_words,
)
from app.people.repository.reading import _beginning
from tests.support.api import Api
from tests.support.library import Film, Shelf, Shelves
from tests.support.people import People, Somebody
from tests.support.series import Series, add_series

PEOPLE = """query($search: String, $sort: PersonSort!, $first: Int!, $after: String) {
  people(search: $search, sort: $sort, first: $first, after: $after) {
    totalCount nodes { name } pageInfo { hasNextPage endCursor } } }"""
CREDITS = """query($id: ID!, $first: Int!) { person(id: $id) { credits(first: $first) {
  kind job character department episodeCount item { __typename title } } } }"""
BIOGRAPHY = "query($id: ID!, $tag: String) { person(id: $id) { biography(language: $tag) } }"


class Stage:
    """A library with films and a show; `guest` sees it, and nothing above an age of 12."""

    def __init__(self, app: Container, api: Api, shelf: Shelf, guest: Somebody) -> None:
        self.app, self.api, self.shelf, self.guest = app, api, shelf, guest

    @classmethod
    async def make(cls, app: Container, api: Api, people: People) -> "Stage":
        shelf = await Shelves(app).library("Everything")
        return cls(app, api, shelf, await people.make(libraries=[shelf.id], max_age=12))

    async def films(self, *films: Film) -> list[ItemId]:
        made = await Shelves(self.app).fill(self.shelf, films)
        return [ItemId(i) for i in made]

    async def add(self, *credits_: Credit) -> None:
        async with self.app.db.write(SYSTEM) as tx:
            for credit in credits_:
                await self.app.catalog_repository.add_credits(tx, {credit.item_id: [credit]})

    async def names(self, search: str | None = None, sort: str = "NAME", first: int = 50) -> Any:
        data = await self.api.run(PEOPLE, self.guest, search=search, sort=sort, first=first)
        assert data["people"]["totalCount"] == len(data["people"]["nodes"])
        return [node["name"] for node in data["people"]["nodes"]]

    async def person(self, name: str) -> PersonId:
        async with self.app.db.write(SYSTEM) as tx:
            return (await self.app.person_repository.ensure(tx, {name: None}))[name]

    async def did(self, name: str, first: int = 50) -> list[dict[str, Any]]:
        ref = f"person_{(await self.person(name)).hex}"
        data = await self.api.run(CREDITS, self.guest, id=ref, first=first)
        lines: list[dict[str, Any]] = data["person"]["credits"]
        return lines


@pytest.fixture
async def stage(app: Container, api: Api, people: People) -> Stage:
    return await Stage.make(app, api, people)


def film(title: str, *cast: str, year: int | None = 2000, age: int = 12) -> Film:
    """A film with these people and nobody else."""
    return Film(title, year=year, age=age, cast=cast, crew=(), collection=None)


async def test_words_of_names(stage: Stage) -> None:
    names = ["Zoë Saldaña", "J. J. Abrams", "Jean-Luc Godard", "Conan O'Brien", "宮崎 駿"]
    await stage.films(film("One", *names), film("Two", "Zoe Kazan", age=18))
    for search, found in {
        "zoe": ["Zoë Saldaña"],
        "ZOË  sal": ["Zoë Saldaña"],
        "sal zo": ["Zoë Saldaña"],
        "aldana": [],
        "j abr": ["J. J. Abrams"],
        "luc": ["Jean-Luc Godard"],
        "jean-luc": ["Jean-Luc Godard"],
        "o'b": ["Conan O'Brien"],
        "obrien": [],
        "宮": ["宮崎 駿"],
        "j": ["J. J. Abrams", "Jean-Luc Godard"],
        "kazan": [],
        "-": [],
        "' \\ & | ! :* <-> (": [],
        "o':* | j": [],
        " ".join("abcdefghijklm"): [],
    }.items():
        assert await stage.names(search) == found, search
        assert await stage.names(search, "POPULARITY") == found, search


async def test_every_sign_parts_words(stage: Stage) -> None:
    """In the database as in what is looked for."""
    names = [f"Left{sign}Right{n:02}" for n, sign in enumerate(PUNCTUATION)]
    await stage.films(film("One", *names))
    for n, name in enumerate(names):
        assert await stage.names(f"right{n:02}") == [name]
        assert await stage.names(name) == [name]


async def test_by_name_and_by_popularity(stage: Stage) -> None:
    names = [f"Person {n:02}" for n in range(12)]
    await stage.films(film("One", *names))
    for n, name in enumerate(names[:8]):
        said = PersonDetails(popularity=float(n // 2), ids={"tmdb": str(n)})
        async with stage.app.db.write(SYSTEM) as tx:
            person = (await stage.app.person_repository.ensure(tx, {name: None}))[name]
            await stage.app.person_repository.describe(tx, person, said, datetime.now(UTC))
    assert await stage.names() == names
    known = sorted(range(8), key=lambda n: (-(n // 2), n))
    popular = [names[n] for n in (*known, *range(8, 12))]
    assert await stage.names(sort="POPULARITY") == popular
    for sort, wanted in (("NAME", names), ("POPULARITY", popular)):
        after, seen = None, []
        while True:
            given = {"search": "person", "sort": sort, "first": 5, "after": after}
            page = (await stage.api.run(PEOPLE, stage.guest, **given))["people"]
            seen += [node["name"] for node in page["nodes"]]
            after = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert seen == wanted


async def test_what_somebody_did(stage: Stage) -> None:
    """The newest first, one line for each film or show, kind and job; nothing of anybody else."""
    old, _, unknown, new, _ = await stage.films(
        film("Old", "Ann", year=1950),
        film("Not Ann's", "Ben", year=2020),
        film("Unknown", "Ann", year=None),
        film("New", "Ben", year=2010),
        film("Too Old For You", "Ann", year=2015, age=16),
    )
    ann = await stage.person("Ann")
    parts = ((unknown, "crew", "Writer", None), (new, "cast", None, "A"), (new, "cast", None, "B"))
    await stage.add(
        *(
            Credit(
                id=new_id(),
                item_id=item,
                person_id=ann,
                kind=CreditKind(kind),
                job=job,
                character=character,
                position=n + 1,
            )
            for n, (item, kind, job, character) in enumerate(parts)
        )
    )
    async with stage.app.db.write(SYSTEM) as tx:
        aired = {"release_date": date(1950, 12, 1)}
        await stage.app.movie_repository.describe(tx, {old: aired})
    lines = await stage.did("Ann")
    told = [(li["item"]["title"], li["kind"], li["job"], li["character"]) for li in lines]
    assert told == [
        ("New", "CAST", None, "A / B"),
        ("Old", "CAST", None, "Role 0"),
        ("Unknown", "CAST", None, "Role 0"),
        ("Unknown", "CREW", "Writer", None),
    ]
    assert [li["item"]["title"] for li in await stage.did("Ann", first=2)] == ["New", "Old"]
    assert [li["item"]["title"] for li in await stage.did("Ben")] == ["Not Ann's", "New"]


async def test_a_show_is_one_line(stage: Stage) -> None:
    [made] = await add_series(
        stage.app,
        stage.shelf,
        [Series("Show", {1: 30, 2: 30}, age=10, cast=("Reg",), crew=(), guests=("Gus",))],
    )
    episodes = list(made.episodes.values())
    async with stage.app.db.write(SYSTEM) as tx:
        await stage.app.item_repository.rate(tx, [(ItemId(i), "R", 17) for i in episodes[:10]])
        await tx.execute(
            text("update credits set character = 'Boss' where item_id = any(:ids)"),
            {"ids": episodes[15:50]},
        )
        tx.touch("items")
    [gus] = await stage.did("Gus")
    assert gus == {
        "kind": "GUEST",
        "job": None,
        "character": "Boss",
        "department": None,
        "episodeCount": 50,
        "item": {"__typename": "Show", "title": "Show"},
    }
    [regular] = await stage.did("Reg")
    assert (regular["kind"], regular["episodeCount"]) == ("CAST", 50)
    assert regular["character"] == "Role 0", "as the show itself says"


async def test_biographies_by_language(stage: Stage) -> None:
    await stage.films(film("One", "Ann", "Ben"))
    ann, ben = await stage.person("Ann"), await stage.person("Ben")
    texts = {"de": "Deutsch", "pt-BR": "Brasil", "zh-Hant": "中"}
    async with stage.app.db.write(SYSTEM) as tx:
        for person, own in ((ann, "Own"), (ben, None)):
            said = PersonDetails(biography=own, biographies=texts)
            await stage.app.person_repository.describe(tx, person, said, datetime.now(UTC))

    async def told(person: PersonId, tag: str | None) -> str | None:
        ref = f"person_{person.hex}"
        data = await stage.api.run(BIOGRAPHY, stage.guest, id=ref, tag=tag)
        found: str | None = data["person"]["biography"]
        return found

    wanted = {None: "Own", "de": "Deutsch", "de-AT": "Deutsch", "pt": "Brasil", "fr": "Own"}
    for tag, text_ in wanted.items():
        assert await told(ann, tag) == text_
    assert await told(ben, "fr") in texts.values()
    ref = f"person_{ann.hex}"
    wrong = await stage.api.fails(BIOGRAPHY, stage.guest, id=ref, tag="no language!")
    assert (wrong.code, wrong.field) == ("INVALID", "language")


MANY = """
insert into libraries (id, name, name_key, language, kind)
  select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 'L' || n, 'l' || n, 'en', 'movies'
    from generate_series(1, 2) n;
insert into items (id, kind, library_id, age)
  select ('00000000-0000-7000-9000-' || lpad(n::text, 12, '0'))::uuid, 'movie',
         ('00000000-0000-7000-8000-00000000000' || 1 + n % 2)::uuid, 12
    from generate_series(1, 2000) n;
insert into people (id, name, name_key, popularity)
  select ('00000000-0000-7000-a000-' || lpad(n::text, 12, '0'))::uuid, md5(n::text), md5(n::text), n
    from generate_series(1, 10000) n;
insert into credits (id, item_id, person_id, kind, position)
  select gen_random_uuid(),
         ('00000000-0000-7000-9000-' || lpad((1 + n % 2000)::text, 12, '0'))::uuid,
         ('00000000-0000-7000-a000-' || lpad((1 + n * 7 % 10000)::text, 12, '0'))::uuid, 'cast', 0
    from generate_series(1, 50000) n;
"""


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (PersonQuery(), "ix_people_name_key"),
        (PersonQuery(sort=PersonSort.POPULARITY), "ix_people_popularity"),
        (PersonQuery(words=name_words("abc de")), "ix_people_words"),
    ],
    ids=["by name", "by popularity", "by words"],
)
async def test_lists_are_read_off_an_index(app: Container, query: PersonQuery, index: str) -> None:
    """However many people there are, a page looks at few of them."""
    for statement in MANY.strip().removesuffix(";").split(";\n"):
        await app.db.pool.execute(statement)
    await app.db.analyze()
    shown = Scope(
        libraries=frozenset({UUID("00000000-0000-7000-8000-000000000001")}), max_age=None, key="x"
    )
    repository = app.person_repository
    listed, given = app.db._statements.built(
        asked(repository._listed, shown, query.sort, _beginning(query.words))
    )
    statement, place = listed.page("people", Keyset(20))
    question = app.db.compile(statement, {**given, **place})
    async with app.db.pool.acquire() as connection:
        explained = await connection.fetch(
            f"explain (analyze, format json) {question.sql}", *question.args
        )
    plan = orjson.loads(explained[0][0])[0]["Plan"]
    nodes = [*_nodes(plan)]
    assert index in {node.get("Index Name") for node in nodes}, plan
    read = sum(
        n["Actual Rows"] * n["Actual Loops"] for n in nodes if n.get("Relation Name") == "people"
    )
    assert read < 500, plan


def _nodes(plan: dict[str, Any]) -> Any:
    yield plan
    for child in plan.get("Plans", ()):
        yield from _nodes(child)
