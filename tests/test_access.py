"""Who may do what: every root field × every kind of principal, against a reviewed table.

`access_matrix.json` is that table. A root field without a row fails; a row that is wrong fails. To
review a change, run with WRITE_ACCESS_MATRIX=1 and read the difference.
"""

import asyncio
import contextlib
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import pytest
from sqlalchemy import text

from app.auth.domain import LetterKind
from app.core.access import NOWHERE, SYSTEM, Permission
from app.core.ids import encode_id, new_id
from app.core.tables import metadata
from app.gql.documents import Refused
from app.gql.execution import Request
from app.libraries.domain import LibraryId, ScanId, ScanState
from app.main import AppGateway, WebApp
from app.mfa.domain import Purpose
from app.movies.domain import MovieId
from app.rbac.domain import BuiltIn
from app.schema import build_schema, node_registry
from tests.gql.operations import operation, root_fields, smallest
from tests.gql.rules import PUBLIC_ROOTS
from tests.gql.world import World, former, librarian, pending
from tests.mail.test_graphql import configure as send_by
from tests.mfa.stage import Stage
from tests.oidc.provider import running
from tests.oidc.stage import Stage as OidcStage
from tests.support.api import Api, origin
from tests.support.kept import begin_with
from tests.support.letters import letter
from tests.support.library import Shelf, Shelves
from tests.support.people import People, Somebody
from tests.support.series import Series, numbered
from tests.support.smtp import smtp_server
from tests.support.statements import caused

TABLE = Path(__file__).parent / "access_matrix.json"
FIELDS = root_fields(build_schema()._schema)
MUTATIONS = sorted(path for path in FIELDS if path.startswith("Mutation."))
ROLES = (
    "anonymous",
    "guest",
    "user",
    "ungranted",
    "custom",
    "moderator",
    "administrator",
    "factor_owed",
    "revoked",
)
PASSWORD = "correct horse battery"
LINK_TOKEN = "rvm_of-a-link-in-a-mail"
LINKS = {
    "Mutation.verifyEmail": LetterKind.VERIFY_EMAIL,
    "Mutation.resetPassword": LetterKind.RESET_PASSWORD,
}
MAILS = {
    f"Mutation.{name}"
    for name in ("changeEmail", "forgotPassword", "resendVerification", "sendTestMail")
}
# What they do is done elsewhere.
TRACELESS = {"Mutation.sendTestMail", "Mutation.testOidcProvider"}
# Their outcome stands in a result for each item.
PER_ITEM = {"Mutation.bulkMarkWatched"}
DENIED = {"UNAUTHENTICATED", "FORBIDDEN"}
FACTORS = re.compile("Totp|BackupCode|webauthn|[pP]asskey|TrustedDevice|Factors")


@pytest.fixture(scope="module")
def matrix() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(TABLE.read_text(encoding="utf-8"))
    return found


@pytest.fixture
async def world(app: Any, people: People) -> World:
    return await begin_with(app, people, with_passwords)


async def with_passwords(app: Any, people: People) -> World:
    made = await World.make(app, people)
    hashed = await app.hasher.hash(PASSWORD)
    async with app.db.write(SYSTEM) as tx:
        for role in ROLES[1:]:
            await app.auth_repository.set_password(tx, who(made, role).id, hashed, one_time=False)
    return made


def who(world: World, role: str) -> Any:
    """Somebody of a role; None is nobody."""
    return {
        "anonymous": None,
        "guest": world.guest,
        "user": world.alice,
        "ungranted": world.nobody,
        "moderator": world.moderator,
        "administrator": world.admin,
        "custom": world.librarian,
        "factor_owed": world.pending,
        "revoked": world.former,
    }[role]


def nowhere(name: str) -> dict[str, Any]:
    """Arguments of a provider's mutation where there is no provider."""
    if name.startswith("start"):
        return {"provider": "nowhere"}
    if name.startswith("finish"):
        return {"code": "rvo_nothing"}
    kind = "oidc_link" if name == "unlinkOidc" else "oidc_provider_config"
    more = {"input": {"displayName": "Renamed"}} if name == "updateOidcProvider" else {}
    return {"id": encode_id(kind, new_id()), **more}


def elsewhere(name: str) -> "Arguments":
    """Arguments of a provider's mutation: those of the stage, where there is one."""
    return lambda world, _: world.elsewhere or nowhere(name)


# The arguments of every root field that needs some: a field without a row here fails.
Arguments = Callable[[World, str], dict[str, Any]]


def first_of(ids: Sequence[UUID]) -> UUID:
    """One of these, or what is nowhere."""
    return ids[0] if ids else new_id()


ARGUMENTS: dict[str, Arguments] = {
    "Query.node": lambda w, _: {"id": w.open.movie_refs[0]},
    "Query.nodes": lambda w, _: {"ids": [w.open.movie_refs[0]]},
    "Query.library": lambda w, _: {"id": w.open.ref},
    "Query.movie": lambda w, _: {"id": w.open.movie_refs[0]},
    "Query.collection": lambda w, _: {
        "id": encode_id("collection", w.open.collections["Open Saga"])
    },
    "Query.show": lambda w, _: {"id": w.shows[0].ref},
    "Query.season": lambda w, _: {"id": w.shows[0].season(1)},
    "Query.episode": lambda w, _: {"id": w.shows[0].episode(1, 1)},
    "Query.job": lambda w, _: {"id": encode_id("job", w.job)},
    "Query.role": lambda w, _: {"id": encode_id("role", w.role)},
    "Query.libraryGrants": lambda w, _: {"filter": {"libraryId": w.open.ref}},
    "Query.hiddenLibraries": lambda w, _: {"userId": w.bob.ref},
    "Mutation.createRole": lambda *_: {"input": {"name": "Made", "permissions": []}},
    "Mutation.updateRole": lambda w, _: {
        "id": encode_id("role", w.role),
        "input": {"name": "Renamed"},
    },
    "Mutation.deleteRole": lambda w, _: {"id": encode_id("role", w.role)},
    "Mutation.setUserRoles": lambda w, _: {
        "userId": w.bob.ref,
        "roleIds": [encode_id("role", w.role)],
    },
    "Mutation.requireUserFactor": lambda w, _: {"userId": w.bob.ref},
    "Mutation.requireRoleFactor": lambda w, _: {"id": encode_id("role", w.role)},
    "Mutation.hideLibrary": lambda w, _: {"libraryId": w.open.ref, "userId": w.bob.ref},
    "Mutation.unhideLibrary": lambda w, _: {"libraryId": w.open.ref, "userId": w.child.ref},
    **{
        f"Mutation.{name}": elsewhere(name)
        for name in (
            "startOidcSignIn",
            "finishOidcSignIn",
            "startOidcLink",
            "finishOidcLink",
            "startOidcReauthentication",
            "finishOidcReauthentication",
            "unlinkOidc",
            "updateOidcProvider",
            "enableOidcProvider",
            "disableOidcProvider",
            "setDefaultOidcProvider",
            "deleteOidcProvider",
            "testOidcProvider",
        )
    },
    "Mutation.createOidcProvider": lambda *_: {
        "input": {"name": "made", "issuer": "https://idp.test", "clientId": "me"}
    },
    "Mutation.login": lambda w, role: {
        "username": w.alice.username if role == "anonymous" else who(w, role).username,
        "password": PASSWORD,
    },
    "Mutation.refreshSession": lambda w, role: {"refreshToken": w.spare_of(who(w, role)).refresh},
    "Mutation.reauthenticate": lambda *_: {"password": PASSWORD},
    "Mutation.revokeSession": lambda w, role: {
        "id": encode_id("session", w.spare_of(who(w, role)).session.id)
    },
    "Mutation.changePassword": lambda *_: {
        "currentPassword": PASSWORD,
        "newPassword": "another horse altogether",
    },
    "Mutation.createUser": lambda *_: {"input": {"username": "newcomer", "password": PASSWORD}},
    "Query.user": lambda w, _: {"id": w.bob.ref},
    "Mutation.updateUser": lambda w, _: {"id": w.bob.ref, "input": {"maxAge": 12}},
    "Mutation.activateUser": lambda w, _: {"id": w.bob.ref},
    "Mutation.deactivateUser": lambda w, _: {"id": w.bob.ref},
    "Mutation.deleteUser": lambda w, _: {"id": w.bob.ref},
    "Mutation.restoreUser": lambda w, _: {"id": w.bob.ref},
    "Mutation.updateProfile": lambda *_: {"input": {"displayName": "Renamed"}},
    "Mutation.setAvatar": lambda w, role: {
        "uploadId": encode_id("upload", (who(w, role) or w.alice).id)
    },
    "Mutation.register": lambda _, role: {
        "input": {
            "username": f"new-{role}",
            "email": f"{role}@example.org",
            "password": PASSWORD,
        }
    },
    "Mutation.verifyEmail": lambda *_: {"token": LINK_TOKEN},
    "Mutation.changeEmail": lambda *_: {"newEmail": "another@example.org"},
    "Mutation.forgotPassword": lambda w, _: {"email": f"{w.bob.username}@example.org"},
    "Mutation.resetPassword": lambda *_: {
        "token": LINK_TOKEN,
        "newPassword": "another horse altogether",
    },
    "Mutation.forcePasswordReset": lambda w, _: {"userId": w.bob.ref},
    "Mutation.sendTestMail": lambda *_: {"to": "admin@example.org"},
    "Mutation.createApiKey": lambda *_: {
        "input": {"name": "A program", "scopes": [Permission.MOVIES_LIST.value]}
    },
    "Mutation.updateApiKey": lambda w, role: {
        "id": encode_id("apikey", w.key_of(who(w, role))),
        "input": {"name": "Another program"},
    },
    "Mutation.revokeApiKey": lambda w, role: {
        "id": encode_id("apikey", w.key_of(who(w, role))),
    },
    "Mutation.createLibrary": lambda *_: {
        "input": {"name": "Made", "kind": "MOVIES", "folders": ["/opt"]}
    },
    "Mutation.updateLibrary": lambda w, _: {"id": w.open.ref, "input": {"name": "Renamed"}},
    "Mutation.deleteLibrary": lambda w, _: {"id": w.open.ref},
    "Mutation.grantLibrary": lambda w, _: {"libraryId": w.open.ref, "userId": w.bob.ref},
    "Mutation.revokeLibrary": lambda w, _: {"libraryId": w.open.ref, "userId": w.child.ref},
    "Mutation.scanLibrary": lambda w, _: {"libraryId": w.open.ref},
    "Mutation.cancelScan": lambda w, _: {"id": encode_id("scan", w.open.scans[-1])},
    "Mutation.updateProgress": lambda w, _: {"id": w.open.movie_refs[0], "position": 60.0},
    "Mutation.removeProgress": lambda w, _: {"id": w.open.movie_refs[0]},
    "Mutation.markWatched": lambda w, _: {"id": w.open.movie_refs[0]},
    "Mutation.markUnwatched": lambda w, _: {"id": w.open.movie_refs[0]},
    "Mutation.bulkMarkWatched": lambda w, _: {"ids": w.open.movie_refs[:1]},
    "Mutation.retryJob": lambda w, _: {"id": encode_id("job", w.job)},
    "Mutation.cancelJob": lambda w, _: {"id": encode_id("job", w.job)},
    "Query.setting": lambda *_: {"key": "server.name"},
    "Query.userSetting": lambda *_: {"key": "display.theme"},
    "Mutation.updateSetting": lambda *_: {"key": "server.name", "value": "Ours"},
    "Mutation.resetSetting": lambda *_: {"key": "server.name"},
    "Mutation.updateUserSetting": lambda *_: {"key": "display.theme", "value": "dark"},
    "Mutation.resetUserSetting": lambda *_: {"key": "display.theme"},
    "Mutation.updatePreferences": lambda *_: {"input": {"theme": "DARK"}},
    "Mutation.verifyTotp": lambda w, _: {"challenge": w.factors.challenge, "code": w.factors.code},
    "Mutation.verifyBackupCode": lambda w, _: {
        "challenge": w.factors.challenge,
        "code": w.factors.backup_code,
    },
    "Mutation.webauthnChallenge": lambda w, _: {"challenge": w.factors.challenge},
    "Mutation.webauthnAuthenticate": lambda w, _: {
        "challenge": w.factors.challenge,
        "credential": w.factors.answers[Purpose.SECOND_FACTOR],
    },
    "Mutation.signInWithPasskey": lambda w, _: {"credential": w.factors.answers[Purpose.SIGN_IN]},
    "Mutation.confirmTotp": lambda w, _: {"code": w.factors.setup_code},
    "Mutation.reauthenticateTotp": lambda w, _: {"code": w.factors.code},
    "Mutation.reauthenticatePasskey": lambda w, _: {
        "credential": w.factors.answers[Purpose.REAUTHENTICATE]
    },
    "Mutation.registerPasskey": lambda w, _: {"credential": w.factors.answers[Purpose.REGISTER]},
    "Mutation.renamePasskey": lambda w, _: {"id": w.factors.passkey, "name": "Phone"},
    "Mutation.deletePasskey": lambda w, _: {"id": w.factors.passkey},
    "Mutation.revokeTrustedDevice": lambda w, _: {"id": w.factors.device},
    "Mutation.resetFactors": lambda w, _: {"userId": w.bob.ref},
    "Query.unmatched": lambda w, _: {"libraryId": w.open.ref},
    "Mutation.identify": lambda w, _: {
        "fileIds": [encode_id("file", first_of(w.open.files))],
        "target": {"movie": {"title": "Another"}},
    },
    "Mutation.unidentify": lambda w, _: {"fileIds": [encode_id("file", first_of(w.open.files))]},
    "Mutation.setDefaultVersion": lambda w, _: {
        "id": encode_id("version", first_of(w.open.versions)),
    },
    "Subscription.scanProgress": lambda w, _: {"libraryId": w.open.ref},
}


def arguments(path: str, world: World, role: str) -> dict[str, Any]:
    """What a root field is called with."""
    row = ARGUMENTS.get(path)
    return row(world, role) if row is not None else {}


def outcome(answer: dict[str, Any], path: str) -> str:
    """`ok`, `null`, or the code of the first error."""
    if answer.get("errors"):
        return str(answer["errors"][0]["extensions"]["code"])
    value = answer["data"][path.partition(".")[2]]
    if path in PER_ITEM and value[0]["error"]:
        return str(value[0]["error"]["code"])
    return "null" if value in (None, [None]) else "ok"


def question(path: str, given: dict[str, Any]) -> str:
    """The smallest operation whose answer has an outcome."""
    if path in PER_ITEM:
        return operation(path, FIELDS[path], given, "{ error { code } }")
    return smallest(path, FIELDS[path], given)


async def ask(api: Api, world: World, path: str, role: str) -> str:
    """The outcome of a query or mutation."""
    given = arguments(path, world, role)
    document = question(path, given)
    return outcome(await api.send(document, given, who(world, role)), path)


async def listen(web: WebApp, world: World, path: str, role: str) -> str:
    """Whether a subscription starts."""
    given = arguments(path, world, role)
    somebody: Somebody | None = who(world, role)
    gateway = AppGateway(world.app, node_registry())
    viewer = await gateway.viewer(somebody.token if somebody else None, NOWHERE)
    request = Request(smallest(path, FIELDS[path], given), given, None)
    context = gateway.context(lambda: viewer, origin())
    try:
        context.operation = web.executor.prepare(request, viewer)
        stream: Any = await web.executor.subscribe(request, context)
    except Refused as refused:
        pytest.fail(str(refused))
    try:
        async with asyncio.timeout(0.15):
            async for result in stream:
                return outcome(web.executor.answer(result, context), path)
            return "ended"
    except TimeoutError:
        return "ok"  # it waits for something to happen
    finally:
        await stream.aclose()


def compare(found: dict[str, dict[str, str]], matrix: dict[str, dict[str, str]]) -> None:
    """Fail where the table says something else, or nothing."""
    if os.environ.get("WRITE_ACCESS_MATRIX"):
        kept: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8")) | found
        TABLE.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        return
    assert found == {path: matrix.get(path, {}) for path in found}


def test_every_root_field_has_a_row(matrix: dict[str, dict[str, str]]) -> None:
    assert set(matrix) == set(FIELDS)
    for path, row in matrix.items():
        assert tuple(sorted(row)) == tuple(sorted(ROLES)), path


def test_the_table_agrees_with_what_is_declared(matrix: dict[str, dict[str, str]]) -> None:
    """An independent look: closed fields are closed to the signed out, with the right code."""
    for path, row in matrix.items():
        public = path.partition(".")[2] in PUBLIC_ROOTS
        assert (row["anonymous"] != "UNAUTHENTICATED") == public, path
        assert row["administrator"] not in DENIED, path
        assert row["ungranted"] == row["user"] or row["ungranted"] in {"null", "NOT_FOUND"}, path


async def test_queries(api: Api, world: World, matrix: dict[str, dict[str, str]]) -> None:
    found = {
        path: {role: await ask(api, world, path, role) for role in ROLES}
        for path in FIELDS
        if path.startswith("Query.")
    }
    compare(found, matrix)


async def test_subscriptions(web: WebApp, world: World, matrix: dict[str, dict[str, str]]) -> None:
    found = {
        path: {role: await listen(web, world, path, role) for role in ROLES}
        for path in FIELDS
        if path.startswith("Subscription.")
    }
    compare(found, matrix)


@pytest.mark.uncounted
@pytest.mark.parametrize("path", MUTATIONS)
async def test_mutation(
    path: str, api: Api, world: World, matrix: dict[str, dict[str, str]]
) -> None:
    """The outcome for everybody; where it is denied nothing is loaded and nothing changes."""
    row = {}
    async with outside(path, world):
        for role in ROLES:
            await prepare(path, world, role)
            await api.send("{ __typename }", {}, who(world, role))  # the principal is known now
            before = await fingerprint(world)
            with Statements(world) as statements:
                row[role] = await ask(api, world, path, role)
            if row[role] in DENIED:
                assert statements.of_others == [], f"{role} made {path} load before it was denied"
            if row[role] != "ok" or path in TRACELESS:
                assert await fingerprint(world) == before, f"{path} left a trace of {role}"
            else:
                assert await fingerprint(world) != before, f"{path} did nothing for {role}"
    compare({path: row}, matrix)


@pytest.mark.parametrize("path", sorted(set(FIELDS) - set(MUTATIONS)))
async def test_denied_reads_load_nothing(
    path: str, api: Api, web: WebApp, quiet_world: World, matrix: dict[str, dict[str, str]]
) -> None:
    world = quiet_world
    for role, expected in matrix[path].items():
        if expected not in DENIED:
            continue
        await api.send("{ __typename }", {}, who(world, role))
        with Statements(world) as statements:
            if path.startswith("Query."):
                assert await ask(api, world, path, role) == expected
            else:
                assert await listen(web, world, path, role) == expected
        assert statements.of_others == []


@pytest.fixture
async def quiet_world(app: Any, people: People) -> World:
    return await quiet(app, people)


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
