"""What is offered and counted when files have vanished: only what is there."""

from typing import Any
from uuid import UUID

import pytest

from app.container import Container
from app.core.ids import new_id
from tests.scanning.stage import alter
from tests.support.api import Api
from tests.support.library import Film, Shelf, Shelves
from tests.support.people import People, Somebody

FILTERED = """query($filter: MovieFilter!) { movies(filter: $filter) {
  totalCount nodes { title versions { resolution dynamicRange } } } }"""
FILMS = (
    Film("Plain", height=1080, hdr="sdr", genres=("Both", "Kept"), collection="Kept Saga"),
    Film("Rich", height=2160, hdr="hdr10", genres=("Both",), collection="Both Saga"),
    Film("Gone", height=2160, hdr="hdr10", genres=("Lost",), collection="Lost Saga"),
    Film("Other", height=720, hdr=None, genres=("Both",), collection="Both Saga"),
)


@pytest.fixture
async def admin(people: People) -> Somebody:
    return await people.admin()


@pytest.fixture
async def shelf(app: Container) -> Shelf:
    shelves = Shelves(app)
    shelf = await shelves.library("Films")
    await shelves.fill(shelf, FILMS)
    return shelf


class Vanishing:
    """Adds versions, and takes files away and back as a scan would tell it."""

    def __init__(self, api: Api, admin: Somebody, shelf: Shelf) -> None:
        self.api, self._admin, self._shelf = api, admin, shelf

    def movie(self, title: str) -> UUID:
        return self._shelf.movies[[film.title for film in FILMS].index(title)]

    async def add(self, title: str, resolution: str, hdr: str | None, parts: int = 1) -> list[UUID]:
        """Another version; answers its files."""
        pool, version, files = self.api.app.db.pool, new_id(), [new_id() for _ in range(parts)]
        await pool.execute(
            "insert into item_versions (id, item_id, resolution, hdr) values ($1, $2, $3, $4)",
            *(version, self.movie(title), resolution, hdr),
        )
        for number, file_id in enumerate(files):
            await pool.execute(
                """insert into library_files
                     (id, library_id, folder_id, dir, name, kind, role, size, mtime_ns, inode)
                   select $1, library_id, folder_id, dir, $2, kind, role, size, mtime_ns, inode
                     from library_files where id = $3""",
                *(file_id, f"{file_id}.mkv", self._shelf.files[0]),
            )
            await pool.execute(
                "insert into version_files (file_id, version_id, part) values ($1, $2, $3)",
                *(file_id, version, number + 1 if parts > 1 else None),
            )
        await self._settle(title)
        return files

    async def lose(self, title: str, *files: UUID) -> None:
        """Files of a film have vanished; without any, its first one."""
        gone = files or (self._shelf.files[[f.title for f in FILMS].index(title)],)
        for file_id in gone:
            sql = f"update library_files set missing_since = now() where id = '{file_id}'"
            await alter(self.api.app, sql, f"file:{file_id}")
        await self._settle(title)

    async def _settle(self, title: str) -> None:
        item = self.movie(title)
        sql = f"""update items set state = case when exists (
            select from item_versions v join version_files p on p.version_id = v.id
              join library_files f on f.id = p.file_id
             where v.item_id = items.id and f.missing_since is null)
            then 'available' else 'missing' end where id = '{item}'"""
        await alter(self.api.app, sql, "items", f"item:{item}")

    async def found(self, **conditions: Any) -> set[str]:
        """Titles that a filter answers; what it asks for must be among the versions shown."""
        answer = await self.api.run(FILTERED, self._admin, filter=conditions)
        nodes = answer["movies"]["nodes"]
        assert answer["movies"]["totalCount"] == len(nodes)
        for node in nodes:
            if "resolutions" in conditions:
                shown = {version["resolution"] for version in node["versions"]}
                assert shown & set(conditions["resolutions"]), node
            if "hdr" in conditions:
                rich = any(v["dynamicRange"] not in {None, "SDR"} for v in node["versions"])
                assert rich is conditions["hdr"], node
        return {node["title"] for node in nodes}


@pytest.fixture
def vanishing(api: Api, admin: Somebody, shelf: Shelf) -> Vanishing:
    return Vanishing(api, admin, shelf)


async def test_a_filter_counts_the_versions_that_are_there(vanishing: Vanishing) -> None:
    (second,) = await vanishing.add("Plain", "2160p", "dolby_vision")
    await vanishing.add("Rich", "720p", None)
    assert await vanishing.found(resolutions=["2160p"]) == {"Plain", "Rich", "Gone"}
    assert await vanishing.found(hdr=True) == {"Plain", "Rich", "Gone"}
    assert await vanishing.found(hdr=False) == {"Other"}
    await vanishing.lose("Plain", second)
    await vanishing.lose("Rich")
    await vanishing.lose("Gone")
    assert await vanishing.found(resolutions=["2160p"]) == set()
    assert await vanishing.found(resolutions=["1080p"]) == {"Plain"}
    assert await vanishing.found(resolutions=["720p"]) == {"Rich", "Other"}
    assert await vanishing.found(hdr=True) == set()
    assert await vanishing.found(hdr=False) == {"Plain", "Rich", "Other"}
    assert await vanishing.found(missing=True) == {"Gone"}
    assert await vanishing.found(missing=True, hdr=True, resolutions=["2160p"]) == {"Gone"}


async def test_a_version_that_lacks_a_part(vanishing: Vanishing) -> None:
    """It is not shown beside a whole one, and shown where there is nothing better."""
    parts = await vanishing.add("Plain", "2160p", "hdr10", parts=2)
    assert await vanishing.found(resolutions=["2160p"]) == {"Plain", "Rich", "Gone"}
    await vanishing.lose("Plain", parts[1])
    assert await vanishing.found(resolutions=["2160p"]) == {"Rich", "Gone"}
    await vanishing.lose("Plain")
    assert await vanishing.found(resolutions=["2160p"]) == {"Plain", "Rich", "Gone"}
    assert await vanishing.found(hdr=True) == {"Plain", "Rich", "Gone"}
    await vanishing.lose("Plain", parts[0])
    assert await vanishing.found() == {"Rich", "Gone", "Other"}


async def test_lists_offer_what_can_be_played(
    api: Api, app: Container, admin: Somebody, shelf: Shelf, vanishing: Vanishing
) -> None:
    """The record of what was watched, and the film by its id, stay."""
    await Shelves(app).watched(admin.id, shelf.movies)
    lists = ("movies", "recentlyAdded", "continueWatching", "watchHistory")
    document = f"""query($id: ID!, $gone: ID!) {{
      movie(id: $id) {{ similar(first: 9) {{ title }} }}
      gone: movie(id: $gone) {{ available progress {{ position }} collection {{ name }}
                                similar(first: 9) {{ title }} }}
      genres {{ totalCount nodes {{ name }} }} collections {{ totalCount nodes {{ name }} }}
      {" ".join(f"{name} {{ totalCount nodes {{ title }} }}" for name in lists)} }}"""
    ids = {"id": shelf.movie_refs[0], "gone": shelf.movie_refs[2]}
    everything = {film.title for film in FILMS}
    before = await api.run(document, admin, **ids)
    assert all({n["title"] for n in before[name]["nodes"]} == everything for name in lists)
    assert {n["title"] for n in before["movie"]["similar"]} == everything - {"Plain"}
    await vanishing.lose("Gone")
    after = await api.run(document, admin, **ids)
    for name in lists:
        kept = everything if name == "watchHistory" else everything - {"Gone"}
        assert {n["title"] for n in after[name]["nodes"]} == kept, name
        assert after[name]["totalCount"] == len(kept), name
    assert {n["title"] for n in after["movie"]["similar"]} == {"Rich", "Other"}
    assert {n["name"] for n in after["genres"]["nodes"]} == {"Both", "Kept"}
    assert {n["name"] for n in after["collections"]["nodes"]} == {"Kept Saga", "Both Saga"}
    assert after["genres"]["totalCount"] == after["collections"]["totalCount"] == 2
    assert after["gone"]["available"] is False
    assert after["gone"]["progress"]["position"] == 3000
    assert after["gone"]["collection"] == {"name": "Lost Saga"}
    assert {n["title"] for n in after["gone"]["similar"]} == {"Plain", "Rich", "Other"}
