"""A real OpenID provider on loopback that can misbehave in every way there is."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

import uvicorn
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT = "revenge-client"
SECRET = "the client's secret: ü&="
Change = Callable[[dict[str, Any]], None]


class _Any(jws.JWSRegistry):
    """Signs whatever it is told to."""

    def get_alg(self, name: str) -> Any:
        return self.algorithms[name]


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


RSA = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
NEXT = RSAKey.generate_key(2048, {"kid": "second", "use": "sig"})
STRANGER = RSAKey.generate_key(2048, {"kid": "first", "use": "sig"})
EC = ECKey.generate_key("P-256", {"kid": "curve", "use": "sig"})


@dataclass
class Provider:
    """One provider; the fields that begin with `on_` change what it says."""

    path: str = ""
    port: int = 0
    keys: list[Any] = field(default_factory=lambda: [RSA])
    signer: Any = field(default_factory=lambda: RSA)
    algorithm: str = "RS256"
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "subject-1"})
    info: dict[str, Any] | None = field(default_factory=dict)
    on_discovery: Change | None = None
    on_claims: Change | None = None
    on_header: Change | None = None
    on_tokens: Change | None = None
    on_token: Callable[[str], str] | None = None
    on_callback: Change | None = None
    responses: dict[str, Any] = field(default_factory=dict)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def issuer(self) -> str:
        return f"{self.url}{self.path}"

    def document(self) -> dict[str, Any]:
        made: dict[str, Any] = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "end_session_endpoint": f"{self.url}/logout",
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            "authorization_response_iss_parameter_supported": True,
        }
        if self.info is not None:
            made["userinfo_endpoint"] = f"{self.url}/userinfo"
        if self.on_discovery is not None:
            self.on_discovery(made)
        return made

    def visit(self, authorization_url: str) -> str:
        """What a browser with a session here does: the query with which it is sent back."""
        query = dict(parse_qsl(urlsplit(authorization_url).query))
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = b64(hashlib.sha256(str(time.time_ns()).encode()).digest())
        self.codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.issuer}
        if self.on_callback is not None:
            self.on_callback(back)
        return urlencode(back)

    def id_token(self, query: dict[str, str], access: str) -> str:
        now = int(time.time())
        digest = hashlib.sha256(access.encode()).digest()
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": query.get("nonce"),
            "at_hash": b64(digest[:16]),
            **self.claims,
        }
        if self.on_claims is not None:
            self.on_claims(claims)
        header = {"alg": self.algorithm, "typ": "JWT", "kid": getattr(self.signer, "kid", None)}
        if self.on_header is not None:
            self.on_header(header)
        registry = _Any(strict_check_header=False)
        token = jws.serialize_compact(
            {k: v for k, v in header.items() if v is not None},
            json.dumps(claims).encode(),
            self.signer,
            registry=registry,
        )
        return token if self.on_token is None else self.on_token(token)

    async def answer(self, request: Request) -> Response:  # noqa: PLR0911
        path = request.url.path
        self.asked.append(path)
        if path.endswith("/.well-known/openid-configuration"):
            path = "/discovery"
        prepared = self.responses.get(path)
        if prepared is not None:
            made = prepared() if callable(prepared) else prepared
            return await made if asyncio.iscoroutine(made) else made  # type: ignore[no-any-return]
        if path == "/discovery":
            return JSONResponse(self.document())
        if path == "/jwks":
            return JSONResponse({"keys": [key.as_dict(private=False) for key in self.keys]})
        if path == "/token":
            return await self.tokens(request)
        if path == "/userinfo":
            if request.headers.get("authorization") not in [f"Bearer {t}" for t in self.said]:
                return JSONResponse({"error": "invalid_token"}, 401)
            return JSONResponse({"sub": self.claims["sub"], **(self.info or {})})
        return JSONResponse({}, 404)

    async def tokens(self, request: Request) -> Response:
        form = {k: v[0] for k, v in parse_qs((await request.body()).decode()).items()}
        query = self.codes.pop(form.get("code", ""), None)
        given = request.headers.get("authorization", "").removeprefix("Basic ")
        pair = base64.b64decode(given).decode().split(":") if given else ["", ""]
        client, secret = unquote(pair[0]), unquote(pair[1])
        if not given:
            client, secret = form.get("client_id", ""), form.get("client_secret", "")
        verifier = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        checks = {
            "code": query is not None,
            "client": (client, secret) == (CLIENT, SECRET),
            "redirect": query is not None and form["redirect_uri"] == query["redirect_uri"],
            "pkce": query is not None and b64(verifier) == query["code_challenge"],
            "grant": form.get("grant_type") == "authorization_code",
        }
        self.problems = [name for name, good in checks.items() if not good]
        if self.problems or query is None:
            return JSONResponse({"error": "invalid_grant", "debug": "internal detail"}, 400)
        access = "access-" + b64(hashlib.sha256(form["code"].encode()).digest())
        self.said.append(access)
        made = {
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": 300,
            "id_token": self.id_token(query, access),
        }
        if self.on_tokens is not None:
            self.on_tokens(made)
        return JSONResponse(made)


@contextlib.asynccontextmanager
async def running(path: str = "") -> AsyncIterator[Provider]:
    """A provider behind uvicorn."""
    provider = Provider(path=path)
    routes = [Route("/{rest:path}", provider.answer, methods=["GET", "POST"])]
    config = uvicorn.Config(
        Starlette(routes=routes), port=0, log_config=None, lifespan="off", access_log=False
    )
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
    task = asyncio.create_task(server._serve())
    while not server.started:
        await asyncio.sleep(0.005)
    provider.port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield provider
    finally:
        server.should_exit = server.force_exit = True
        await task


def hmac_with_public_key(provider: Provider) -> None:
    """The oldest trick: the public key as the secret of an HMAC."""

    def sign(token: str) -> str:
        head = b64(b'{"alg":"HS256","kid":"first"}')
        signed = f"{head}.{token.split('.')[1]}"
        digest = hmac.digest(RSA.as_pem(private=False), signed.encode(), "sha256")
        return f"{signed}.{b64(digest)}"

    provider.on_token = sign


def redirect(to: str) -> Response:
    return RedirectResponse(to, 302)
