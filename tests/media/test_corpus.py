"""Corrupt media: each file is a typed result in time, and the prober goes on."""

import asyncio
import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from app.media.domain import FailureReason, Probed, ProbeFailure
from app.media.service.prober import Prober
from app.media.service.samples import FILMS

# The long run takes 2,000.
SIZE = int(os.environ.get("REVENGE_TEST_CORPUS", "320"))
HEAD = 4096


def corpus(library: Path, random_: random.Random) -> Iterator[tuple[str, bytes]]:
    films = [library / FILMS[at].path for at in (2, 3, 7, 8)]
    sources = [path.read_bytes() for path in films]
    each = SIZE // (4 * len(sources))
    for number, data in enumerate(sources):
        suffix = films[number].suffix
        for step in range(each):
            yield f"cut-{number}-{step}{suffix}", data[: len(data) * step // each]
            yield f"head-{number}-{step}{suffix}", _mutated(data, random_, HEAD)
            yield f"all-{number}-{step}{suffix}", _mutated(data, random_, len(data))
            yield f"hole-{number}-{step}{suffix}", _holed(data, random_)
    for step in range(10):
        yield f"zeros-{step}.mkv", bytes(10**step if step < 7 else step)
        yield f"noise-{step}.mp4", random_.randbytes(2000 * (step + 1))


def _mutated(data: bytes, random_: random.Random, span: int) -> bytes:
    changed = bytearray(data)
    for _ in range(random_.choice((1, 4, 30))):
        # The index of an MP4 is at its end: its "head" is there.
        at = random_.randrange(min(span, len(data)))
        at = len(data) - 1 - at if data[4:8] == b"ftyp" and random_.random() < 0.8 else at
        changed[at] = random_.choice((0, 0xFF, 0x7F, 0x80, random_.randrange(256)))
    return bytes(changed)


def _holed(data: bytes, random_: random.Random) -> bytes:
    at = random_.randrange(len(data))
    length = random_.randrange(1, 5000)
    return data[:at] + random_.choice((b"", bytes(length))) + data[at + length :]


async def test_corrupt_media(library: Path, tmp_path: Path) -> None:
    files = []
    for name, data in corpus(library, random.Random(20)):
        files.append(tmp_path / name)
        files[-1].write_bytes(data)
    assert len(files) >= SIZE
    prober = Prober(2)
    slowest = 0.0
    outcomes: Counter[str] = Counter()

    async def one(path: Path) -> None:
        nonlocal slowest
        started = time.monotonic()
        probe = await prober.probe(str(path))
        slowest = max(slowest, time.monotonic() - started)
        outcomes[probe.reason if isinstance(probe, ProbeFailure) else "probed"] += 1
        if isinstance(probe, Probed):
            assert probe.info.video or probe.info.audio

    queue = iter(files)

    async def work() -> None:
        for path in queue:
            await one(path)

    await asyncio.gather(work(), work())
    good = await prober.probe(str(library / FILMS[0].path))
    await prober.aclose()
    print(dict(outcomes), f"slowest {slowest:.2f} s")
    assert isinstance(good, Probed)
    assert slowest < 10
    assert sum(outcomes.values()) == len(files)
    assert {FailureReason.TRUNCATED, FailureReason.NOT_MEDIA, FailureReason.EMPTY} <= set(outcomes)
    assert outcomes["probed"] > SIZE // 10
    # A damaged size may well ask for too much memory; a crash or a hang would be a finding.
    assert not {FailureReason.CRASHED, FailureReason.TIMEOUT} & set(outcomes)
