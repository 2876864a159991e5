"""What a recording notes, what spoils it, and how long its stamp holds."""

import time
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import pytest

from app.container import Container
from app.core import recording as module
from app.core.access import EVERYTHING, SYSTEM, Permission, Scope, Viewer
from app.core.errors import Forbidden
from app.core.ids import new_id
from app.core.l1 import L1, MOST_TAGS
from app.core.page import Keyset
from app.core.recording import LONGEST, Recording, recorded, spoil
from app.gql.compiled.watched import Noted, class_of, watched
from app.items.domain import ItemId
from app.movies.domain import MovieId, MovieQuery
from app.settings.domain import SERVER
from app.users.domain import UserId
from tests.conftest import wait_until
from tests.faults.nodes import Node, Things
from tests.support.people import People

SCOPE = Scope(libraries=None, max_age=None, key="some")
VIEWER = Viewer(scope=SCOPE, user_id=new_id(), permissions=frozenset({Permission.MOVIES_LIST}))


@pytest.fixture
def marks() -> L1:
    return L1(10, 1000)


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Hands:
    made = Hands()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=made.monotonic))
    return made


def noted(marks: L1, *tags: str, ttl: float = 600, now: float | None = None) -> Recording:
    made = Recording(marks)
    made.note(tags, (time.monotonic() if now is None else now) + ttl)
    return made


def test_a_stamp_holds_until_one_of_its_tags_is_stale(marks: L1) -> None:
    stamp = noted(marks, "a", "b").stamp()
    assert stamp is not None
    marks.stale(["c"])
    assert stamp.holds()
    marks.stale(["b"])
    assert not stamp.holds()
    assert not stamp.holds()


@pytest.mark.parametrize("flood", [False, True])
def test_a_stamp_does_not_outlive_the_versions(marks: L1, flood: bool) -> None:
    stamp = noted(marks, "a").stamp()
    assert stamp is not None
    if flood:
        marks.stale(f"t{n}" for n in range(MOST_TAGS + 1))
    else:
        marks.flush()
    assert not stamp.holds()


def test_a_tag_that_moves_between_two_reads(marks: L1) -> None:
    made = noted(marks, "a")
    marks.stale(["a"])
    made.note(["a"], time.monotonic() + 600)
    assert made.stamp() is None
    assert not made.spoiled  # the next time may be better


def test_a_tag_that_moves_between_the_read_and_the_keeping(marks: L1) -> None:
    made = noted(marks, "a")
    marks.stale(["a"])
    assert made.stamp() is None


def test_nothing_noted_is_nothing_to_stand_on(marks: L1) -> None:
    assert Recording(marks).stamp() is None


def test_what_is_spoiled_stays_so(marks: L1) -> None:
    made = noted(marks, "a")
    made.spoil()
    made.note(["b"], time.monotonic() + 600)
    assert made.stamp() is None


@pytest.mark.parametrize(("ttl", "longest"), [(600, LONGEST), (5, 5)])
def test_a_stamp_ends_in_time(marks: L1, clock: Hands, ttl: float, longest: float) -> None:
    stamp = noted(marks, "a", ttl=ttl, now=clock.now).stamp()
    assert stamp is not None
    clock.now += longest
    assert stamp.holds()
    clock.now += 0.01
    assert not stamp.holds()


def test_what_is_absorbed_or_joined_counts(marks: L1, clock: Hands) -> None:
    one, other, third = (
        noted(marks, tag, ttl=ttl, now=clock.now) for tag, ttl in (("a", 600), ("b", 9), ("c", 7))
    )
    stamp = third.stamp()
    assert stamp is not None
    one.join(other)
    one.absorb(stamp)
    whole = one.stamp()
    assert whole is not None
    assert {"a", "b", "c"} <= set(whole.mark)
    assert whole.deadline == clock.now + 7
    marks.stale(["c"])
    assert not whole.holds()
    spoiled = Recording(marks)
    spoiled.spoil()
    one.join(spoiled)
    assert one.spoiled


async def nothing(_: Container) -> None:
    """No read."""


async def a_setting(app: Container) -> None:
    app.settings.get(SERVER.all()[0])


async def redis(app: Container) -> None:
    async def ping() -> Any:
        return await app.redis.client.ping()

    await app.redis.run(ping)


async def rows(app: Container) -> None:
    await app.watch_repository.by_items(new_id(), [ItemId(new_id())])


async def a_write(app: Container) -> None:
    async with app.db.write(SYSTEM):
        pass


async def cached_entity(app: Container) -> None:
    await app.movie_repository.by_ids(EVERYTHING, [MovieId(new_id())])


async def cached_list(app: Container) -> None:
    await app.movie_repository.page(EVERYTHING, MovieQuery(), Keyset(3, None))


async def by_hand(_: Container) -> None:
    spoil()


@pytest.mark.parametrize("read", [a_setting, redis, rows, a_write, by_hand])
async def test_what_no_tag_stands_for_spoils(
    app: Container, read: Callable[[Container], Awaitable[None]]
) -> None:
    made = app.cache.recording()
    await read(app)
    assert not made.spoiled
    with recorded(made):
        await read(app)
    assert made.spoiled


@pytest.mark.parametrize("read", [cached_entity, cached_list])
async def test_cached_reads_note_their_tags(
    app: Container, read: Callable[[Container], Awaitable[None]]
) -> None:
    for whence in ("from PostgreSQL", "from memory", "from PostgreSQL again"):
        made = app.cache.recording()
        with recorded(made):
            await read(app)
        stamp = made.stamp()
        assert stamp is not None
        await app.cache.settle()
        assert stamp.holds()
        if whence == "from memory":
            app.cache.stale(stamp.mark.keys() - {""})
            assert not stamp.holds()


async def test_a_write_of_another_process_ends_a_stamp(one: Node, other: Node) -> None:
    things = Things(one.cache, {1: "first", 2: "second"})
    made = one.cache.recording()
    with recorded(made):
        assert await things.name(1) == "first"
    stamp = made.stamp()
    assert stamp is not None
    await other.touch("thing:2")
    await other.touch("thing:1")
    await wait_until(lambda: not stamp.holds())


async def test_a_write_while_rows_are_read_ends_what_was_read(one: Node, other: Node) -> None:
    things = Things(one.cache, {1: "first"})

    async def written() -> None:
        seen = one.cache.l1.changes
        await other.touch("thing:1")
        await wait_until(lambda: one.cache.l1.changes > seen)

    things.after = written
    made = one.cache.recording()
    with recorded(made):
        assert await things.name(1) == "first"
    assert not made.spoiled
    assert made.stamp() is None


# -- who asks


@pytest.mark.parametrize(
    "look",
    [
        lambda v: v.user_id,
        lambda v: v.username,
        lambda v: v.account,
        lambda v: v.signed_in,
        lambda v: v.permissions,
        lambda v: v.may(Permission.MOVIES_LIST),
        lambda v: v.has(Permission.MOVIES_LIST),
        lambda v: v.client,
        lambda v: v.api_key_id,
        lambda v: v.require(Permission.MOVIES_LIST),
    ],
)
def test_to_look_at_more_than_the_scope_spoils(marks: L1, look: Callable[[Viewer], Any]) -> None:
    made = noted(marks, "a")
    viewer = watched(VIEWER, made, frozenset())
    assert viewer.scope is SCOPE
    assert not made.spoiled
    look(viewer)
    assert made.spoiled


def test_what_is_granted_is_required_freely(marks: L1) -> None:
    made = noted(marks, "a")
    watched(VIEWER, made, frozenset({Permission.MOVIES_LIST})).require(Permission.MOVIES_LIST)
    assert not made.spoiled


def test_nobody_is_granted_what_is_not_theirs(marks: L1) -> None:
    made = noted(marks, "a")
    context = SimpleNamespace(app=None, nodes=None, language="", viewer=VIEWER, reply="cookies")
    shared = frozenset({Permission.MOVIES_LIST, Permission.SHOWS_LIST})
    shown = Noted(context, made, shared)
    shown.viewer.require(Permission.MOVIES_LIST)
    assert not made.spoiled
    with pytest.raises(Forbidden):
        shown.viewer.require(Permission.SHOWS_LIST)
    assert made.spoiled


def test_to_look_at_the_request_spoils(marks: L1) -> None:
    made = noted(marks, "a")
    context = SimpleNamespace(app=1, nodes=2, viewer=VIEWER, reply="cookies")
    shown = Noted(context, made, frozenset())
    assert (shown.app, shown.nodes) == (1, 2)
    assert not made.spoiled
    assert shown.reply == "cookies"
    assert made.spoiled


def test_a_class_is_all_that_a_scope_lets_one_do() -> None:
    one = new_id()
    scopes = [
        SCOPE,
        Scope(libraries=None, max_age=None, key="other"),
        Scope(libraries=None, max_age=None, key="some", downloads=frozenset({one})),
        Scope(libraries=None, max_age=None, key="some", manages=frozenset({one})),
        Scope(libraries=None, max_age=None, key="some", manages=None),
    ]
    assert len({class_of(scope) for scope in scopes}) == len(scopes)
    assert class_of(SCOPE) == class_of(Scope(libraries=None, max_age=None, key="some"))


async def test_an_account_is_for_those_who_may_know_it(app: Container, people: People) -> None:
    """A read that is cached and looks at who asks is noted, and spoiled all the same."""
    made = app.cache.recording()
    ann = await people.make()
    viewer = watched(await people.viewer(ann), made, frozenset())
    with recorded(made):
        await app.users.by_ids(viewer, [UserId(ann.id)])
    assert made.stamp() is None
