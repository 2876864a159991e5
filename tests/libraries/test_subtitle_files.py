"""Subtitle files are found of each video, whichever others are asked about."""

from typing import Any

import pytest

from app.container import Container
from app.core.ids import new_id
from app.libraries.domain import FileId
from app.libraries.repository.subtitles import MOST_BESIDE
from tests.support.library import Film, Shelf, Shelves

COLUMNS = (
    "id",
    "library_id",
    "folder_id",
    "dir",
    "name",
    "kind",
    "role",
    "size",
    "mtime_ns",
    "inode",
)


async def put(app: Container, shelf: Shelf, kind: str, where: str, *names: str) -> list[FileId]:
    """Files in a folder of the library."""
    like: Any = await app.db.pool.fetchrow(
        "select library_id, folder_id, role from library_files where id = $1", shelf.files[0]
    )
    ids = [new_id() for _ in names]
    rows = [
        (id_, like["library_id"], like["folder_id"], where, name, kind, like["role"], 1, 1, 1)
        for id_, name in zip(ids, names, strict=True)
    ]
    async with app.db.pool.acquire() as connection:
        await connection.copy_records_to_table("library_files", records=rows, columns=COLUMNS)
    return [FileId(id_) for id_ in ids]


@pytest.mark.parametrize("turned", [False, True])
async def test_one_with_many_takes_none_from_another(app: Container, turned: bool) -> None:
    shelves = Shelves(app)
    shelf = await shelves.library("Films")
    await shelves.fill(shelf, [Film("Any")])
    many, one = ("A", "Z") if not turned else ("Z", "A")
    crowded = await put(app, shelf, "video", many, *(f"{n}.mkv" for n in range(20)))
    await put(app, shelf, "subtitle", f"{many}/Subs", *(f"x{n}.srt" for n in range(MOST_BESIDE)))
    single = await put(app, shelf, "video", one, "last.mkv")
    await put(app, shelf, "subtitle", one, "last.en.srt")
    read = app.file_repository._subtitles_of
    [alone] = (await read(single)).values()
    assert [subtitle.language for subtitle in alone] == ["en"]
    app.cache.gap()
    await app.redis.client.flushdb()
    found = await read([*single, *crowded] if turned else [*crowded, *single])
    assert found[single[0]] == alone
