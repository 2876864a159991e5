"""Walks that go on in a thread, a few hundred directories at a time."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

from app.libraries.repository import KnownFiles
from app.scanning.service.changes import in_chunks
from app.scanning.service.targets import Targets
from app.scanning.service.walk import Walk, Walked


class Rounds:
    """One walk over a folder of a library: all of it, or `targets` and then the linked folders in
    them that are known. Those that are not are `strange`: whether a link to a folder is followed
    depends on everything else that is there, so a scan of the whole library has to say.
    """

    def __init__(
        self, known: KnownFiles, folder_id: UUID, walk: Walk, targets: Targets | None
    ) -> None:
        self._known, self._folder_id = known, folder_id
        self._walk, self._targets = walk, targets
        self.strange = False

    async def chunks(self) -> AsyncIterator[list[Walked]]:
        """What was walked. Raises OSError when the folder cannot be read."""
        if self._targets is None:
            async for chunk in _threaded(iter(self._walk)):
                yield chunk
            return
        tops, links = self._targets.tops(), dict(self._targets.links)
        for link in {*links.values()}:
            if not await self._known.knows_below(self._folder_id, [link]):
                self.strange = True
                tops = [top for top in tops if links.get(top[0]) != link]
        while tops:
            async for chunk in _threaded(self._walk.of(tops, links)):
                yield chunk
            met, self._walk.met = self._walk.met, []
            known = [m for m in met if await self._known.knows_below(self._folder_id, [m])]
            self.strange = self.strange or len(known) < len(met)
            tops, links = [(link, True) for link in known], {link: link for link in known}


async def _threaded(walk: Iterator[Walked]) -> AsyncIterator[list[Walked]]:
    """Chunks of a walk; at most two wait."""
    loop = asyncio.get_running_loop()
    chunks = in_chunks(walk)
    following = loop.run_in_executor(None, next, chunks, None)
    while True:
        chunk: list[Walked] | None = await following
        if chunk is None:
            return
        following = loop.run_in_executor(None, next, chunks, None)
        yield chunk
