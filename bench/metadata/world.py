"""The providers of the world, for whoever asks them: `async with world_servers(films=100) as w`.

They are a process of their own, so that what they do costs the asking one nothing.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import msgspec

from bench.metadata.catalogue import Catalogue
from bench.metadata.desks import Faults, Report
from bench.metadata.servers import Where
from bench.metadata.speaking.speaker import KEYS

ROOT: Final = Path(__file__).parents[2]
STARTS_WITHIN, ENDS_WITHIN = 30.0, 10.0
WINDOWS: Final = (1.0, 10.0)


class World:
    """Where the providers are, what they have, and what they were asked."""

    def __init__(self, where: Where, catalogue: Catalogue, client: httpx.AsyncClient) -> None:
        self.addresses, self.catalogue = where.addresses, catalogue
        self.proxy, self.certificate = where.proxy, where.certificate
        self._control, self._client = where.control, client

    def settings(self, *names: str) -> dict[str, str]:
        """Settings under which these providers are asked here, or all of them."""
        wanted = names or tuple(self.addresses)
        found = {f"metadata.{name}.address": self.addresses[name] for name in wanted}
        for name in wanted:
            found |= {f"metadata.{name}.{key}": value for key, value in KEYS[name].items()}
        return found

    def picture(self, provider: str, url: str) -> str:
        """Where a picture is here that it names."""
        port = httpx.URL(self.addresses[provider]).port
        return f"http://127.0.0.1:{port}/{url.removeprefix('https://')}"

    async def report(self, provider: str, *windows: float, rate: float | None = None) -> Report:
        """What a provider was asked until now: see `Report`."""
        params: dict[str, str] = {
            "provider": provider,
            "windows": ",".join(map(str, windows or WINDOWS)),
        }
        if rate is not None:
            params["rate"] = str(rate)
        answer = await self._client.get(f"{self._control}/report", params=params)
        found = msgspec.json.decode(answer.raise_for_status().content, type=dict[str, Report])
        return found[provider]

    async def faults(self, **faults: Faults) -> None:
        """From now on these providers fail like this."""
        answer = await self._client.put(
            f"{self._control}/faults", content=msgspec.json.encode(faults)
        )
        answer.raise_for_status()

    async def forget(self) -> None:
        """Begin to count anew."""
        (await self._client.post(f"{self._control}/forget")).raise_for_status()

    async def heal(self) -> None:
        """Nothing fails any more."""
        await self.faults(**dict.fromkeys(self.addresses, Faults()))


@contextlib.asynccontextmanager
async def world_servers(films: int = 1000, shows: int = 40, seed: int = 7) -> AsyncIterator[World]:
    """Running servers that know a catalogue of this size."""
    command = [sys.executable, "-m", "bench.metadata.servers"]
    command += ["--films", str(films), "--shows", str(shows), "--seed", str(seed)]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        async with asyncio.timeout(STARTS_WITHIN):
            where = msgspec.json.decode(await process.stdout.readline(), type=Where)
        async with httpx.AsyncClient(trust_env=False, timeout=30) as client:
            yield World(where, Catalogue(films, shows, seed), client)
    finally:
        process.stdin.close()
        try:
            async with asyncio.timeout(ENDS_WITHIN):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
