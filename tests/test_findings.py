"""The twelve findings S1 to S12, each impossible here: tests named after them stand where the code
they are about is tested, and those that belong nowhere else stand here.

S1 forged tokens · S2 second factors nobody asks for · S3 revocation without effect · S4 rights
that are stored and not enforced · S5 content and streams without a session · S6 addresses, limits
and lockout · S7 origins, CSRF, open metrics · S8 webhooks without a secret · S9 credentials changed
without proof, fallback keys · S10 secrets in caches, settings, errors · S11 names and sizes of
pictures from outside · S12 the first administrator.
"""

import ast
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from app.auth.domain import REFRESH_PREFIX, TOKEN_PREFIX
from app.container import Container
from app.core.access import SYSTEM
from app.core.config import ConfigError, MetricsConfig, load_config
from app.core.crypto import new_token, token_hash
from app.core.errors import Code
from app.core.ids import encode_id
from app.core.metrics import Metrics
from app.main import WebApp
from app.rbac.domain import BuiltIn
from tests.auth.people import log_in
from tests.mail.test_graphql import configure
from tests.mfa.authenticator import Authenticator
from tests.mfa.member import BACKUP_CODES, DELETE, REMOVE_TOTP, RENAME, SETUP, Member
from tests.support.api import Api
from tests.support.people import People, Somebody
from tests.support.pictures import plain
from tests.support.smtp import smtp_server
from tests.support.statements import caused
from tests.test_routes import names

TESTS = Path(__file__).parent
PRODUCT = TESTS.parent / "app"
NAMED = re.compile(r"^(?:async )?def test_s(\d+)_\w+", re.MULTILINE)
WHO = "{ viewer { user { id } } }"
SECRETS = re.compile(r"(?:^|_)(?:token|secret|digest|hmac|signature|password|binding|verifier)$")


def test_every_finding_has_a_test_of_its_name() -> None:
    found = {int(n) for path in TESTS.rglob("test_*.py") for n in NAMED.findall(path.read_text())}
    assert found == set(range(1, 13))


# -- S1: anybody could forge anybody's token


@pytest.mark.parametrize("key", ["", "short", "changeme"])
def test_s1_there_is_no_default_secret_and_no_weak_one(key: str) -> None:
    assert load_config({}, overrides={}).secret_key is None
    if key:
        with pytest.raises(ConfigError) as error:
            load_config({"REVENGE_SECRET_KEY": key})
        assert "REVENGE_SECRET_KEY" in str(error.value)
        assert key not in str(error.value).replace("REVENGE_SECRET_KEY", "")


async def test_s1_a_token_counts_only_where_its_hash_is_stored(
    app: Container, api: Api, people: People
) -> None:
    """Tokens say nothing and are signed by nobody: there is nothing that a key could forge."""
    ann = await people.make()
    [stored] = await app.db.records(text("select token_hash from sessions"))
    digest: bytes = stored[0]
    assert digest == token_hash(ann.token)
    forged = [
        "",
        digest.hex(),
        f"{TOKEN_PREFIX}_{digest.hex()}",
        new_token(TOKEN_PREFIX),
        new_token(REFRESH_PREFIX),
        f"{TOKEN_PREFIX}_{ann.id}",
        ann.token[:-1],
        ann.token + "A",
        ann.token.swapcase(),
        "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.",
    ]
    for token in forged:
        answer = await api.send(WHO, {}, Somebody(ann.id, "", token))
        assert answer["data"]["viewer"] is None, token
    assert (await api.run(WHO, ann))["viewer"]["user"]["id"] == ann.ref  # the control


# -- S7, S8: what is open to the network


def test_s7_metrics_are_on_a_port_of_their_own_and_on_loopback(web: WebApp) -> None:
    assert MetricsConfig().host == "127.0.0.1"
    assert load_config({}, overrides={}).server.host == "127.0.0.1"
    assert not any("metrics" in name or "debug" in name or "pprof" in name for name in names(web))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    server = Metrics().serve(MetricsConfig().host, port)
    try:
        assert server.server_address[0] == "127.0.0.1"
        assert httpx.get(f"http://127.0.0.1:{port}/metrics").status_code == 200  # the control
    finally:
        server.shutdown()
        server.server_close()


async def test_s7_the_api_shows_no_metrics(api: Api) -> None:
    for path in ("/metrics", "/debug/pprof/", "/debug/vars"):
        assert (await api.http.get(path)).status_code == 404


def test_s8_there_is_no_hook_that_anybody_may_call(web: WebApp) -> None:
    """Everything that can be written to: the closed list of `test_routes` with its principals."""
    writing = {name for name in names(web) if not name.startswith(("GET ", "WS "))}
    assert writing == {"POST /graphql", "PUT /uploads"}


def comparisons() -> Iterator[tuple[str, ast.Compare]]:
    """Every == and != of the product."""
    for path in sorted(PRODUCT.rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                yield f"{path.relative_to(PRODUCT)}:{node.lineno}", node


def test_s8_secrets_are_compared_in_constant_time() -> None:
    """By `hmac.compare_digest`, or by looking up their hash; nowhere by ==."""
    wrong, seen = [], 0
    for where, node in comparisons():
        sides = [node.left, *node.comparators]
        seen += 1
        if any(isinstance(side, ast.Constant) for side in sides):
            continue
        if where.startswith("naming/"):  # tokens there are words of file names
            continue
        said = [getattr(side, "id", getattr(side, "attr", "")) for side in sides]
        # Columns of a statement are compared by the database, by hash.
        column = any(".c." in ast.unparse(side) for side in sides)
        if any(SECRETS.search(name) for name in said) and not column:
            wrong.append((where, ast.unparse(node)))
    assert wrong == []
    assert seen > 100


# -- S9: credentials changed by whoever holds a session


async def test_s9_second_factors_are_changed_by_who_proved_it_lately(api: Api) -> None:
    member = await Member.make(api)
    await member.enrol_totp()
    passkey = await member.enrol_passkey(Authenticator("https://media.example.org"))
    await member.age()
    for document, values in (
        (REMOVE_TOTP, {}),
        (SETUP, {}),
        (BACKUP_CODES, {}),
        (DELETE, {"id": passkey}),
        ("mutation { registerPasskeyOptions }", {}),
    ):
        error = await api.fails(document, member.me, **values)
        assert error.code is Code.REAUTHENTICATE, document


async def test_s9_nobody_renames_or_deletes_anothers_passkey(api: Api) -> None:
    ann, bob = await Member.make(api, "ann"), await Member.make(api, "bob")
    passkey = await bob.enrol_passkey(Authenticator("https://media.example.org"))
    for document, values in ((RENAME, {"name": "Mine"}), (DELETE, {})):
        error = await api.fails(document, ann.me, id=passkey, **values)
        assert error.code is Code.NOT_FOUND
    assert (await bob.run(RENAME, id=passkey, name="Still his"))["name"] == "Still his"


# -- S11: names and sizes of pictures


async def test_s11_nothing_of_a_file_but_its_pixels_is_used(
    api: Api, people: People, app: Container
) -> None:
    ann = await people.make()
    sent = {
        "authorization": ann.authorization,
        "content-type": "image/svg+xml",
        "content-disposition": 'attachment; filename="../../shell.php"',
    }
    upload = await api.http.put("/uploads", content=plain("PNG"), headers=sent)
    done = await api.run(
        "mutation($id: ID!) { setAvatar(uploadId: $id) { avatar { url } } }",
        ann,
        id=upload.json()["id"],
    )
    url = done["setAvatar"]["avatar"]["url"]
    shown = await api.http.get(url, headers={"authorization": ann.authorization})
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/webp")
    assert shown.content[8:12] == b"WEBP"
    kept = [path.name for path in (app.config.data / "blobs").rglob("*")]
    assert not any("shell" in name or "php" in name or "svg" in name for name in kept)


async def test_s11_sizes_are_a_closed_set_and_not_for_everybody(api: Api, people: People) -> None:
    ann = await people.make()
    headers = {"authorization": ann.authorization}
    upload = await api.http.put("/uploads", content=plain("PNG"), headers=headers)
    made = await api.run(
        "mutation($id: ID!) { setAvatar(uploadId: $id) { avatar { url(size: 64) } } }",
        ann,
        id=upload.json()["id"],
    )
    url = made["setAvatar"]["avatar"]["url"]
    assert url.endswith("/64.webp")
    for other in ("65", "0", "-1", "100000", "64.0", "../64"):
        answer = await api.http.get(url.replace("/64.", f"/{other}."), headers=headers)
        assert answer.status_code == 404, other
    for name in ("64.png", "64.php", "64"):
        answer = await api.http.get(url.replace("64.webp", name), headers=headers)
        assert answer.status_code == 404, name
    assert (await api.http.get(url)).status_code == 401
    assert (await api.http.get(url, headers=headers)).status_code == 200


# -- S12: the first administrator


async def test_s12_the_first_administrator_needs_no_sql(
    app: Container, api: Api, tmp_path: Path
) -> None:
    """`revenge up` and `revenge serve` make it; with its one-time password it administers."""
    made = await app.accounts.ensure_administrator(tmp_path / "administrator.txt")
    assert made is not None
    assert made.password in (tmp_path / "administrator.txt").read_text(encoding="utf-8")
    login = await log_in(app, made.username, made.password)
    admin = Somebody(login.user.id, made.username, login.tokens.access)
    await api.run("{ users { totalCount } roles { totalCount } }", admin)


async def test_s12_it_is_the_role_that_authorises(app: Container, api: Api, people: People) -> None:
    """There is no flag beside it: with the role everything comes, and everything goes."""
    admin, other = await people.admin(), await people.admin()
    question = "{ users { totalCount } }"
    await api.run(question, other)
    [columns] = [
        {str(row[0]) for row in await app.db.records(text(statement))}
        for statement in (
            "select column_name from information_schema.columns where table_name = 'users'",
        )
    ]
    assert not {name for name in columns if "admin" in name or "super" in name}
    given = (
        "mutation($id: ID!, $roles: [ID!]!) { setUserRoles(userId: $id, roleIds: $roles) { id } }"
    )
    user = encode_id("role", BuiltIn.USER.id)
    await api.run(given, admin, id=other.ref, roles=[user])
    assert (await api.fails(question, other)).code is Code.FORBIDDEN
    await api.run(given, admin, id=other.ref, roles=[encode_id("role", BuiltIn.ADMINISTRATOR.id)])
    await api.run(question, other)
    async with app.db.write(SYSTEM) as tx:  # nor does a name
        await tx.execute(
            text("update users set username = 'root' where id = :id"), {"id": other.id}
        )


# -- S6: what an answer costs tells nobody who has an account


async def cost(app: Container, monkeypatch: pytest.MonkeyPatch, work: Any) -> tuple[int, list[str]]:
    """How many passwords are compared by it, and which statements run."""
    compared: list[str] = []
    seen: list[str] = []
    real = app.hasher._matches

    def counted(encoded: str, secret: bytes) -> bool:
        compared.append(encoded)
        return real(encoded, secret)

    with monkeypatch.context() as patch:
        patch.setattr(app.hasher, "_matches", counted)
        app.db.statements = caused(seen)
        try:
            await work
        finally:
            app.db.statements = None
    return len(compared), [sql for sql in seen if "outbox" not in sql]


LOGIN = """mutation($u: String!, $p: String!) {
  login(username: $u, password: $p) { __typename } }"""
FORGOT = "mutation($e: String!) { forgotPassword(email: $e) }"


async def test_s6_a_sign_in_costs_the_same_for_whoever_there_is_not(
    app: Container, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = (await Member.make(api, "ann")).user
    off = (await Member.make(api, "off")).user
    bare = await People(app).make()
    async with app.db.write(SYSTEM) as tx:
        await tx.execute(text("update users set is_active = false where id = :i"), {"i": off.id})
    found = {}
    for name in (ann.username, off.username, bare.username, "nobody"):
        given = {"u": name, "p": "wrong horse battery"}
        found[name] = await cost(app, monkeypatch, api.fails(LOGIN, None, **given))
    assert {compared for compared, _ in found.values()} == {1}
    kinds = {tuple(sql) for _, sql in found.values()}
    assert len(kinds) == 1, kinds


async def test_s6_a_forgotten_password_costs_the_same_for_every_address(
    app: Container, api: Api, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = await people.make()
    async with app.db.write(SYSTEM) as tx:
        await app.user_repository.set_email(tx, ann.id, "ann@example.org", app.clock.now())
    with smtp_server() as server:
        await configure(app, server)
        # What configuring has set off by the way is over by then.
        await api.run(FORGOT, e="eve@example.org")
        await app.cache.settle()
        known = await cost(app, monkeypatch, api.run(FORGOT, e="ann@example.org"))
        unknown = await cost(app, monkeypatch, api.run(FORGOT, e="bob@example.org"))
    assert known == unknown
    assert known[0] == 0
    assert known[1]
