"""Persons by name: written differently, made at once by many."""

import asyncio

from app.container import Container
from app.core.access import EVERYTHING, SYSTEM
from app.people.domain import NamedPerson, PersonId


async def test_one_person_per_name(app: Container) -> None:
    async with app.db.write(SYSTEM) as tx:
        ids = await app.person_repository.ensure(tx, {"Zoë  Saldaña": None, "ZOE SALDANA": "u"})
    assert len(set(ids.values())) == 1
    async with app.db.write(SYSTEM) as tx:
        again = await app.person_repository.ensure(tx, {"zoe saldana": None, "Other": None})
        assert await app.person_repository.ensure(tx, {}) == {}
    assert again["zoe saldana"] == ids["ZOE SALDANA"]
    found = await app.person_repository.by_ids(EVERYTHING, list(again.values()))
    assert len(found) == 2


async def test_many_imports_at_once_agree(app: Container) -> None:
    names = [f"Person {n}" for n in range(50)]

    async def ensure(turn: int) -> dict[str, PersonId]:
        mine = names[turn:] + names[:turn]
        async with app.db.write(SYSTEM) as tx:
            return await app.person_repository.ensure(tx, dict.fromkeys(mine))

    answers = await asyncio.gather(*(ensure(turn * 7) for turn in range(4)))
    assert all(answer == answers[0] for answer in answers)
    assert len(set(answers[0].values())) == 50


async def test_a_name_is_the_only_one_who_has_it(app: Container) -> None:
    """A provider's person where there is one of that name; of several nobody knows which."""
    people = app.person_repository
    async with app.db.write(SYSTEM) as tx:
        [ann] = await people.recognise(tx, [NamedPerson(name="Ann", ids={"tmdb": "1"})])
        assert (await people.ensure(tx, {"ANN": None})) == {"ANN": ann}
        [other] = await people.recognise(tx, [NamedPerson(name="Ann", ids={"tmdb": "2"})])
        unknown = (await people.ensure(tx, {"Ann": "https://pictures.test/ann"}))["Ann"]
        assert unknown not in {ann, other}
        assert (await people.ensure(tx, {"Ann": None})) == {"Ann": unknown}
    found = await people.by_ids(EVERYTHING, [ann, other, unknown])
    assert [found[i].portrait_url is None for i in (ann, other, unknown)] == [True, True, False]
