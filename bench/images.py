"""What a picture costs: `python -m bench.images [--seconds 2] [--rounds 3]`.

One API process as `revenge serve` starts it, and beside it Starlette's StaticFiles with the same
files, asked in turns over the same number of kept connections: pictures that were asked for lately,
pictures that are in the folder only, and a file of the same size. Then 200 ask at once for a
picture that nobody has yet, whose server counts how often it is asked.
"""

import argparse
import asyncio
import contextlib
import sys
import time
from collections.abc import AsyncIterator, Sequence
from io import BytesIO
from typing import Final

import uvloop
from msgspec import Struct
from msgspec.structs import replace
from PIL import Image

from app.container import Container
from app.core.access import SYSTEM
from app.core.pictures import PictureFormat
from app.images.domain import ArtworkKind, Offered, Owner, OwnerKind
from bench.servers import Servers, free_port, servers, serving

GOAL: Final = 1.5
CONNECTIONS: Final = 8
AT_ONCE: Final = 200
WIDTH: Final = 342
MANY: Final = 1500  # more than the memory for pictures holds
PER_OWNER: Final = 25
SLOW: Final = 0.3  # seconds that the pictures' server takes


class Row(Struct, frozen=True, kw_only=True):
    """A contender's microseconds for one picture, in the round where it was best."""

    name: str
    least: float
    bytes: int


class Pictures:
    """A server of pictures, which counts."""

    def __init__(self) -> None:
        self.asked = 0
        noise = Image.effect_noise((1000, 1500), 40).convert("RGB")
        made = BytesIO()
        noise.save(made, "JPEG", quality=90)
        self.data = made.getvalue()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One picture, slowly, then the end of the connection."""
        await reader.readuntil(b"\r\n\r\n")
        self.asked += 1
        await asyncio.sleep(SLOW)
        head = f"HTTP/1.1 200 OK\r\ncontent-length: {len(self.data)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + self.data)
        await writer.drain()
        writer.close()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[str]:
        """While it is, its address."""
        server = await asyncio.start_server(self.answer, "127.0.0.1", 0)
        async with server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class Asker:
    """Kept connections to one server."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.bytes = 0

    async def one(self, path: str) -> bytes:
        """The body of one picture, over a connection of its own."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            return await self._ask(reader, writer, path)
        finally:
            writer.close()

    async def for_a_while(self, paths: Sequence[str], seconds: float) -> float:
        """Microseconds for a picture, over all connections together."""
        done, ends = 0, time.perf_counter() + seconds

        async def ask(first: int) -> None:
            nonlocal done
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            place = first
            while time.perf_counter() < ends:
                self.bytes = len(await self._ask(reader, writer, paths[place % len(paths)]))
                place += CONNECTIONS
                done += 1
            writer.close()

        started = time.perf_counter()
        await asyncio.gather(*(ask(first) for first in range(CONNECTIONS)))
        return (time.perf_counter() - started) / done * 1e6

    async def _ask(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str
    ) -> bytes:
        writer.write(f"GET {path} HTTP/1.1\r\nhost: bench\r\naccept: image/webp\r\n\r\n".encode())
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        assert head.startswith(b"http/1.1 200"), head
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        return await reader.readexactly(length)


async def offered(app: Container, source: str, title: str, count: int) -> list[str]:
    """The addresses of new pictures, which are those of collections of their own."""
    names = {f"{title} {n}": None for n in range(-(-count // PER_OWNER))}
    async with app.db.write(SYSTEM) as tx:
        made = await app.catalog_repository.ensure_collections(tx, names)
        await app.artwork_repository.offer(
            tx,
            {
                Owner(OwnerKind.COLLECTION, owner): [
                    Offered(
                        kind=ArtworkKind.POSTER, provider="tvmaze", url=f"{source}/{place}/{n}.jpg"
                    )
                    for n in range(PER_OWNER)
                ]
                for place, owner in enumerate(made.values())
            },
        )
    found = await app.artwork_repository.of_collections(list(made.values()))
    pictures = [picture for some in found.values() for picture in some][:count]
    return [app.images.links.path(p.id, WIDTH, PictureFormat.WEBP) for p in pictures]


async def all_alike(app: Container, asker: Asker, paths: Sequence[str]) -> bytes:
    """Let all pictures be the first one, which is fetched and made."""
    body = await asker.one(paths[0])
    async with app.db.pool.acquire() as connection:
        await connection.execute(
            "update artwork set image_id = (select id from images), tried_at = now()"
        )
    return body


async def compare(
    contenders: dict[str, tuple[Asker, Sequence[str]]], seconds: float, rounds: int
) -> list[Row]:
    """In turns, so that a change of the machine's mind is everybody's."""
    rows = {name: Row(name=name, least=float("inf"), bytes=0) for name in contenders}
    for _ in range(rounds):
        for name, (asker, paths) in contenders.items():
            took = await asker.for_a_while(paths, seconds)
            rows[name] = replace(rows[name], least=min(rows[name].least, took), bytes=asker.bytes)
    return list(rows.values())


async def measure(made: Servers, ports: tuple[int, int], seconds: float, rounds: int) -> bool:
    """Print the table; says whether the goals are met."""
    app, pictures = Container(made.config), Pictures()
    await app.open()
    try:
        async with pictures.running() as source:
            await app.settings.update(SYSTEM, "metadata.tvmaze.address", source)
            await asyncio.sleep(1)  # until the other process has heard
            paths = await offered(app, source, "Saga", MANY)
            asker = Asker(ports[0])
            body = await all_alike(app, asker, paths)
            (made.folder / "static" / "picture.webp").write_bytes(body)
            rows = await compare(
                {
                    "StaticFiles of Starlette": (Asker(ports[1]), ["/picture.webp"]),
                    "asked for lately": (asker, paths[:100]),
                    "in the folder": (asker, paths),
                },
                seconds,
                rounds,
            )
            [fresh] = await offered(app, source, "Fresh", 1)
            return _told(rows) & await at_once(asker, pictures, fresh)
    finally:
        await app.close()


async def at_once(asker: Asker, pictures: Pictures, path: str) -> bool:
    """200 who want what nobody has yet."""
    before, started = pictures.asked, time.perf_counter()
    bodies = await asyncio.gather(*(asker.one(path) for _ in range(AT_ONCE)))
    took, fetched = time.perf_counter() - started, pictures.asked - before
    same = len(set(bodies)) == 1
    print(f"\n{AT_ONCE} at once for what is not here: fetched {fetched} time(s), the same for all:")
    print(f"{same}, after {took:.2f} s, of which its server took {SLOW} s.")
    return fetched == 1 and same


def _told(rows: Sequence[Row]) -> bool:
    """Print the rows against the first; says whether they are within the goal."""
    print(f"{'':28}{'bytes':>8}{'µs':>9}{'against':>10}")
    for row in rows:
        against = row.least / rows[0].least
        print(f"{row.name:28}{row.bytes:>8}{row.least:>9.0f}{against:>10.2f}")
    worst = max(row.least for row in rows[1:]) / rows[0].least
    print(f"Goal: at most {GOAL}: {'met' if worst <= GOAL else 'missed'}.")
    return worst <= GOAL


def main() -> int:
    """Start both servers and compare them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    with servers() as made:
        static = made.folder / "static"
        static.mkdir()
        port = free_port()
        elsewhere = {
            **made.environment,
            "REVENGE_SERVER__PORT": str(port),
            "BENCH_FOLDER": str(static),
        }
        peer = Servers(made.folder, elsewhere, made.postmaster)
        ports = (int(made.environment["REVENGE_SERVER__PORT"]), port)
        with (
            serving(made, "-m", "app.cli", "serve"),
            serving(peer, "-m", "bench.statics"),
        ):
            good = uvloop.run(measure(made, ports, given.seconds, given.rounds))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
