"""The playground's page and its assets, all of them our own copies."""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from functools import lru_cache
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from app.gql.routes import public

HERE: Final = Path(__file__).parent
STATIC: Final = HERE / "static"
MODULES: Final = HERE / "node_modules"
SCRIPT: Final = "text/javascript; charset=utf-8"
STYLE: Final = "text/css; charset=utf-8"
INSTALLED: Final = {
    "react.js": (MODULES / "react/umd/react.production.min.js", SCRIPT),
    "react-dom.js": (MODULES / "react-dom/umd/react-dom.production.min.js", SCRIPT),
    "graphql-ws.js": (MODULES / "graphql-ws/umd/graphql-ws.min.js", SCRIPT),
    "graphiql.js": (MODULES / "graphiql/graphiql.min.js", SCRIPT),
    "graphiql.css": (MODULES / "graphiql/graphiql.min.css", STYLE),
}
OWN: Final = {
    "main.js": (STATIC / "main.js", SCRIPT),
    "server.js": (STATIC / "server.js", SCRIPT),
    "welcome.js": (STATIC / "welcome.js", SCRIPT),
    "playground.css": (STATIC / "playground.css", STYLE),
    "icon.svg": (STATIC / "icon.svg", "image/svg+xml"),
}
FILES: Final = {**INSTALLED, **OWN}
"""All that is served, by name; nothing of a request ever becomes part of a path."""
HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


def playground_page(enabled: bool) -> Callable[[Request], Awaitable[Response]]:  # noqa: FBT001
    """Answers GET on `/graphql`: the page for browsers, 405 for programs."""

    @public
    async def page(request: Request) -> Response:
        if not enabled or not _for_people(request):
            return _not_allowed()
        installed = all(path.is_file() for path, _ in INSTALLED.values())
        name = "page.html" if installed else "missing.html"
        text = (STATIC / name).read_text(encoding="utf-8")
        headers = {
            "cache-control": "no-cache",
            "content-security-policy": policy(request.headers.get("host", "")),
            "vary": "Accept",
        }
        return HTMLResponse(text, 200 if installed else 503, headers)

    return page


def policy(host: str) -> str:
    """What the page may load and where it may connect: this server and nothing else."""
    # CSP 3 counts the websockets of this host as 'self'; older browsers want to see them written.
    sockets = f" ws://{host} wss://{host}" if HOST.fullmatch(host) else ""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self' 'unsafe-inline'",  # GraphiQL's menus write <style> elements
            f"connect-src 'self'{sockets}",
            "img-src 'self' data:",
            "font-src 'self' data:",
            "frame-ancestors 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


def routes() -> list[BaseRoute]:
    """The page's assets."""
    return [Route("/playground/{name}", _asset, methods=["GET"])]


@public
async def _asset(request: Request) -> Response:
    path, media = FILES.get(request.path_params["name"], (None, ""))
    if path is None or not path.is_file():
        return Response("There is no such file.", 404, media_type="text/plain")
    about = path.stat()
    body, tag = await asyncio.to_thread(_read, path, about.st_mtime_ns, about.st_size)
    headers = {
        "cache-control": "no-cache",
        "etag": tag,
        "cross-origin-resource-policy": "same-origin",
    }
    known = request.headers.get("if-none-match", "")
    if tag in (one.strip().removeprefix("W/") for one in known.split(",")):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, {**headers, "content-type": media})


@lru_cache(maxsize=len(FILES))
def _read(path: Path, _changed: int, _size: int) -> tuple[bytes, str]:
    """A file's content and the tag of this very content."""
    body = path.read_bytes()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _for_people(request: Request) -> bool:
    """Whether the client asks for a page, as browsers do and programs do not."""
    offers = request.headers.get("accept", "").lower().split(",")
    return any(offer.partition(";")[0].strip() == "text/html" for offer in offers)


def _not_allowed() -> Response:
    message = "Send GraphQL operations with POST."
    return JSONResponse(
        {"errors": [{"message": message, "extensions": {"code": "INVALID"}}]},
        405,
        {"allow": "POST", "vary": "Accept"},
    )
