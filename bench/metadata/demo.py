"""A library without a word of metadata, and all of it a few minutes later: `make demo-metadata`.

Starts the world's providers and a server on an empty data folder, sets it up as an administrator
does, scans films and shows, and asks the API what became of them. Fails where anything is short.
"""

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import Image

from bench.metadata.catalogue import Catalogue
from bench.metadata.ids import number_of
from bench.metadata.library import FILMS, SHOWS, write_library
from bench.metadata.records import Text
from bench.metadata.running import Server, running
from bench.metadata.world import World, world_servers

LANGUAGES: Final = "en de"
LOOKS_EVERY: Final = 2.0
SET: Final = (
    "mutation($key: String!, $to: SettingValue!) { updateSetting(key: $key, value: $to) { key } }"
)
CREATE: Final = "mutation($library: CreateLibraryInput!) { createLibrary(input: $library) { id } }"
SCAN: Final = "mutation($id: ID!) { scanLibrary(libraryId: $id) { id } }"
SCANNED: Final = "query($id: ID!) { node(id: $id) { ... on Scan { state added } } }"
ABOUT: Final = """
  id english: title(language: "en") german: title(language: "de") metadata { state problem }
  ratings { source } externalIds { source value }
  artwork(kind: %s, width: 342, first: 1) { source url }"""
PAGE: Final = "first: 25, after: $after) { pageInfo { hasNextPage endCursor } nodes {"
CAST: Final = "people: cast(first: 1) { person { name } } } } }"
CREW: Final = "number seasonNumber people: crew(first: 1) { person { name } } } } }"
POSTER, STILL = ABOUT % "POSTER", ABOUT % "THUMB"
FOUND: Final = {
    "films": f"query($after: String) {{ found: movies({PAGE} {POSTER} {CAST}",
    "shows": f"query($after: String) {{ found: shows({PAGE} {POSTER} {CAST}",
    "episodes": "query($after: String, $show: ID!) { found: episodes(showId: $show, "
    f"{PAGE} {STILL} {CREW}",
}
COLUMNS: Final = ("there", "matched", "in English", "in German", "people", "ratings", "artwork")
STALLED: Final = 180.0  # seconds without any news
UNDER_WAY: Final = frozenset({"PENDING", "RUNNING"})
RATINGS: Final = 3  # sources at least
Node = dict[str, Any]


class Demo:
    """One run of it."""

    def __init__(self, world: World, server: Server) -> None:
        self._world, self._made, self._server = world, world.catalogue, server
        self.table: dict[str, Counter[str]] = {kind: Counter() for kind in FOUND}
        self.wrong: list[str] = []

    async def set_up(self, media: Path) -> None:
        """The providers' addresses and keys, and two libraries, which are scanned."""
        settings = {"metadata.languages": LANGUAGES, "metadata.proxy": self._world.proxy}
        for key, value in (settings | self._world.settings()).items():
            await self._server.ask(SET, key=key, to=value)
        for kind, name in (("MOVIES", FILMS), ("SHOWS", SHOWS)):
            library = {"name": name, "kind": kind, "folders": [str(media / name)]}
            made = await self._server.ask(CREATE, library=library)
            scan = await self._server.ask(SCAN, id=made["createLibrary"]["id"])
            while True:
                now = (await self._server.ask(SCANNED, id=scan["scanLibrary"]["id"]))["node"]
                if now["state"] not in UNDER_WAY:
                    break
                await asyncio.sleep(LOOKS_EVERY / 4)
            print(f"{name}: scan {now['state'].lower()}, {now['added']} files", flush=True)

    async def settled(self, patience: float) -> None:
        """Until every item was matched, or nothing becomes of them any more."""
        began, before = time.monotonic(), ""
        news = began
        while (now := time.monotonic()) < began + patience and now < news + STALLED:
            states = Counter([_state(node) async for _, node in self._everything()])
            told = ", ".join(f"{count} {state.lower()}" for state, count in sorted(states.items()))
            if told != before:
                print(f"{now - began:4.0f} s: {told}", flush=True)
                before, news = told, now
            if set(states) == {"MATCHED"} and states.total() == self._wanted():
                return
            await asyncio.sleep(LOOKS_EVERY)

    def _wanted(self) -> int:
        return sum(self.wanted().values())

    def wanted(self) -> Mapping[str, int]:
        """How many there are in the catalogue."""
        shows = [self._made.show(number) for number in range(self._made.shows)]
        episodes = sum(len(season.episodes) for show in shows for season in show.seasons)
        return {"films": self._made.films, "shows": len(shows), "episodes": episodes}

    async def measure(self) -> None:
        """Ask for everything, and compare it with the catalogue."""
        async for kind, node in self._everything():
            good = {"there", *self._good(node, self._said(kind, node))}
            good |= {"artwork"} if await self._shown(node) else set()
            self.table[kind].update(good)
            if short := [name for name in COLUMNS if name not in good]:
                problem = (node["metadata"] or {}).get("problem") or ""
                self.wrong.append(f"{kind}: {node['english']}: no {', '.join(short)}. {problem}")

    def _good(self, node: Node, said: Mapping[str, Text] | None) -> Iterator[str]:
        """What is as it has to be."""
        if _state(node) == "MATCHED":
            yield "matched"
        if said is not None and node["english"] == said["en"].title:
            yield "in English"
        if said is not None and node["german"] == said["de"].title:
            yield "in German"
        if node["people"]:
            yield "people"
        if len({rating["source"] for rating in node["ratings"]}) >= RATINGS:
            yield "ratings"

    async def _shown(self, node: Node) -> bool:
        for picture in node["artwork"]:
            if picture["source"] != "PROVIDER":
                return False
            answer = await self._server.client.get(picture["url"])
            if answer.status_code != 200:
                return False
            Image.open(BytesIO(answer.content)).load()
            return True
        return False

    def _said(self, kind: str, node: Node) -> Mapping[str, Text] | None:
        """What the catalogue says of it: by its id, or by its place in its show."""
        if kind == "episodes":
            show = self._made.show(node["show"])
            place = (node["seasonNumber"], node["number"])
            episodes = (e for season in show.seasons for e in season.episodes)
            return next((e.texts for e in episodes if (e.season, e.number) == place), None)
        number = self._number("film" if kind == "films" else "show", node)
        if number is None:
            return None
        made = self._made.film(number) if kind == "films" else self._made.show(number)
        return made.texts

    def _number(self, kind: str, node: Node) -> int | None:
        ids = {one["source"]: one["value"] for one in node["externalIds"]}
        return number_of(kind, "tmdb", ids.get("tmdb", ""))

    async def _everything(self) -> AsyncIterator[tuple[str, Node]]:
        async for node in self._pages("films"):
            yield "films", node
        async for show in self._pages("shows"):
            yield "shows", show
            number = self._number("show", show)
            async for node in self._pages("episodes", show=show["id"]):
                yield "episodes", {**node, "show": number or 0}

    async def _pages(self, kind: str, **variables: Any) -> AsyncIterator[Node]:
        after: str | None = None
        while True:
            page = (await self._server.ask(FOUND[kind], after=after, **variables))["found"]
            for node in page["nodes"]:
                yield node
            if not page["pageInfo"]["hasNextPage"]:
                return
            after = page["pageInfo"]["endCursor"]


def _state(node: Node) -> str:
    return str((node["metadata"] or {"state": "WAITING"})["state"])


def show_table(demo: Demo, seconds: float) -> bool:
    """Print it; whether all of it is there."""
    wanted = demo.wanted()
    print(f"\n| | in the catalogue | {' | '.join(COLUMNS)} |\n|---|{'---|' * (len(COLUMNS) + 1)}")
    for kind, counts in demo.table.items():
        shares = (f"{counts[name]} ({counts[name] / wanted[kind]:.0%})" for name in COLUMNS)
        print(f"| {kind} | {wanted[kind]} | {' | '.join(shares)} |")
    print(f"\n{seconds:.0f} s from the scan on.")
    for line in demo.wrong[:20]:
        print(line[:200])
    return all(
        counts[name] == wanted[kind] for kind, counts in demo.table.items() for name in COLUMNS
    )


async def run(catalogue: Catalogue, patience: float) -> bool:
    """All of it; whether nothing is short."""
    with tempfile.TemporaryDirectory(prefix="revenge-demo-") as name:
        folder = Path(name)
        os.chmod(name, 0o755)  # noqa: PTH101 - the database's own user passes through
        media, trusted = folder / "media", folder / "world.pem"
        films, episodes = await asyncio.to_thread(write_library, catalogue, media)
        print(f"{films} films and {episodes} episodes are in {media}.", flush=True)
        async with world_servers(catalogue.films, catalogue.shows, catalogue.seed) as world:
            await asyncio.to_thread(trusted.write_text, world.certificate)
            async with running(folder, {"SSL_CERT_FILE": str(trusted)}) as server:
                started = time.monotonic()
                demo = Demo(world, server)
                await demo.set_up(media)
                await demo.settled(patience)
                seconds = time.monotonic() - started
                await demo.measure()
                return show_table(demo, seconds)


def main() -> None:
    """Run it, and fail where anything is short."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--films", type=int, default=36)
    parser.add_argument("--shows", type=int, default=6)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--patience", type=float, default=1800, help="seconds")
    given = parser.parse_args()
    catalogue = Catalogue(given.films, given.shows, given.seed)
    sys.exit(0 if asyncio.run(run(catalogue, given.patience)) else 1)


if __name__ == "__main__":
    main()
