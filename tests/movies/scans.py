"""A scan of some paths, and what is found of their films."""

from typing import Any

from tests.scanning.stage import Stage, completed


async def scanned(stage: Stage, *paths: str) -> Any:
    for path in paths:
        stage.put(path)
    await stage.make()
    return completed(await stage.scan())


async def pictures(stage: Stage) -> dict[str, list[tuple[str, str]]]:
    rows = await stage.rows(
        """select m.title, a.kind, f.name from artwork a join movies m on m.id = a.item_id
             join library_files f on f.id = a.file_id order by 1, a.position, a.id"""
    )
    found: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        found.setdefault(row["title"], []).append((row["kind"], row["name"]))
    return found


async def film(stage: Stage, title: str) -> Any:
    (row,) = await stage.rows("select * from movies where title = $1", title)
    return row


async def genres(stage: Stage, title: str) -> list[str]:
    rows = await stage.rows(
        """select g.name from movies m join item_genres x on x.item_id = m.id
             join genres g on g.id = x.genre_id where m.title = $1 order by x.position""",
        title,
    )
    return [row["name"] for row in rows]
