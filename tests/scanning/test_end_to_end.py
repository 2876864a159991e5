"""From a folder of real files to the API."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from app.container import Container
from app.core.jobs.declare import Queue
from app.media.service.samples import write_samples
from tests.support.api import Api
from tests.support.people import People
from workers.main import WorkerProcess

CREATE = """mutation($name: String!, $folder: String!) {
  createLibrary(input: {name: $name, kind: MOVIES, folders: [$folder]}) { id name kind folders { path } }
}"""
SCAN = """mutation($id: ID!) { scanLibrary(libraryId: $id) { id state } }"""
SCANS = """query($id: ID!) { scans(libraryId: $id, first: 1) { nodes {
  state found added updated unchanged removed failed fraction errors { path reason } } } }"""
MOVIES = """query { movies(first: 10) { totalCount nodes { id title year runtime overview
  versions { edition resolution hdr isDefault parts { part file { name probe problem size
    media { container duration video { codec dynamicRange } audio { codec language } subtitles { codec language } chapters { title } }
    externalSubtitles { language } } } }
  genres { name } cast { character person { name } } crew { job person { name } }
  collection { name } externalIds { source value } artwork { kind source } similar { title } progress { fraction } } } }"""


@pytest.fixture
async def worker(app: Container) -> AsyncIterator[WorkerProcess]:
    process = WorkerProcess(app, tuple(Queue))
    await process.start()
    yield process
    await process.stop()


async def scanned(api: Api, admin: object, library: str) -> dict[str, object]:
    await api.run(SCAN, viewer=admin, id=library)  # type: ignore[arg-type]
    async with asyncio.timeout(60):
        while True:
            scan = (await api.run(SCANS, viewer=admin, id=library))["scans"]["nodes"][0]  # type: ignore[arg-type]
            if scan["state"] in ("COMPLETED", "FAILED"):
                return dict(scan)
            await asyncio.sleep(0.05)


async def test_sample_library(
    api: Api, people: People, worker: WorkerProcess, tmp_path: Path
) -> None:
    await asyncio.to_thread(write_samples, tmp_path)
    admin = await people.admin()
    library = (await api.run(CREATE, viewer=admin, name="Films", folder=str(tmp_path)))[
        "createLibrary"
    ]["id"]
    scan = await scanned(api, admin, library)
    print(scan)
    async with asyncio.timeout(60):
        while True:
            movies = (await api.run(MOVIES, viewer=admin))["movies"]
            files = [p["file"] for m in movies["nodes"] for v in m["versions"] for p in v["parts"]]
            if files and all(f["probe"] in ("DONE", "FAILED") for f in files):
                break
            await asyncio.sleep(0.1)
    import json

    print(json.dumps(movies, indent=1)[:6000])
    assert scan["state"] == "COMPLETED"
