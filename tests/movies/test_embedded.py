"""What is embedded in the files, where names and NFO files say nothing."""

from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from app.catalog.domain import Details, Person, TitleSource
from app.catalog.service.embedded import embedded_artwork, embedded_details
from app.core.access import EVERYTHING, SYSTEM, Viewer
from app.core.ids import new_id
from app.images.domain import ArtworkKind, ArtworkSource
from app.images.graphql import artwork_by_item
from app.items.domain import ItemId
from app.libraries.domain import FileId
from app.media.domain import Attachment, EmbeddedTags, MediaInfo
from tests.scanning.stage import Stage, StubProber, nfo
from tests.support.api import Api
from tests.support.found_media import MEDIA
from tests.support.people import People

TAGS = EmbeddedTags(
    title="Tagged",
    year=1990,
    date="1990-05-06T07:00:00Z",
    genres=("Drama", "War"),
    description="What it is about.",
    comment="Encoded with love.",
    artist="Ann One, Ben Two",
    imdb_id="tt0000009",
    tmdb_id=9,
    has_cover=True,
)


def tagged(tags: EmbeddedTags = TAGS, *attachments: str) -> MediaInfo:
    """Streams with these tags and pictures."""
    found = tuple(Attachment(file_name=name, mime_type=None, size=5) for name in attachments)
    return structs.replace(MEDIA, tags=tags, attachments=found)


async def look_inside(stage: Stage, prober: StubProber, path: Path, info: MediaInfo) -> None:
    """A scan, and a look into this file, which finds `info`."""
    prober.readable(path, info)
    await stage.scan()
    await stage.probe()


def test_what_tags_say() -> None:
    found = embedded_details(tagged())
    assert found == Details(
        title="Tagged",
        year=1990,
        release_date="1990-05-06",
        overview="What it is about.",
        runtime=6000,
        genres=("Drama", "War"),
        crew=(Person(name="Ann One", job="Director"), Person(name="Ben Two", job="Director")),
        ids={"imdb": "tt0000009", "tmdb": "9"},
    )


def test_what_tags_do_not_say() -> None:
    """A comment is no overview, an artist beside a director nobody, a wrong date no day."""
    tags = EmbeddedTags(
        comment="x264 - crf 18", artist="The Band", director="Dan", date="1990-13-45", year=99
    )
    found = embedded_details(structs.replace(tagged(tags), duration=None))
    assert found == Details(crew=(Person(name="Dan", job="Director"),))
    assert embedded_details(tagged(EmbeddedTags(date="1990"))).release_date is None


@pytest.mark.parametrize(
    ("names", "cover", "kinds"),
    [
        (("cover.jpg", "cover_land.png", "small_cover.jpg", "font.ttf"), True, ["poster", "thumb"]),
        (("IMG_0001.JPG",), True, ["poster"]),
        (("fanart.webp",), True, ["backdrop"]),
        (("cover.ttf",), False, []),
        ((), True, ["poster"]),
        ((), False, []),
    ],
)
def test_pictures_inside(names: tuple[str, ...], cover: bool, kinds: list[str]) -> None:
    info = tagged(EmbeddedTags(has_cover=cover), *names)
    item, file = ItemId(new_id()), FileId(new_id())
    found = embedded_artwork(item, file, info)
    assert [picture.kind.value for picture in found] == kinds
    assert all((p.item_id, p.file_id, p.url) == (item, file, None) for p in found)
    assert {p.source for p in found} <= {ArtworkSource.EMBEDDED}


async def film(stage: Stage) -> dict[str, Any]:
    """The only film, with everything that tags can fill."""
    (row,) = await stage.rows(
        """select m.*,
                  array(select g.name from item_genres x join genres g on g.id = x.genre_id
                         where x.item_id = m.id order by x.position) as genres,
                  array(select p.name from credits c join people p on p.id = c.person_id
                         where c.item_id = m.id and c.job = 'Director'
                         order by c.position) as directors,
                  array(select source || ' ' || value from external_ids
                         where item_id = m.id order by 1) as ids
             from movies m"""
    )
    return dict(row)


async def test_a_film_of_which_nobody_else_says_anything(stage: Stage, prober: StubProber) -> None:
    path = stage.put("3f2a9c0d1e4b5a6978877665544332211.mkv")
    await stage.make()
    await look_inside(stage, prober, path, tagged())
    found = await film(stage)
    assert (found["title"], found["sort_title"], found["year"]) == ("Tagged", "tagged", 1990)
    assert str(found["release_date"]) == "1990-05-06"
    assert (found["overview"], found["runtime"]) == ("What it is about.", 6000)
    assert found["genres"] == ["Drama", "War"]
    assert found["directors"] == ["Ann One", "Ben Two"]
    assert found["ids"] == ["imdb tt0000009", "tmdb 9"]
    pictures = (await artwork_by_item(stage.app, Viewer(scope=EVERYTHING), [found["id"]]))[
        found["id"]
    ]
    assert [(p.picture.kind, p.picture.source) for p in pictures] == [
        (ArtworkKind.POSTER, ArtworkSource.EMBEDDED)
    ]
    assert pictures[0].file_id == (await stage.files())[path.name]["id"]


async def test_names_and_nfo_files_are_believed_first(stage: Stage, prober: StubProber) -> None:
    path = stage.put("Named (1991) {tmdb-5}/Named (1991).mkv")
    stage.put("Named (1991) {tmdb-5}/poster.jpg")
    stage.put(
        "Named (1991) {tmdb-5}/movie.nfo",
        nfo(genres=["Comedy"], more="<plot>Plot.</plot><director>Dot</director>"),
    )
    await stage.make()
    await look_inside(stage, prober, path, tagged())
    found = await film(stage)
    assert (found["title"], found["year"], found["overview"]) == ("Named", 1991, "Plot.")
    assert str(found["release_date"]) == "1990-05-06", "a premiere may be the year before"
    assert (found["genres"], found["directors"]) == (["Comedy"], ["Dot"])
    assert found["ids"] == ["imdb tt0000009", "tmdb 5"]
    pictures = await artwork_by_item(stage.app, Viewer(scope=EVERYTHING), [found["id"]])
    assert [p.picture.source for p in pictures[found["id"]]] == [
        ArtworkSource.FILE,
        ArtworkSource.EMBEDDED,
    ]


async def test_a_picture_leads_to_its_file(
    stage: Stage, prober: StubProber, api: Api, people: People
) -> None:
    """Also for somebody with an age limit: whoever sees the film sees its pictures."""
    path = stage.put("Named (1991)/Named (1991) BluRay.mkv")
    stage.put("Named (1991)/poster.jpg")
    stage.put("Named (1991)/movie.nfo", nfo(more="<mpaa>US:PG-13</mpaa>"))
    library = await stage.make()
    await look_inside(stage, prober, path, tagged())
    query = """{ movies { nodes {
      artwork { source provider file { name } } versions { source dynamicRange } } } }"""
    for viewer in (
        await people.make(libraries=[library.id], max_age=16),
        await people.make(libraries=[library.id]),
    ):
        (shown,) = (await api.run(query, viewer))["movies"]["nodes"]
        assert shown["artwork"] == [
            {"source": "FILE", "provider": None, "file": {"name": "poster.jpg"}},
            {"source": "EMBEDDED", "provider": None, "file": {"name": "Named (1991) BluRay.mkv"}},
        ]
        assert shown["versions"] == [{"source": "BLURAY", "dynamicRange": "HDR10"}]


async def test_a_day_of_another_year_is_not_taken(stage: Stage, prober: StubProber) -> None:
    path = stage.put("Named (1960).mkv")
    await stage.make()
    await look_inside(stage, prober, path, tagged())
    found = await film(stage)
    assert (found["year"], found["release_date"]) == (1960, None)


async def test_an_nfo_that_says_no_more_leaves_it_to_the_tags(
    stage: Stage, prober: StubProber
) -> None:
    path = stage.put("Named (1990)/Named (1990).mkv")
    more = "<director>Dot</director>"
    stage.put("Named (1990)/movie.nfo", nfo("Said", genres=["Comedy"], more=more))
    await stage.make()
    await look_inside(stage, prober, path, tagged())
    stage.put("Named (1990)/movie.nfo", nfo("Said", more="<plot>A plot of another length.</plot>"))
    await stage.scan()
    found = await film(stage)
    assert found["overview"] == "A plot of another length."
    assert (found["genres"], found["directors"]) == (["Drama", "War"], ["Ann One", "Ben Two"])


async def test_another_file_has_other_pictures(stage: Stage, prober: StubProber) -> None:
    path = stage.put("Film (1990).mkv")
    await stage.make()
    await look_inside(stage, prober, path, tagged(TAGS, "cover.jpg", "fanart.jpg"))
    assert len(await stage.rows("select 1 from artwork where source = 'embedded'")) == 2
    stage.put("Film (1990).mkv", "something else, and longer than it was")
    await look_inside(stage, prober, path, tagged(EmbeddedTags()))
    assert await stage.rows("select 1 from artwork") == []


async def test_empty_is_asked_inside_of_the_transaction(stage: Stage) -> None:
    """What the same transaction wrote a moment ago is not written over."""
    stage.put("Film (1990).mkv")
    await stage.make()
    await stage.scan()
    (item,) = (await stage.film_ids()).values()
    cached = await stage.app.catalog_repository.genres_of(EVERYTHING, [item])
    assert cached == {}
    importer: Any = stage.app.facts.importers[stage.library.kind]
    details = importer._details
    async with stage.app.db.write(SYSTEM) as tx:
        said = Details(genres=("Comedy",), cast=(Person(name="Eve"),), collection="Saga")
        await details.write(tx, {item: said}, new=(), whole=())
        other = Details(genres=("War",), cast=(Person(name="Fay"),), collection="Other")
        await details.fill(tx, {item: other}, TitleSource.TAGS)
    assert (await film(stage))["genres"] == ["Comedy"]
    names = await stage.rows("select name from people join credits c on c.person_id = people.id")
    assert [row["name"] for row in names] == ["Eve"]
    (collection,) = await stage.rows(
        "select name from collections c join collection_items i on i.collection_id = c.id"
    )
    assert collection["name"] == "Saga"
