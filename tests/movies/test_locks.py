"""What somebody has locked, files do not change: neither names nor NFO files nor what is inside."""

from typing import Any

from app.catalog.domain import Details, Person, TitleSource
from app.catalog.domain.said import MetadataField
from app.core.access import SYSTEM
from tests.scanning.stage import Stage, nfo
from tests.support.said import say


async def test_a_lock_keeps_out_what_files_and_providers_say(stage: Stage) -> None:
    stage.put("Film (1990) {tmdb-1}/Film (1990).mkv")
    await stage.make()
    await stage.scan()
    (item_id,) = (await stage.film_ids()).values()
    fields = [MetadataField(f) for f in ("external_ids", "artwork", "genres", "overview", "cast")]
    fields.append(MetadataField.TITLE)
    app = stage.app
    async with app.db.write(SYSTEM) as tx:
        await say(app, tx, {item_id: {"locks": sorted(fields)}})
    stage.put(
        "Film (1990) {tmdb-1}/movie.nfo",
        nfo(
            "Another",
            more="<plot>Told.</plot><genre>War</genre><uniqueid type='imdb'>tt0000009</uniqueid>"
            "<thumb aspect='poster'>https://pictures.test/p.jpg</thumb><runtime>90</runtime>",
        ),
    )
    await stage.scan()
    importer: Any = app.facts.importers[stage.library.kind]
    said = Details(genres=("Comedy",), cast=(Person(name="Eve"),), overview="Filled.", votes=3)
    async with app.db.write(SYSTEM) as tx:
        await importer._details.fill(tx, {item_id: said}, TitleSource.TAGS)
    (row,) = await stage.rows("select title, overview, runtime, votes from movies")
    assert tuple(row) == ("Film", None, 5400, 3), "what nobody has locked is told"
    assert [r["value"] for r in await stage.rows("select value from external_ids")] == ["1"]
    for table in ("artwork", "item_genres", "credits"):
        assert await stage.rows(f"select 1 from {table}") == []
    (stage.root / "Film (1990) {tmdb-1}").rename(stage.root / "Elsewhere (1991) {tmdb-2}")
    await stage.scan()
    (row,) = await stage.rows("select title from movies")
    assert row["title"] == "Film"
    assert [r["value"] for r in await stage.rows("select value from external_ids")] == ["1"]
