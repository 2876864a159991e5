"""Canaries: secrets in every credential field of a run, looked for afterwards in every place."""

import base64
import logging
from collections.abc import Iterator
from typing import Any

import orjson
import pytest
from prometheus_client import generate_latest
from sqlalchemy import text

from app.container import Container
from app.core.access import SYSTEM
from app.core.jobs import Queue
from app.core.tables import metadata
from tests.apikeys.keys import mint, user_of
from tests.mail.test_graphql import configure
from tests.mfa.member import (
    BACKUP_CODES,
    CONFIRM,
    SETUP,
    VERIFY_BACKUP,
    VERIFY_TOTP,
    Member,
    code_of,
)
from tests.support.api import Api
from tests.support.people import People, Somebody
from tests.support.smtp import smtp_server
from tests.workers.kinds import working

PASSWORD = "canary heron 81 lamp tundra"
LOGIN = """mutation($u: String!, $p: String!, $d: String) {
  login(username: $u, password: $p, trustedDevice: $d) { __typename
    ... on LoginSuccess { accessToken refreshToken } ... on MfaRequired { challenge } } }"""
REFRESH = "mutation($t: String!) { refreshSession(refreshToken: $t) { accessToken refreshToken } }"
CHANGE = """mutation($old: String!, $new: String!) {
  changePassword(currentPassword: $old, newPassword: $new) }"""
FORGOT = "mutation($e: String!) { forgotPassword(email: $e) }"
RESET = "mutation($t: String!, $p: String!) { resetPassword(token: $t, newPassword: $p) }"
SETTING = "mutation($k: String!, $v: SettingValue!) { updateSetting(key: $k, value: $v) { key } }"
PROVIDER = """mutation($s: String!) { createOidcProvider(input: {name: "idp",
  issuer: "https://idp.test", clientId: "me", clientSecret: $s}) { id } }"""


class Canaries:
    """Secrets by what they are, and a search for them in whatever form."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def keep(self, what: str, secret: str) -> str:
        """Remember a secret."""
        self.known[what] = secret
        return secret

    def forms(self) -> Iterator[tuple[str, bytes]]:
        """Each in clear, without its prefix, in hex, and in base64 at every offset."""
        for what, secret in self.known.items():
            bare = secret.partition("_")[2] or secret
            for raw in {secret.encode(), bare.encode()}:
                yield what, raw
                yield f"{what} in hex", raw.hex().encode()
                for offset in range(3):
                    coded = base64.b64encode(b"\0" * offset + raw)
                    # What depends on the neighbours is left out.
                    yield f"{what} in base64", coded[4 if offset else 0 : -4]

    def found(self, places: dict[str, bytes]) -> list[tuple[str, str]]:
        """Which stand where."""
        lowered = {place: content.lower() for place, content in places.items()}
        return [
            (what, place)
            for what, form in self.forms()
            for place, content in places.items()
            if form in content or (what.endswith("hex") and form in lowered[place])
        ]


async def everywhere(app: Container, caplog: pytest.LogCaptureFixture) -> dict[str, bytes]:
    """All that is kept or said: rows, keys and values of Redis, metrics, log lines."""
    places = {"metrics": generate_latest(app.metrics.registry)}
    for table in metadata.sorted_tables:
        # Binary columns are in hex in this text.
        rows = await app.db.records(text(f'select row_to_json(t)::text from "{table.name}" t'))
        places[f"table {table.name}"] = "\n".join(str(row[0]) for row in rows).encode()
    client = app.redis.client
    for key in await client.keys("*"):
        raw: bytes = key if isinstance(key, bytes) else str(key).encode()
        places[f"redis {raw!r}"] = raw + (await client.dump(key) or b"")
    # The tests' own mail server says what it is given: that is where the letters go.
    ours = [record for record in caplog.records if record.name != "mail.log"]
    lines = [f"{record.getMessage()} {record.__dict__}" for record in ours]
    places["log"] = "\n".join(lines).encode()
    return places


@pytest.fixture
def debug(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    for name in ("app", "workers", "sqlalchemy", "httpx", "aiosmtplib"):
        caplog.set_level(logging.DEBUG if name != "sqlalchemy" else logging.INFO, logger=name)
    return caplog


class Run:
    """Drives the API through good and failing ways, and keeps the secrets of each."""

    ann: Member

    def __init__(self, app: Container, api: Api, people: People, admin: Somebody) -> None:
        self.app, self.api, self.people, self.admin = app, api, people, admin
        self.kept, self.errors = Canaries(), list[bytes]()

    async def wrong(self, document: str, who: Somebody | None = None, **values: Any) -> None:
        """A way that fails: what is answered is looked through as well."""
        answer = await self.api.send(document, values, who)
        assert answer.get("errors"), document
        self.errors.append(orjson.dumps(answer))

    async def accounts(self) -> None:
        """Passwords, sessions, second factors."""
        api, kept = self.api, self.kept
        ann = self.ann = await Member.make(api, "ann")
        kept.keep("password", PASSWORD)
        old = "correct horse battery"
        await api.run(CHANGE, ann.me, old=old, new=PASSWORD)
        await self.wrong(
            CHANGE, ann.me, old=kept.keep("wrong password", "canary ibis 7 orbit"), new=PASSWORD
        )
        await self.wrong(CHANGE, ann.me, old=PASSWORD, new=kept.keep("weak password", "canaryxx"))
        done = (await api.run(LOGIN, u="ann", p=PASSWORD))["login"]
        again = (await api.run(REFRESH, t=kept.keep("refresh token", done["refreshToken"])))[
            "refreshSession"
        ]
        kept.keep("used access token", done["accessToken"])
        ann.me = Somebody(ann.user.id, "ann", kept.keep("new access token", again["accessToken"]))
        kept.keep("new refresh token", again["refreshToken"])
        await self.wrong(
            LOGIN, u=kept.keep("password as name", "canary kiwi 55 name"), p="x" * 9, d=None
        )
        await self.wrong(LOGIN, u="ann", p=kept.keep("tried password", "canary lark 3 gate"))
        await self.wrong(
            REFRESH, t=kept.keep("unknown refresh token", "rvr_canaryCANARYcanary0123456789")
        )
        secret = kept.keep("totp secret", (await ann.run(SETUP))["secret"])
        raw = base64.b32decode(secret)
        kept.keep("totp secret, raw in hex", raw.hex())
        await ann.run(CONFIRM, code=code_of(raw))
        await ann.rewind()
        codes = [
            kept.keep(f"backup code {n}", c)
            for n, c in enumerate((await ann.run(BACKUP_CODES))["codes"])
        ]
        for document, code in ((VERIFY_TOTP, code_of(raw)), (VERIFY_BACKUP, codes[0])):
            asked = (await api.run(LOGIN, u="ann", p=PASSWORD))["login"]
            challenge = kept.keep(f"challenge for {len(code)}", asked["challenge"])
            await self.wrong(VERIFY_BACKUP, challenge=challenge, code="canary-code-not-one")
            success = next(iter((await api.run(document, challenge=challenge, code=code)).values()))
            kept.keep(f"token by {len(code)}", success["accessToken"])

    async def letters_and_keys(self) -> None:
        """Keys, settings, providers, letters; the jobs run in a real worker."""
        app, api, kept = self.app, self.api, self.kept
        admin, people, ann = self.admin, self.people, self.ann
        minted = await mint(app, people, admin)
        kept.keep("api key", minted.token)
        await api.run("{ viewer { permissions } }", user_of(minted))
        await api.run(
            SETTING, admin, k="mail.password", v=kept.keep("smtp password", "canary-smtp-q8")
        )
        await self.wrong(
            SETTING, admin, k="mail.password", v=[kept.keep("bad setting", "canary-smtp-bad")]
        )
        await api.run(PROVIDER, admin, s=kept.keep("client secret", "canary-client-secret-w2"))
        with smtp_server() as server:
            await configure(app, server)
            async with app.db.write(SYSTEM) as tx:
                await app.user_repository.set_email(tx, ann.user.id, "ann@a.test", app.clock.now())
            async with working(app, Queue.HIGH):
                await api.run(FORGOT, e="ann@a.test")
                [mail, *_] = await server.wait(1)
                token = kept.keep("reset token", mail.token)
            await self.wrong(RESET, t=token, p=kept.keep("common password", "password1"))
            await self.wrong(
                RESET, t=kept.keep("unknown reset token", "rvm_canaryCANARYcanary98765"), p=PASSWORD
            )
            await api.run(RESET, t=token, p=kept.keep("reset password", "canary moth 44 river"))

    async def hostile(self) -> None:
        """Requests that are none, and routes that are closed."""
        api, kept = self.api, self.kept
        cookie = {
            "cookie": f"revenge_session={kept.keep('cookie', 'rvs_canaryCookieCanaryCookie')}"
        }
        for body in (b"{", b'{"query": "{ x(t: \\"canary-in-a-query\\") }"}', b"\xff"):
            answer = await api.http.post(
                "/graphql", content=body, headers={**cookie, "content-type": "application/json"}
            )
            self.errors.append(answer.content)
        for path in ("/activity/export", "/uploads", "/avatars/x/64.webp"):
            self.errors.append((await api.http.get(path, headers=cookie)).content)


async def test_s10_no_secret_is_left_anywhere(
    app: Container, api: Api, people: People, debug: pytest.LogCaptureFixture
) -> None:
    run = Run(app, api, people, await people.admin())
    kept = run.kept
    kept.keep("access token", run.admin.token)
    kept.keep("secret key", str(app.config.secret_key))
    await run.accounts()
    await run.letters_and_keys()
    await run.hostile()
    del kept.known["common password"]  # the word list of anybody
    places = await everywhere(app, debug)
    places["errors"] = b"\n".join(run.errors)
    assert kept.found(places) == []
    assert len(kept.known) > 25
    assert len([place for place in places if place.startswith("table ")]) > 20
    # The control: one that is planted is found, in every form and place.
    for form in (
        b"x" + PASSWORD.encode(),
        PASSWORD.encode().hex().encode(),
        base64.b64encode(b"ab" + PASSWORD.encode()),
    ):
        assert kept.found({"planted": form + b"."})
    logging.getLogger("app.canary").debug("planted %s", PASSWORD)
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update users set display_name = :p"), {"p": PASSWORD})
    await app.redis.client.set("planted", PASSWORD)
    found = {place for _, place in kept.found(await everywhere(app, debug))}
    assert found == {"log", "table users", "redis b'planted'"}
