"""Where root fields are tried: a world in which they are possible once more, and what shows that
they have left it alone.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any, Self

from sqlalchemy import text

from app.auth.domain import LetterKind
from app.catalog.domain.said import MetadataField
from app.core.access import SYSTEM
from app.core.ids import new_id
from app.core.tables import metadata
from app.items.domain import ItemId
from app.libraries.domain import LibraryId, ScanId, ScanState
from app.movies.domain import MovieId
from app.rbac.domain import BuiltIn
from tests.access_arguments import LINK_TOKEN, who
from tests.gql.world import World, former, librarian, pending
from tests.mail.test_graphql import configure as send_by
from tests.mfa.stage import Stage
from tests.oidc.provider import running
from tests.oidc.stage import Stage as OidcStage
from tests.support.kept import begin_with
from tests.support.letters import letter
from tests.support.library import Shelf, Shelves
from tests.support.people import People
from tests.support.series import Series, numbered
from tests.support.smtp import smtp_server
from tests.support.statements import caused

LINKS = {
    "Mutation.verifyEmail": LetterKind.VERIFY_EMAIL,
    "Mutation.resetPassword": LetterKind.RESET_PASSWORD,
}
MAILS = {
    f"Mutation.{name}"
    for name in ("changeEmail", "forgotPassword", "resendVerification", "sendTestMail")
}
# Jobs of which one that waits, or was done just now, is enough.
ASKED_FOR_ONCE = {
    "Mutation.refreshMetadata": "metadata.refresh",
    "Mutation.reindex": "search.reindex",
}
FACTORS = re.compile("Totp|BackupCode|webauthn|[pP]asskey|TrustedDevice|Factors")


async def quiet(app: Any, people: People) -> World:
    """Only people; the ids of things are made up, for nothing is loaded."""
    return await begin_with(app, people, _quiet)


async def _quiet(app: Any, people: People) -> World:
    shelf = Shelf(
        LibraryId(new_id()),
        movies=[MovieId(new_id())],
        scans=[ScanId(new_id())],
        collections={"Open Saga": new_id()},
    )
    user, show = await people.make(), numbered(Series("Nowhere"))
    return World(
        app=app,
        people=people,
        shelves=Shelves(app),
        open=shelf,
        hidden=shelf,
        admin=await people.admin(),
        moderator=await people.make(BuiltIn.MODERATOR),
        alice=user,
        bob=user,
        child=user,
        guest=await people.make(BuiltIn.GUEST),
        nobody=user,
        librarian=await librarian(app, people, None),
        pending=await pending(app, people),
        former=await former(app, people),
        job=new_id(),
        role=new_id(),
        grant=new_id(),
        shows=[show],
        hidden_shows=[show],
    )


SPARE_ACTOR = """
insert into people (id, name, name_key) values (:person, 'Spare Actor', 'spare actor')
on conflict do nothing;
delete from credits where person_id = :person;
insert into credits (id, item_id, person_id, kind, position)
values (gen_random_uuid(), :movie, :person, 'guest', 0)
"""


@contextlib.asynccontextmanager
async def outside(path: str, world: World) -> AsyncIterator[None]:
    """A provider or a mail server, for what needs one."""
    if "Oidc" in path:
        async with running() as provider:
            world.provider = OidcStage(world.app, provider)
            try:
                yield
            finally:
                await world.app.outside.close()
    elif path in MAILS:
        with smtp_server() as server:
            await send_by(world.app, server)
            yield
    else:
        yield


async def prepare(path: str, world: World, role: str) -> None:
    """Make the mutation possible once more."""
    await prepare_outside(path, world, role)
    if FACTORS.search(path) and (path, role) != ("Mutation.resetFactors", "factor_owed"):
        signed_in = None if role == "revoked" else who(world, role)
        world.factors = await Stage.make(world.app, signed_in or world.alice)
    async with world.app.db.write(SYSTEM) as tx:
        await tx.execute(text("update library_scans set state = 'completed'"))
    if path in LINKS:
        await letter(world.app, world.bob.id, LINKS[path], LINK_TOKEN)
    if "ession" in path:
        await world.spare_sessions()
    if "ApiKey" in path:
        await world.new_keys()
    if path == "Mutation.cancelScan":
        await world.shelves.scan(world.open, ScanState.PENDING)
    if path == "Mutation.resetSetting":
        await world.app.settings.update(SYSTEM, "server.name", "Ours")
    if path == "Mutation.unhideLibrary":
        await world.app.rbac.hide(SYSTEM, world.child.id, world.open.id)
    await prepare_people(path, world)
    await prepare_metadata(path, world)
    if path == "Mutation.mergePeople":
        await spare_actor(world)
    if path == "Mutation.cancelJob":
        async with world.app.db.write(SYSTEM) as tx:
            await tx.execute(text("update jobs set state = 'available', finished_at = null"))


async def prepare_outside(path: str, world: World, role: str) -> None:
    """The same for what providers and mails are about."""
    if world.provider is not None:
        world.elsewhere = await world.provider.given(path.partition(".")[2], who(world, role))
    if path in MAILS:
        async with world.app.db.write(SYSTEM) as tx:
            for statement in (
                "delete from account_tokens",
                "delete from sign_in_attempts",  # letters asked for are counted there, too
                "update users set email = username || '@example.org', email_verified_at = null",
            ):
                await tx.execute(text(statement))


async def prepare_metadata(path: str, world: World) -> None:
    """The same for what is said of items."""
    if path in ASKED_FOR_ONCE:
        async with world.app.db.write(SYSTEM) as tx:
            kind = {"kind": ASKED_FOR_ONCE[path]}
            await tx.execute(text("delete from jobs where kind = :kind"), kind)
    if path in ("Mutation.lockFields", "Mutation.unlockFields"):
        locked, item = path == "Mutation.unlockFields", ItemId(world.open.movies[0])
        await world.app.editing.lock(SYSTEM, item, [MetadataField.TITLE], locked=locked)


async def prepare_people(path: str, world: World) -> None:
    """The same for what is done to accounts."""
    if path == "Mutation.activateUser":
        async with world.app.db.write(SYSTEM) as tx:
            await tx.execute(text("update users set is_active = id <> :id"), {"id": world.bob.id})
    if path == "Mutation.restoreUser":
        async with world.app.db.write(SYSTEM) as tx:
            await tx.execute(
                text("update users set deleted_at = now() where id = :id"), {"id": world.bob.id}
            )
    if path in ("Mutation.deactivateAccount", "Mutation.deleteAccount"):
        await world.people.admin()  # the last one could not
    if path == "Mutation.setAvatar":
        await world.send_pictures()
    if path == "Mutation.deleteAvatar":
        async with world.app.db.write(SYSTEM) as tx:
            await tx.execute(text("update users set avatar_id = gen_random_uuid()"))


async def spare_actor(world: World) -> None:
    """Somebody to be merged, once more: who took part in the first film."""
    given = {"person": world.open.people["Spare Actor"], "movie": world.open.movies[0]}
    async with world.app.db.write(SYSTEM) as tx:
        for statement in SPARE_ACTOR.split(";"):
            await tx.execute(text(statement), given)
        tx.touch("items")


class Statements:
    """The SQL that runs while one is in it."""

    def __init__(self, world: World) -> None:
        self._db = world.app.db
        self.seen: list[str] = []

    @property
    def of_others(self) -> list[str]:
        """What is not looking up who asks."""
        return [sql for sql in self.seen if "token_hash" not in sql]

    def __enter__(self) -> Self:
        self._db.statements = caused(self.seen)
        return self

    def __exit__(self, *_: object) -> None:
        self._db.statements = None


PRINTS = " union all ".join(
    f"select '{table.name}', count(*), coalesce(sum(hashtextextended(t::text, 0)::numeric), 0)"
    f' from "{table.name}" as t'
    for table in metadata.sorted_tables
    if table.name != "outbox"  # its rows are marked as sent meanwhile
)


async def fingerprint(world: World) -> list[Any]:
    """How many rows every table has, and what stands in them."""
    return [tuple(row) for row in await world.app.db.records(text(PRINTS))]


async def first_of(stream: AsyncIterator[Any], seconds: float) -> Any:
    """The first result of a subscription, None where it ended; raises TimeoutError where it waits.

    A machine that stands still for as long has not let it begin: it has some turns in any case.
    """
    first = asyncio.ensure_future(anext(stream, None))
    await asyncio.wait([first], timeout=seconds)
    for _ in range(20):
        if first.done():
            return first.result()
        await asyncio.sleep(0.001)
    first.cancel()
    await asyncio.wait([first])
    raise TimeoutError
