"""From a folder of real, playable files to the API: scan, look inside, browse."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.support.api import Api
from tests.support.people import People, Somebody
from workers.main import WorkerProcess

CREATE = """mutation($name: String!, $folder: String!) {
  createLibrary(input: {name: $name, kind: MOVIES, folders: [$folder]}) {
    id name kind enabled folders { path } lastScan { id } } }"""
SCAN = """mutation($id: ID!, $kind: ScanKind! = INCREMENTAL) {
  scanLibrary(libraryId: $id, kind: $kind) { id state } }"""
SCANS = """query($id: ID!) { scans(libraryId: $id, first: 1) { nodes {
  kind state found added updated unchanged removed failed fraction duration problem
  errors { path reason } } } }"""
MOVIES = """query { movies(first: 20) { totalCount nodes {
  id title sortTitle originalTitle year releaseDate overview tagline runtime rating votes
  certification available library { name }
  versions { edition resolution height dynamicRange duration isDefault parts { part file {
    name kind probe problem size missingSince
    media { container duration
      video { codec width height dynamicRange }
      audio { codec language channels commentary default }
      subtitles { codec language forced hearingImpaired }
      chapters { title } }
    externalSubtitles { language forced hearingImpaired } } } }
  genres { name slug } cast { character person { name } } crew { job person { name } }
  collection { name overview } externalIds { source value }
  artwork { kind } similar { title } progress { fraction } } } }"""


async def scanned(api: Api, admin: Somebody, library: str, kind: str = "INCREMENTAL") -> Any:
    """The record of a scan, when it is over."""
    await api.run(SCAN, viewer=admin, id=library, kind=kind)
    async with asyncio.timeout(60):
        while True:
            scan = (await api.run(SCANS, viewer=admin, id=library))["scans"]["nodes"][0]
            if scan["state"] in {"COMPLETED", "FAILED", "CANCELLED"}:
                return scan
            await asyncio.sleep(0.05)


async def looked_into(api: Api, admin: Somebody) -> dict[str, Any]:
    """Movies by title, when every file has been looked into."""
    async with asyncio.timeout(60):
        while True:
            movies = (await api.run(MOVIES, viewer=admin))["movies"]
            files = [p["file"] for m in movies["nodes"] for v in m["versions"] for p in v["parts"]]
            if files and all(f["probe"] in {"DONE", "FAILED"} for f in files):
                # Once more: the films of an answer are read before the files in it.
                movies = (await api.run(MOVIES, viewer=admin))["movies"]
                assert movies["totalCount"] == len(movies["nodes"])
                return {m["title"]: m for m in movies["nodes"]}
            await asyncio.sleep(0.1)


def _files(movie: Any) -> list[list[str]]:
    return [[part["file"]["name"] for part in v["parts"]] for v in movie["versions"]]


def _media(version: Any) -> Any:
    return version["parts"][0]["file"]["media"]


async def test_sample_library(
    api: Api, people: People, worker: WorkerProcess, samples: Path
) -> None:
    admin = await people.admin()
    made = (await api.run(CREATE, viewer=admin, name="Films", folder=str(samples)))["createLibrary"]
    assert made["kind"] == "MOVIES"
    assert made["folders"] == [{"path": str(samples.resolve())}]
    assert made["lastScan"] is None
    scan = await scanned(api, admin, made["id"])
    counted = (scan["found"], scan["added"], scan["unchanged"], scan["removed"], scan["failed"])
    assert (scan["state"], counted, scan["errors"]) == ("COMPLETED", (14, 14, 0, 0, 0), [])
    movies = await looked_into(api, admin)
    assert {(m["title"], m["year"]) for m in movies.values()} == {
        ("Big Harbour", 2019),
        ("The Glass Orchard", 2021),
        ("Two Rivers", 1998),
        ("Northern Lantern", 2023),
        ("Paper Kites", 2016),
    }
    for movie in movies.values():
        assert movie["available"]
        assert movie["progress"] is None
        assert movie["library"] == {"name": "Films"}
        for version in movie["versions"]:
            for part in version["parts"]:
                assert (part["file"]["probe"], part["file"]["problem"]) == ("DONE", None)
                assert int(part["file"]["size"]) > 10_000
    _check_harbour(movies["Big Harbour"])
    _check_orchard(movies["The Glass Orchard"])
    _check_the_others(movies)
    again = await scanned(api, admin, made["id"])
    assert (again["unchanged"], again["added"], again["updated"]) == (14, 0, 0)
    full = await scanned(api, admin, made["id"], "FULL")
    assert (full["kind"], full["unchanged"], full["failed"]) == ("FULL", 14, 0)
    assert await looked_into(api, admin) == movies, "looking again changes nothing"


def _check_harbour(movie: Any) -> None:
    """What its NFO says wins over its names and its tags."""
    assert movie["originalTitle"] == "Stora hamnen"
    assert movie["releaseDate"] == "2019-03-14"
    assert movie["overview"].startswith("When a freighter without a crew drifts")
    assert movie["tagline"] == "Every ship is somebody's."
    assert (movie["runtime"], movie["rating"], movie["votes"]) == (104 * 60, 7.4, 18211)
    assert movie["certification"] == "Rated PG-13"
    assert [g["slug"] for g in movie["genres"]] == ["drama", "mystery"]
    assert [(c["person"]["name"], c["character"]) for c in movie["cast"]] == [
        ("Ida Sandell", "Pilot Hanna Berg"),
        ("Tomas Rask", "Harbour Master"),
        ("Lena Orlova", "The Stowaway"),
    ]
    assert {(c["job"], c["person"]["name"]) for c in movie["crew"]} == {
        ("Director", "Mara Lindqvist"),
        ("Writer", "Jonas Ek"),
    }
    assert movie["collection"] == {
        "name": "Harbour Collection",
        "overview": "Films of the grey coast.",
    }
    assert movie["externalIds"] == [
        {"source": "imdb", "value": "tt9900001"},
        {"source": "tmdb", "value": "990001"},
    ]
    assert _files(movie) == [
        ["Big Harbour (2019) - 1080p.mkv"],
        ["Big Harbour (2019) - 720p.mkv"],
    ], "the trailer is no version"
    big, small = movie["versions"]
    assert (big["resolution"], big["height"], big["dynamicRange"]) == ("1080p", 1080, "SDR")
    assert (small["resolution"], small["isDefault"], big["isDefault"]) == ("720p", False, True)
    media = _media(big)
    assert media["container"] == "matroska"
    assert media["duration"] == pytest.approx(3, abs=0.2)
    assert [(v["codec"], v["width"], v["height"]) for v in media["video"]] == [("h264", 1920, 1080)]
    assert [(a["codec"], a["language"], a["channels"]) for a in media["audio"]] == [
        ("aac", "en", 2),
        ("ac3", "de", 6),
    ]
    assert [(s["language"], s["forced"], s["hearingImpaired"]) for s in media["subtitles"]] == [
        ("en", False, False),
        ("de", True, False),
        ("pt", False, True),
    ]
    assert [c["title"] for c in media["chapters"]] == ["Low tide", "The pilot", "High tide"]
    beside = big["parts"][0]["file"]["externalSubtitles"]
    assert {(s["language"], s["hearingImpaired"]) for s in beside} == {("fr", False), ("en", True)}
    assert small["parts"][0]["file"]["externalSubtitles"] == []


def _check_orchard(movie: Any) -> None:
    plain, extended = movie["versions"]
    assert (plain["edition"], plain["isDefault"]) == (None, True)
    assert (extended["edition"], extended["isDefault"]) == ("Extended", False)
    assert [v["codec"] for v in _media(plain)["video"]] == ["hevc"]
    assert [(a["language"], a["commentary"]) for a in _media(plain)["audio"]] == [
        ("fr", False),
        ("en", True),
    ]
    assert len(_media(extended)["chapters"]) == 3
    assert plain["duration"] == pytest.approx(4, abs=0.2)
    assert extended["duration"] == pytest.approx(6, abs=0.2)


def _check_the_others(movies: dict[str, Any]) -> None:
    rivers = movies["Two Rivers"]
    assert _files(rivers) == [["Two Rivers (1998) cd1.mkv", "Two Rivers (1998) cd2.mkv"]]
    (version,) = rivers["versions"]
    assert [part["part"] for part in version["parts"]] == [1, 2]
    lengths = [part["file"]["media"]["duration"] for part in version["parts"]]
    assert version["duration"] == pytest.approx(sum(lengths))
    assert rivers["runtime"] == round(sum(lengths))
    beside = version["parts"][0]["file"]["externalSubtitles"]
    assert beside == [{"language": "en", "forced": True, "hearingImpaired": False}]
    lantern = movies["Northern Lantern"]["versions"][0]
    assert lantern["dynamicRange"] == "HDR10"
    assert [v["dynamicRange"] for v in _media(lantern)["video"]] == ["HDR10"]
    kites = movies["Paper Kites"]
    assert _files(kites) == [["Paper Kites (2016).mp4"]], "the sample is no version"
    assert kites["externalIds"] == [{"source": "tmdb", "value": "990005"}]
    assert [g["name"] for g in kites["genres"]] == ["Family"], "from the file's own tags"
    assert [a["language"] for a in _media(kites["versions"][0])["audio"]] == ["en", "es"]
    assert _media(kites["versions"][0])["container"] == "mp4"
