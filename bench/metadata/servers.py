"""The providers' servers: `python -m bench.metadata.servers [--films 1000 --shows 40]`.

One process, one ASGI application with a mount for each provider, and a port for each, so that one
can be killed alone. The first line on its standard output says where they are. `/_/report` tells
what was asked, `/_/faults` what shall go wrong. Under a provider's port are its pictures as well:
`/image.tmdb.org/…` is what there is at https://image.tmdb.org/….
"""

import argparse
import asyncio
import contextlib
import logging
import socket
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec
import uvicorn
from msgspec import Struct
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Host, Mount, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from bench.metadata.catalogue import Catalogue
from bench.metadata.desks import Desk, Faults, left, reset
from bench.metadata.finding import Finder
from bench.metadata.passage import Passage
from bench.metadata.pictures import drawn
from bench.metadata.speaking import SPEAKERS
from bench.metadata.speaking.speaker import Asked, Document, Shelf, Speaker, json

HOST: Final = "127.0.0.1"
PICTURES: Final[Mapping[str, str]] = {
    "image.tmdb.org": "tmdb",
    "artworks.thetvdb.com": "tvdb",
    "assets.fanart.tv": "fanarttv",
    "static.tvmaze.com": "tvmaze",
    "s4.anilist.co": "anilist",
    "cdn.anidb.net": "anidb",
    "cdn.myanimelist.net": "mal",
    "media.kitsu.app": "kitsu",
    "m.media-amazon.com": "omdb",
    "walter-r2.trakt.tv": "trakt",
    "wsrv.nl": "simkl",
    "a.ltrbxd.com": "letterboxd",
}
"""The hosts of pictures, and whose they are."""
CONTROL: Final = "_"
BACKLOG: Final = 512


class Where(Struct, frozen=True):
    """Addresses: of each provider as its setting `metadata.<name>.address` takes it, of what all of
    them are told by, and of a proxy to their pictures with the certificate that it shows (PEM).
    """

    control: str
    addresses: dict[str, str]
    proxy: str
    certificate: str


class Connection(HttpToolsProtocol):
    """One that whoever answers can break."""

    def __init__(
        self,
        config: uvicorn.Config,
        state: ServerState,
        opened: Mapping[int, set[asyncio.Transport]],
    ) -> None:
        super().__init__(config, state, {})
        self._opened = opened

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody is there."""
        super().connection_made(transport)
        self._opened[transport.get_extra_info("sockname")[1]].add(transport)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self.scope["transport"] = self.transport  # type: ignore[typeddict-unknown-key]

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there any more."""
        for transports in self._opened.values():
            transports.discard(self.transport)
        super().connection_lost(exc)


def application(catalogue: Catalogue, doors: "Doors") -> Starlette:
    """Everything: the providers, their pictures, and what they are told by."""
    shelf = Shelf(catalogue, Finder(catalogue))
    shown = {host: _shown(doors.desks[name]) for host, name in PICTURES.items()}
    mounts: list[Mount | Route | Host] = [
        *(Host(host, app=app) for host, app in shown.items()),
        Route("/_/report", _reports(doors)),
        Route("/_/faults", _told(doors), methods=["PUT"]),
        Route("/_/forget", _forgetting(doors), methods=["POST"]),
    ]
    for made in SPEAKERS:
        speaker = made(shelf)
        desk = doors.desks[speaker.name]
        mounts.append(Mount(f"/{speaker.name}", app=_guarded(desk, _spoken(speaker))))
    mounts += [Mount(f"/{host}", app=app) for host, app in shown.items()]
    return Starlette(routes=mounts)


def _spoken(speaker: Speaker) -> ASGIApp:
    documents = [
        Route(speaker.path + path, _answering(speaker, document), methods=["GET", "POST"])
        for path, document in speaker.documents().items()
    ]

    async def missing(request: Request, _: Exception) -> Response:
        return speaker.missing(await _asked(request))

    return Starlette(routes=documents, exception_handlers={404: missing})


def _answering(speaker: Speaker, document: Document) -> Any:
    async def answer(request: Request) -> Response:
        asked = await _asked(request)
        refused = speaker.refusal(asked)
        if refused is not None:
            return refused
        said = document(asked)
        if isinstance(said, Response):
            return said
        return speaker.missing(asked) if said is None else json(said)

    return answer


async def _asked(request: Request) -> Asked:
    return Asked(
        {name: str(value) for name, value in request.path_params.items()},
        dict(request.query_params),
        dict(request.headers),
        await request.body(),
    )


def _guarded(desk: Desk, app: ASGIApp) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await desk.serve(app, scope, receive, send)

    return serve


def _shown(desk: Desk) -> ASGIApp:
    async def show(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        desk.shown()
        if desk.faults.hang:
            await left(receive)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        found = drawn(request.query_params.get("url") or path)
        shown = Response(found[0], media_type=found[1]) if found else Response(status_code=404)
        await shown(scope, receive, send)

    return show


def _reports(doors: "Doors") -> Any:
    async def report(request: Request) -> Response:
        params = request.query_params
        windows = [float(one) for one in params.get("windows", "1,10").split(",")]
        wanted = params.get("provider")
        rate = float(params.get("rate", "0"))
        found = {
            name: desk.report(windows, rate)
            for name, desk in doors.desks.items()
            if wanted in (None, name)
        }
        return json(found)

    return report


def _told(doors: "Doors") -> Any:
    async def tell(request: Request) -> Response:
        told = msgspec.json.decode(await request.body(), type=dict[str, Faults])
        for name, faults in told.items():
            await doors.set(name, faults)
        return json({})

    return tell


def _forgetting(doors: "Doors") -> Any:
    async def forget(_: Request) -> Response:
        for desk in doors.desks.values():
            desk.forget()
        return json({})

    return forget


class Doors:
    """A port for each provider, and one for what they are told by."""

    def __init__(self, seed: int) -> None:
        names = [speaker.name for speaker in SPEAKERS]
        self.desks = {name: Desk(name, seed) for name in names}
        bound = {name: _bound(0) for name in (CONTROL, *names)}
        self._ports = {name: one.getsockname()[1] for name, one in bound.items()}
        self._bound: dict[str, socket.socket] = bound
        self._listening: dict[str, asyncio.Server] = {}
        self._open: dict[int, set[asyncio.Transport]] = defaultdict(set)
        self._connection: Callable[[], Connection] | None = None
        self._passage = Passage({host: self._ports[name] for host, name in PICTURES.items()})
        self._proxy: asyncio.Server | None = None

    @property
    def where(self) -> Where:
        """All addresses, once it is open."""
        assert self._proxy is not None, "it was opened"
        paths = {speaker.name: speaker.path for speaker in SPEAKERS}
        return Where(
            control=f"http://{HOST}:{self._ports[CONTROL]}/{CONTROL}",
            addresses={n: f"http://{HOST}:{self._ports[n]}/{n}{path}" for n, path in paths.items()},
            proxy=f"http://{HOST}:{self._proxy.sockets[0].getsockname()[1]}",
            certificate=self._passage.certificate.pem,
        )

    async def open(self, app: ASGIApp) -> None:
        """Let everybody in."""
        config = uvicorn.Config(app, lifespan="off", log_config=None, server_header=False)
        config.load()
        state = ServerState()
        self._connection = lambda: Connection(config, state, self._open)
        for name, bound in self._bound.items():
            await self._listen(name, bound)
        self._proxy = await self._passage.open()

    def close(self) -> None:
        """Let nobody in, and send everybody away."""
        for listening in self._listening.values():
            listening.close()
        for transports in self._open.values():
            for transport in list(transports):
                transport.abort()

    async def set(self, name: str, faults: Faults) -> None:
        """From now on it fails like this."""
        self.desks[name].faults = faults
        if faults.killed and name in self._listening:
            self._listening.pop(name).close()
            for transport in list(self._open[self._ports[name]]):
                reset(transport)
        elif not faults.killed and name not in self._listening:
            await self._listen(name, _bound(self._ports[name]))

    async def _listen(self, name: str, bound: socket.socket) -> None:
        assert self._connection is not None, "it was opened"
        loop = asyncio.get_running_loop()
        self._listening[name] = await loop.create_server(
            self._connection, sock=bound, backlog=BACKLOG
        )


def _bound(port: int) -> socket.socket:
    # Only of those that say that they are TCP's asyncio sends what is small at once.
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind((HOST, port))
    return found


async def serve(catalogue: Catalogue) -> None:
    """Until standard input ends: with whoever started this."""
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)  # what fails is meant to
    doors = Doors(catalogue.seed)
    await doors.open(application(catalogue, doors))
    print(msgspec.json.encode(doors.where).decode(), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    doors.close()


def main() -> None:
    """Serve, and say where."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=1000)
    parser.add_argument("--shows", type=int, default=40)
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(Catalogue(given.films, given.shows, given.seed)))


if __name__ == "__main__":
    main()
