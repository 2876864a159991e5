"""A provider, or whoever plays one, misbehaves: no account, no session and no link is left."""

import asyncio
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from joserfc.jwk import RSAKey
from sqlalchemy import text
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse

from app.core.access import SYSTEM
from app.core.errors import Code
from app.oidc.service import talk
from tests.oidc.conftest import FINISH, There, fragment
from tests.oidc.provider import (
    CLIENT,
    NEXT,
    STRANGER,
    Provider,
    b64,
    hmac_with_public_key,
    redirect,
    running,
)

Misbehave = Callable[[Provider], None]


def claim(**changes: Any) -> Misbehave:
    """The ID token says something else; None leaves a claim out."""

    def change(claims: dict[str, Any]) -> None:
        for name, value in changes.items():
            claims[name] = value
            if value is None:
                del claims[name]

    def misbehave(provider: Provider) -> None:
        provider.on_claims = change

    return misbehave


def after(**seconds: float) -> Misbehave:
    def misbehave(provider: Provider) -> None:
        claim(**{name: time.time() + more for name, more in seconds.items()})(provider)

    return misbehave


def token(change: Callable[[str], str]) -> Misbehave:
    return lambda p: setattr(p, "on_token", change)


def respond(path: str, answer: Any) -> Misbehave:
    return lambda p: p.responses.update({path: answer})


def header(**changes: Any) -> Misbehave:
    return lambda p: setattr(p, "on_header", lambda h: h.update(changes))


def tokens(change: Callable[[dict[str, Any]], Any]) -> Misbehave:
    return lambda p: setattr(p, "on_tokens", change)


def unsigned(name: str) -> Callable[[str], str]:
    head = b64(f'{{"alg":"{name}"}}'.encode())
    return lambda signed: f"{head}.{signed.split('.')[1]}."


def signer(key: Any, algorithm: str = "RS256") -> Misbehave:
    def change(provider: Provider) -> None:
        provider.signer, provider.algorithm = key, algorithm

    return change


def critical(signed: str) -> str:
    head = b64(b'{"alg":"RS256","kid":"first","crit":["x"],"x":1}')
    return ".".join([head, *signed.split(".")[1:]])


def weak(provider: Provider) -> None:
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        key = RSAKey.generate_key(1024, {"kid": "weak", "use": "sig"})
    provider.signer, provider.keys = key, [key]


def two_keys_no_name(provider: Provider) -> None:
    provider.keys = [STRANGER, NEXT]
    header(kid=None)(provider)


async def slow() -> Response:
    await asyncio.sleep(30)
    return PlainTextResponse("")


def huge() -> Response:
    async def flood() -> Any:
        for _ in range(100):
            yield b"x" * 65536

    return StreamingResponse(flood(), media_type="application/json")


def wrong_sub(provider: Provider) -> None:
    provider.info = {"sub": "somebody-else", "groups": ["admins"]}


def not_json() -> Response:
    return PlainTextResponse("<html>", 200)


REFUSED: dict[str, tuple[Misbehave, str]] = {
    "alg none": (token(unsigned("none")), "algorithm"),
    "alg NONE": (token(unsigned("nOnE")), "algorithm"),
    "HS256 with the public key": (hmac_with_public_key, "algorithm"),
    "an algorithm it does not use": (signer(STRANGER, "RS512"), "algorithm"),
    "another audience": (claim(aud="another"), "audience"),
    "no audience": (claim(aud=None), "audience"),
    "audience as a number": (claim(aud=7), "audience"),
    "two audiences without azp": (claim(aud=[CLIENT, "another"]), "audience"),
    "another authorized party": (claim(azp="another"), "audience"),
    "another issuer": (claim(iss="https://elsewhere.test"), "issuer"),
    "issuer with a slash more": (
        lambda p: claim(iss=f"{p.issuer}/")(p),
        "issuer",
    ),
    "no issuer": (claim(iss=None), "issuer"),
    "no nonce": (claim(nonce=None), "nonce"),
    "another nonce": (claim(nonce="another"), "nonce"),
    "nonce as a list": (claim(nonce=["x"]), "nonce"),
    "expired": (after(exp=-120), "expired"),
    "no expiry": (claim(exp=None), "token"),
    "expiry as text": (claim(exp="9999999999"), "token"),
    "an expiry without end": (claim(exp=10**400), "token"),
    "expiry as true": (claim(exp=True), "token"),
    "not yet valid": (after(nbf=300), "not_yet"),
    "made in the future": (after(iat=3600), "not_yet"),
    "made long ago": (after(iat=-200_000), "expired"),
    "no time of making": (claim(iat=None), "token"),
    "no subject": (claim(sub=None), "token"),
    "an empty subject": (claim(sub=""), "token"),
    "subject as a number": (claim(sub=1), "token"),
    "a subject without end": (claim(sub="x" * 300), "token"),
    "a subject with a null": (claim(sub="a\0b"), "token"),
    "hash of another access token": (claim(at_hash="AAAA"), "token"),
    "signature of another key": (signer(STRANGER), "signature"),
    "signature left out": (token(lambda t: t.rpartition(".")[0] + "."), "signature"),
    "payload exchanged": (
        token(lambda t: ".".join([t.split(".")[0], b64(b'{"sub":"x"}'), t.split(".")[2]])),
        "signature",
    ),
    "key in the header": (
        lambda p: (signer(STRANGER)(p), header(jwk=STRANGER.as_dict(private=False))(p))[0],
        "signature",
    ),
    "unknown key": (signer(NEXT), "key"),
    "weak key": (weak, "key"),
    "no name and two keys": (two_keys_no_name, "key"),
    "critical header": (token(critical), "token"),
    "no token at all": (tokens(lambda t: t.pop("id_token")), "token"),
    "token as a number": (tokens(lambda t: t.update(id_token=1)), "token"),
    "token of garbage": (token(lambda _: "a.b.c"), "token"),
    "five parts": (token(lambda t: t + ".x.y"), "token"),
    "a token without end": (token(lambda t: t + "A" * 70_000), "token"),
    "key set of garbage": (respond("/jwks", not_json), "answer"),
    "key set of another shape": (respond("/jwks", lambda: JSONResponse({"keys": "x"})), "key"),
    "empty key set": (respond("/jwks", lambda: JSONResponse({"keys": [1, {}]})), "key"),
    "no key set": (respond("/jwks", lambda: JSONResponse({}, 404)), "answer"),
    "a key set without end": (respond("/jwks", huge), "answer"),
    "tokens without end": (respond("/token", huge), "answer"),
    "token endpoint fails": (
        respond("/token", lambda: PlainTextResponse("internal detail", 500)),
        "unavailable",
    ),
    "token endpoint refuses": (
        respond("/token", lambda: JSONResponse({"error": "invalid_client"}, 401)),
        "answer",
    ),
    "token endpoint answers a list": (respond("/token", lambda: JSONResponse([])), "answer"),
    "token endpoint leads elsewhere": (
        respond("/token", lambda: redirect("http://127.0.0.1:1/")),
        "answer",
    ),
    "keys lead to a private address": (
        respond("/jwks", lambda: redirect("http://127.0.0.1:1/jwks")),
        "answer",
    ),
    "keys lead to a cloud's secrets": (
        respond("/jwks", lambda: redirect("https://169.254.169.254/latest/meta-data")),
        "answer",
    ),
    "userinfo of somebody else": (wrong_sub, "userinfo"),
    "userinfo fails": (respond("/userinfo", lambda: JSONResponse({}, 403)), "userinfo"),
    "userinfo of garbage": (respond("/userinfo", not_json), "userinfo"),
    "iss of another provider": (
        lambda p: setattr(p, "on_callback", lambda b: b.update(iss="https://elsewhere.test")),
        "issuer",
    ),
    "iss left out": (lambda p: setattr(p, "on_callback", lambda b: b.pop("iss")), "issuer"),
    "an error": (
        lambda p: setattr(p, "on_callback", lambda b: b.update(error="access_denied")),
        "denied",
    ),
    "no code": (lambda p: setattr(p, "on_callback", lambda b: b.pop("code")), "answer"),
    "another code": (lambda p: setattr(p, "on_callback", lambda b: b.update(code="x")), "answer"),
    "a code without end": (
        lambda p: setattr(p, "on_callback", lambda b: b.update(code="x" * 5000)),
        "answer",
    ),
}


def test_more_than_twenty_five_ways() -> None:
    assert len(REFUSED) >= 50


@pytest.mark.parametrize("way", REFUSED)
async def test_refused(way: str, there: There, provider: Provider) -> None:
    misbehave, problem = REFUSED[way]
    await there.configure()
    before, begun = await there.left(), await there.start()
    misbehave(provider)
    answer = await there.back(provider.visit(begun["authorizationUrl"]))
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("https://media.test/home#")
    assert fragment(answer) == {"oidc_error": problem}
    assert "detail" not in answer.text
    assert await there.left() == before
    logged = await there.app.db.records(
        text("select success, problem, address from activity_log where action = 'oidc.login'")
    )
    assert [(row["success"], row["problem"]) for row in logged] == [(False, problem)]


DISCOVERIES: dict[str, Misbehave] = {
    "another issuer": lambda p: setattr(p, "on_discovery", lambda d: d.update(issuer="https://x")),
    "issuer with a slash": lambda p: setattr(
        p, "on_discovery", lambda d: d.update(issuer=d["issuer"] + "/")
    ),
    "no issuer": lambda p: setattr(p, "on_discovery", lambda d: d.pop("issuer")),
    "no token endpoint": lambda p: setattr(p, "on_discovery", lambda d: d.pop("token_endpoint")),
    "a script to go to": lambda p: setattr(
        p, "on_discovery", lambda d: d.update(authorization_endpoint="javascript:alert(1)")
    ),
    "garbage": respond("/discovery", not_json),
    "too much": respond("/discovery", huge),
    "failing": respond("/discovery", lambda: PlainTextResponse("internal detail", 500)),
    "missing": respond("/discovery", lambda: PlainTextResponse("", 404)),
    "leading elsewhere": respond("/discovery", lambda: redirect("http://127.0.0.1:1/")),
}


@pytest.mark.parametrize("way", DISCOVERIES)
async def test_a_sign_in_does_not_even_begin(way: str, there: There, provider: Provider) -> None:
    await there.configure()
    DISCOVERIES[way](provider)
    error = await there.api.fails(
        'mutation { startOidcSignIn(provider: "idp") { authorizationUrl } }'
    )
    assert error.code is Code.UNAUTHENTICATED
    assert "detail" not in error.message
    assert await there.app.db.scalar(text("select count(*) from oidc_states")) == 0


async def test_slow_answers_end(
    there: There, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(talk, "TIMEOUT", 0.4)
    await there.configure()
    begun = await there.start()
    provider.responses["/token"] = slow
    started = time.monotonic()
    answer = await there.back(provider.visit(begun["authorizationUrl"]))
    assert fragment(answer) == {"oidc_error": "unavailable"}
    assert time.monotonic() - started < 5


async def test_an_issuer_without_tls_is_for_the_own_network(there: There) -> None:
    """A public address is not asked in clear text, even when it is configured."""
    await there.configure("clear", issuer="http://93.184.215.14")
    error = await there.api.fails(
        'mutation { startOidcSignIn(provider: "clear") { authorizationUrl } }'
    )
    assert error.code is Code.UNAUTHENTICATED


async def test_a_state_is_good_once(there: There, provider: Provider) -> None:
    await there.configure()
    begun = await there.start()
    query = provider.visit(begun["authorizationUrl"])
    first = await there.back(query)
    assert "oidc" in fragment(first)
    again = await there.back(query)
    assert again.status_code == 400
    assert again.json()["code"] == "UNAUTHENTICATED"


async def test_fifty_at_once(there: There, provider: Provider) -> None:
    """State and code are each accepted exactly once."""
    await there.configure()
    begun = await there.start()
    query = provider.visit(begun["authorizationUrl"])
    answers = await asyncio.gather(*(there.back(query) for _ in range(50)))
    led = [a for a in answers if a.status_code == 303]
    assert len(led) == 1
    assert provider.asked.count("/token") == 1
    said = {"code": fragment(led[0])["oidc"], "binding": begun["binding"]}
    results = await asyncio.gather(*(there.api.send(FINISH, said, None) for _ in range(50)))
    good = [r for r in results if not r.get("errors")]
    assert len(good) == 1
    left = await there.left()
    assert (left["users"], left["links"]) == (2, 1)


STRAY = ["", "state=", "state=x", "code=x", "state=a&state=b", "state=%00", "error=x&state=y"]


@pytest.mark.parametrize("query", [*STRAY, "state=" + "x" * 9000])
async def test_whatever_else_comes_back(there: There, provider: Provider, query: str) -> None:
    await there.configure()
    answer = await there.back(query)
    assert answer.status_code == 400
    assert provider.asked == []


async def test_a_state_twice_in_one_query(there: There, provider: Provider) -> None:
    await there.configure()
    begun = await there.start()
    query = provider.visit(begun["authorizationUrl"])
    assert (await there.back(query + "&code=other")).status_code == 400


async def test_a_state_expires(there: There, provider: Provider) -> None:
    await there.configure()
    begun = await there.start()
    async with there.app.db.write(SYSTEM) as tx:
        await tx.execute(text("update oidc_states set expires_at = now() - interval '1 second'"))
    assert (await there.back(provider.visit(begun["authorizationUrl"]))).status_code == 400


async def test_mix_up(there: There, provider: Provider) -> None:
    """The honest provider's code goes to nobody else, whichever callback it comes to."""
    async with running() as evil:
        await there.configure()
        await there.configure("evil", issuer=evil.issuer)
        begun = await there.start()
        query = provider.visit(begun["authorizationUrl"])
        assert (await there.back(query, "evil")).status_code == 400
        # The state of the evil one's flow with the honest one's code, at either callback.
        other = await there.start("evil")
        state = dict(parse_qsl(urlsplit(other["authorizationUrl"]).query))["state"]
        mixed = {**dict(parse_qsl(query)), "state": state}
        assert (await there.back(urlencode(mixed))).status_code == 400
        answer = await there.back(urlencode(mixed), "evil")
        assert fragment(answer) == {"oidc_error": "issuer"}
        assert "/token" not in evil.asked
        assert "/token" not in provider.asked
