"""Who credits mean: by ids, by names where there are none, whoever asks at the same time."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.core.clock import SteppedClock
from app.people.domain import (
    Known,
    NamedPerson,
    PersonDetails,
    PersonEdit,
    PersonField,
    PersonId,
    differ,
    pairs_of,
    recognise,
)
from app.people.jobs import MergeTwins
from tests.auth.people import rows
from tests.support.jobs import carry_out_waiting
from tests.support.statements import caused

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def named(name: str, portrait: str | None = None, **ids: str) -> NamedPerson:
    """A person of a film's credits as TMDb names them."""
    return NamedPerson(name=name, ids=ids, portrait_url=portrait, provider="tmdb")


async def who(app: Container, *some: NamedPerson) -> list[PersonId]:
    """The persons that these are."""
    async with app.db.write(SYSTEM) as tx:
        return await app.person_repository.recognise(tx, some)


async def due(app: Container, now: datetime, most: int = 10) -> set[PersonId]:
    """Who is taken to be asked for, for an hour."""
    async with app.db.write(SYSTEM) as tx:
        until = now + timedelta(hours=1)
        return set(await app.person_repository.take_due(tx, now, until, most))


async def ids_of(app: Container, person: PersonId) -> dict[str, str]:
    """A person's ids elsewhere."""
    found = await app.person_repository.external_ids(EVERYTHING, [person])
    return dict(found.get(person, ()))


async def test_by_any_id(app: Container) -> None:
    [ann] = await who(app, named("Ann", tmdb="1", imdb="nm1"))
    assert await who(app, named("Ann Other", imdb="nm1"), named("X", tmdb="1")) == [ann, ann]
    [same] = await who(app, named("Ann", "https://a.test/1", tvdb="7", imdb="nm1"))
    assert same == ann
    assert await ids_of(app, ann) == {"tmdb": "1", "imdb": "nm1", "tvdb": "7"}
    assert await who(app, named("Anybody", tvdb="7")) == [ann]
    [ben] = await who(app, named("Ann", tmdb="2"))
    assert ben != ann, "a name alone does not make them one"
    shown = (await app.person_repository.by_ids(EVERYTHING, [ann]))[ann]
    assert (shown.name, shown.portrait_url) == ("Ann", "https://a.test/1")
    await who(app, named("Ann", "https://a.test/2", tmdb="1"))
    shown = (await app.person_repository.by_ids(EVERYTHING, [ann]))[ann]
    assert shown.portrait_url == "https://a.test/1", "it is the first one that stays"


async def test_who_was_known_by_name_is_adopted_once(app: Container) -> None:
    async with app.db.write(SYSTEM) as tx:
        by_name = await app.person_repository.ensure(tx, {"Zoë Saldaña": None, "Ben": None})
    first, second, again = await who(
        app,
        named("Zoe Saldana", tmdb="1"),
        named("Zoe Saldana", tmdb="2"),
        named("ZOE SALDANA", tmdb="1"),
    )
    assert first == again == by_name["Zoë Saldaña"]
    assert second != first
    [third] = await who(app, named("Zoe Saldana", tmdb="3"))
    assert third not in {first, second}, "there is nobody left who is known by name alone"
    assert await who(app, named("Ben")) == [by_name["Ben"]]
    nobody_knows, new = await who(app, named("Zoe Saldana"), named("Cleo"))
    assert nobody_knows not in {first, second, third}
    assert await who(app, named("Cleo"), named("Cleo", tmdb="9")) == [new, new]


async def test_new_ones_are_to_be_asked_for(app: Container) -> None:
    app.person_repository.clock = clock = SteppedClock(NOW)
    async with app.db.write(SYSTEM) as tx:
        await app.person_repository.ensure(tx, {"Ben": None})
    [ann, ben, _] = await who(app, named("Ann", tmdb="1"), named("Ben", tmdb="2"), named("Cleo"))
    assert await due(app, NOW - timedelta(seconds=1)) == set()
    assert await due(app, NOW) == {ann, ben}
    assert await due(app, NOW) == set(), "they are whose who took them"
    later = NOW + timedelta(days=30)
    async with app.db.write(SYSTEM) as tx:
        await app.person_repository.describe(tx, ann, PersonDetails(), later)
        for _ in range(2):
            await app.person_repository.mark_failed(tx, ben, "It does not answer.", later)
    clock.advance(timedelta(days=1))
    assert await who(app, named("Ann", tmdb="1")) == [ann], "who is known is not asked for anew"
    assert await due(app, clock.now()) == set()
    assert len(await due(app, later, 1)) == 1
    told = await rows(
        app,
        "select value, failures, problem from people"
        " join person_ids on person_id = people.id order by value",
    )
    assert told == [("1", 0, None), ("2", 2, "It does not answer.")]


async def test_two_who_are_one_are_merged(app: Container) -> None:
    ann, other = await who(app, named("Ann", tmdb="1"), named("Ann B.", imdb="nm1"))
    assert ann != other
    assert await who(app, named("Ann", tmdb="1", imdb="nm1")) == [ann]
    assert await carry_out_waiting(app, MergeTwins.policy.name) == "completed"
    assert await ids_of(app, ann) == {"tmdb": "1", "imdb": "nm1"}
    assert await app.person_repository.by_ids(EVERYTHING, [ann, other]) == {
        ann: (await app.person_repository.by_ids(EVERYTHING, [ann]))[ann]
    }


@pytest.mark.parametrize("why", ["edited", "known apart"])
async def test_two_who_may_not_be_one_stay_two(why: str, app: Container) -> None:
    known = {"imdb": "nm1"} if why == "edited" else {"imdb": "nm1", "tmdb": "2"}
    ann, other = await who(app, named("Ann", tmdb="1"), named("Ann", **known))
    job = MergeTwins(ann, other)
    if why == "edited":
        async with app.db.write(SYSTEM) as tx:
            edit = PersonEdit(values={PersonField.BIRTH_PLACE: "Rome"})
            await app.person_repository.edit(tx, other, edit)
    assert await who(app, named("Ann", tmdb="1", imdb="nm1")) == [ann]
    assert await carry_out_waiting(app, job.policy.name) == "none"
    async with app.db.write(SYSTEM) as tx:  # and as long as it waits this may become so
        tx.enqueue(job)
    assert await carry_out_waiting(app, job.policy.name) == "completed"
    assert len(await app.person_repository.by_ids(EVERYTHING, [ann, other])) == 2
    assert await ids_of(app, ann) == {"tmdb": "1"}


async def test_as_many_statements_for_two_thousand_as_for_one(app: Container) -> None:
    async def counted(some: Sequence[NamedPerson]) -> int:
        seen: list[str] = []
        async with app.db.write(SYSTEM) as tx:
            app.db.statements = caused(seen)
            found = await app.person_repository.recognise(tx, some)
            app.db.statements = None
        assert len(found) == len(some)
        return len(seen)

    async with app.db.write(SYSTEM) as tx:
        await app.person_repository.ensure(tx, {f"Known {n}": None for n in range(2001)})
    told, again = [], []
    for start, count in ((0, 1), (1, 2000)):
        some = [
            one
            for n in range(start, start + count)
            for one in (
                named(f"Person {n}", f"https://a.test/{n}", tmdb=str(n)),
                named(f"Known {n}", f"https://a.test/k{n}", tmdb=f"k{n}"),
                named(f"Nameless {n}"),
            )
        ]
        told.append(await counted(some))
        before = await rows(app, "select sum(xmin::text::bigint), count(*) from people")
        again.append(await counted(some))
        assert await rows(app, "select sum(xmin::text::bigint), count(*) from people") == before
    assert told[0] == told[1]
    assert again == [2, 2], "a lock and a look"


async def test_whoever_asks_at_the_same_time_agrees(app: Container) -> None:
    """Of a few persons, each of them by some of their ids; names mean several of them."""

    def some(dice: Random) -> list[NamedPerson]:
        numbers = dice.sample(range(30), 20)
        every = [{"tmdb": str(n), "imdb": f"nm{n}", "tvdb": f"t{n}"} for n in numbers]
        return [
            NamedPerson(
                name=f"Name {n % 7}",
                ids={"tmdb": own["tmdb"], **{s: own[s] for s in dice.sample(list(own), 1)}},
                portrait_url=f"https://a.test/{n}",
                provider="tmdb",
            )
            for n, own in zip(numbers, every, strict=True)
        ]

    async def ask(turn: int) -> list[tuple[str, PersonId]]:
        wanted = some(Random(turn))
        async with app.db.write(SYSTEM) as tx:
            found = await app.person_repository.recognise(tx, wanted[:10])
            found += await app.person_repository.recognise(tx, wanted[10:])
            names = {f"Name {n}": None for n in range(7)}
            await app.person_repository.ensure(tx, names)
        return [(one.ids["tmdb"], person) for one, person in zip(wanted, found, strict=True)]

    answers = await asyncio.gather(*(ask(turn) for turn in range(8)))
    pairs = {pair for answer in answers for pair in answer}
    assert len(pairs) == len({number for number, _ in pairs}) == len({i for _, i in pairs})


# -- without a database

SOME = st.lists(
    st.builds(
        NamedPerson,
        name=st.sampled_from(["Ann", "ANN", "Ben"]),
        ids=st.dictionaries(
            st.sampled_from(["tmdb", "imdb"]), st.sampled_from(["1", "2", "3"]), max_size=2
        ),
        provider=st.sampled_from([None, "tmdb", "imdb"]),
    ),
    max_size=8,
)


@given(SOME)
def test_what_was_recognised_is_recognised_again(some: list[NamedPerson]) -> None:
    first = recognise(some, [])
    assert len(first.ids) == len(some)
    owners = dict(first.added)
    for one, person in zip(some, first.ids, strict=True):
        for pair in pairs_of(one):
            assert pair in owners
        if pairs_of(one):
            assert person in {owners[pair] for pair in pairs_of(one)}
    known = [made for _, made in first.made.values()]
    assert sum(not one.identified for one in known if one.name_key == "ann") <= 1
    again = recognise(some, known)
    assert not again.news
    assert [a for a, n in zip(again.ids, some, strict=True) if n.ids] == [
        f for f, n in zip(first.ids, some, strict=True) if n.ids
    ]


@given(SOME, SOME)
def test_who_was_edited_is_nobodys_twin(some: list[NamedPerson], more: list[NamedPerson]) -> None:
    known = [person for _, person in recognise(some, []).made.values()]
    edited = [
        Known(id=k.id, name_key=k.name_key, identified=k.identified, edited=True, ids={*k.ids})
        for k in known
    ]
    assert not {i for pair in recognise(more, edited).twins for i in pair} & {k.id for k in known}


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ([("tmdb", "1")], [("imdb", "nm1")], False),
        ([("tmdb", "1")], [("tmdb", "2")], True),
        ([("tmdb", "1"), ("tmdb", "2")], [("tmdb", "2")], False),
        ([("tmdb", "1"), ("imdb", "nm1")], [("tmdb", "1"), ("imdb", "nm2")], True),
        ([], [("tmdb", "1")], False),
    ],
)
def test_whom_a_source_knows_apart(
    one: list[tuple[str, str]], other: list[tuple[str, str]], apart: bool
) -> None:
    assert differ(one, other) is differ(other, one) is apart
