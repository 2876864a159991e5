"""What waits, what is said of it, and what is played by default, through the API."""

from typing import Any

from msgspec import structs

from app.core.access import SYSTEM
from app.core.ids import encode_id, new_id
from app.libraries.domain import ScanKind
from app.media.domain import EmbeddedTags
from app.rbac.domain import BuiltIn, Grantee, Level
from tests.matching.test_identify import NAMELESS, ids, scanned, unidentify
from tests.movies.test_embedded import tagged
from tests.scanning.stage import Stage, StubProber
from tests.support.api import Api
from tests.support.people import People, Somebody

UNMATCHED = """query($id: ID!, $first: Int! = 20, $after: String) {
  unmatched(libraryId: $id, first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage }
    nodes { path reason title year season episodes file { name }
      candidates { confidence kind itemId showId title year season episodes } } } }"""
IDENTIFY = """mutation($ids: [ID!]!, $target: IdentifyTarget!) {
  identify(fileIds: $ids, target: $target) { files itemIds missingIds } }"""
UNIDENTIFY = """mutation($ids: [ID!]!) {
  unidentify(fileIds: $ids) { files itemIds missingIds } }"""
DEFAULT = """mutation($id: ID!, $chosen: Boolean! = true) {
  setDefaultVersion(id: $id, chosen: $chosen) { id isDefault isChosen resolution } }"""
VERSIONS = """{ movies { nodes { id title
  versions { id edition resolution isDefault isChosen confidence } } } }"""


async def refs(stage: Stage, *names: str) -> list[str]:
    return [encode_id("file", i) for i in await ids(stage, *names)]


async def keeper(stage: Stage, people: People, level: Level = Level.MANAGE) -> Somebody:
    """Somebody with a grant of this level."""
    somebody = await people.make()
    grantee = Grantee(user_id=somebody.id)
    await stage.app.rbac.grant_to(SYSTEM, grantee, stage.library.id, level)
    return somebody


async def refused(api: Api, document: str, who: Somebody, code: str, **given: Any) -> None:
    error = await api.fails(document, who, **given)
    assert error.code.value == code, error.errors


async def unmatched(stage: Stage, api: Api, who: Somebody, **given: Any) -> Any:
    ref = encode_id("library", stage.library.id)
    return (await api.run(UNMATCHED, who, id=ref, **given))["unmatched"]


async def test_what_waits_is_listed(
    stage: Stage, api: Api, people: People, prober: StubProber
) -> None:
    await scanned(
        stage,
        "Film (1990)/Film (1990).mkv",
        "Films of the Sea (1991).mkv",
        "Show.S01E02.mkv",
        NAMELESS,
        "taken/Film (1990) 720p.mkv",
    )
    await unidentify(stage, "Film (1990) 720p.mkv")
    who = await keeper(stage, people)
    films = await stage.film_ids()
    found = await unmatched(stage, api, who)
    assert found["totalCount"] == 3
    hashed, taken, episode = sorted(found["nodes"], key=lambda node: node["file"]["name"].lower())
    assert (hashed["reason"], hashed["title"], hashed["candidates"]) == ("NO_MEANING", None, [])
    assert (episode["reason"], taken["reason"]) == ("MISPLACED", "BY_HAND")
    assert (taken["title"], taken["year"]) == ("Film", 1990)
    best, *others = taken["candidates"]
    assert (best["title"], best["itemId"]) == ("Film", encode_id("movie", films["Film"]))
    assert best["confidence"] > 0.9
    assert [c["title"] for c in others] == [], "what is not like it is no candidate"
    assert all(c["kind"] == "MOVIE" for node in found["nodes"] for c in node["candidates"])
    page = await unmatched(stage, api, who, first=2)
    rest = await unmatched(stage, api, who, after=page["pageInfo"]["endCursor"])
    assert [n["file"]["name"] for n in (*page["nodes"], *rest["nodes"])] == [
        n["file"]["name"] for n in found["nodes"]
    ]
    assert (taken["path"], taken["file"]["name"]) == (
        "taken/Film (1990) 720p.mkv", "Film (1990) 720p.mkv",
    )  # fmt: skip
    (stage.root / NAMELESS).unlink()
    await stage.scan()
    assert (await unmatched(stage, api, who))["totalCount"] == 2, "what is gone waits no more"


async def test_candidates(stage: Stage, api: Api, people: People, prober: StubProber) -> None:
    """By title, year, length and ids; what is new is among them."""
    await scanned(
        stage,
        "Solaris (1972)/Solaris (1972).mkv",
        "Solaris (2002) {imdb-tt0307479}/Solaris (2002).mkv",
        "Solar Wind (1972).mkv",
        "Other (1950).mkv",
        "Solaris (1972)/Solaris (1972) copy.mkv",
    )
    await unidentify(stage, "Solaris (1972) copy.mkv")
    who = await keeper(stage, people)

    async def candidates() -> list[tuple[str, int, bool]]:
        (node,) = (await unmatched(stage, api, who))["nodes"]
        sure = [c["confidence"] for c in node["candidates"]]
        assert sure == sorted(sure, reverse=True)
        return [(c["title"], c["year"], c["itemId"] is not None) for c in node["candidates"]]

    first, second, *others = await candidates()
    assert first == ("Solaris", 1972, True)
    assert second == ("Solaris", 2002, True)
    assert ("Other", 1950, True) not in others
    tags = EmbeddedTags(title="Solaris", imdb_id="tt0307479")
    info: Any = structs.replace(tagged(tags), duration=5940.0)
    prober.readable(stage.root / "Solaris (1972)/Solaris (1972) copy.mkv", info)
    await stage.scan(ScanKind.FULL)
    await stage.probe()
    assert (await candidates())[0] == ("Solaris", 2002, True), "an id wins over everything"


async def test_new_titles_are_proposed(
    stage: Stage, api: Api, people: People, prober: StubProber
) -> None:
    await scanned(stage, "Film (1990).mkv")
    await unidentify(stage, "Film (1990).mkv")
    await stage.app.item_repository.db.pool.execute("delete from items")
    (node,) = (await unmatched(stage, api, await keeper(stage, people)))["nodes"]
    (new,) = node["candidates"]
    assert (new["title"], new["year"], new["itemId"]) == ("Film", 1990, None)


async def test_identify_and_back(stage: Stage, api: Api, people: People) -> None:
    await scanned(stage, NAMELESS, "Wrong (1950).mkv")
    who = await keeper(stage, people)
    wrong = encode_id("movie", (await stage.film_ids())["Wrong"])
    files = await refs(stage, NAMELESS, "Wrong (1950).mkv")
    target = {"movie": {"title": "Right", "ids": [{"source": "tmdb", "value": "603"}]}}
    done = (await api.run(IDENTIFY, who, ids=files, target=target))["identify"]
    right = encode_id("movie", (await stage.film_ids())["Right"])
    assert done == {"files": 2, "itemIds": [right], "missingIds": [wrong]}
    shown = (await api.run(VERSIONS, who))["movies"]["nodes"]
    assert [(m["title"], len(m["versions"])) for m in shown] == [("Right", 2)]
    assert {v["confidence"] for v in shown[0]["versions"]} == {1.0}
    done = (await api.run(IDENTIFY, who, ids=files[:1], target={"itemIds": [wrong]}))["identify"]
    assert done == {"files": 1, "itemIds": [wrong], "missingIds": []}
    done = (await api.run(UNIDENTIFY, who, ids=files))["unidentify"]
    assert done == {"files": 2, "itemIds": [], "missingIds": sorted([right, wrong])}
    assert (await unmatched(stage, api, who))["totalCount"] == 2
    log = await stage.rows(
        "select action, actor_id, changes::text from activity_log where action like 'library.%id%'"
        " order by id"
    )
    assert [row["action"] for row in log] == [
        "library.identify", "library.identify", "library.unidentify",
    ]  # fmt: skip
    assert {row["actor_id"] for row in log} == {who.id}
    assert all(files[0] in row["changes"] for row in log)
    assert wrong in log[0]["changes"], "what it was before"


async def test_who_may(stage: Stage, api: Api, people: People) -> None:
    await scanned(stage, NAMELESS, "Film (1990).mkv")
    files = await refs(stage, NAMELESS)
    target = {"movie": {"title": "Film"}}
    seeing = await keeper(stage, people, Level.VIEW)
    scanning = await people.make(BuiltIn.MODERATOR)
    asked = ((IDENTIFY, {"ids": files, "target": target}), (UNIDENTIFY, {"ids": files}))
    for document, given in asked:
        await refused(api, document, seeing, "FORBIDDEN", **given)
        await refused(api, document, scanning, "NOT_FOUND", **given)
    missing = [encode_id("file", new_id())]
    who = await keeper(stage, people)
    await refused(api, IDENTIFY, who, "NOT_FOUND", ids=[*files, *missing], target=target)
    assert await stage.rows("select 1 from identifications") == []


async def test_targets(stage: Stage, api: Api, people: People) -> None:
    await scanned(stage, NAMELESS, "Film (1990).mkv", "poster.jpg", "Film (1990)-trailer.mkv")
    who = await keeper(stage, people)
    files, film = await refs(stage, NAMELESS), {"movie": {"title": "Film"}}
    user = [encode_id("user", new_id())]
    numbers = {"show": {"title": "Show"}, "season": 1, "episodes": [1]}
    malformed: tuple[dict[str, Any], ...] = ({}, film | {"itemIds": user}, {"itemIds": None})
    for target in malformed:
        await api.fails(IDENTIFY, who, ids=files, target=target)
    wrong: tuple[dict[str, Any], ...] = (
        {"itemIds": []},
        {"itemIds": user},
        {"itemIds": ["nonsense"]},
        {"episode": numbers},
        {"episode": {"season": 1, "episodes": [1]}},
        {"episode": numbers | {"absolute": [3]}},
        {"episode": numbers | {"season": None}},
        {"episode": numbers | {"episodes": [-1]}},
    )
    for target in wrong:
        await refused(api, IDENTIFY, who, "INVALID", ids=files, target=target)
    for name in ("poster.jpg", "Film (1990)-trailer.mkv"):
        beside = await refs(stage, name)
        await refused(api, IDENTIFY, who, "INVALID", ids=beside, target=film)
    await refused(api, IDENTIFY, who, "INVALID", ids=files * 501, target=film)
    await refused(api, IDENTIFY, who, "INVALID", ids=[], target=film)
    assert [f[0] for f in await stage.films()] == ["Film"]


async def test_what_is_played_by_default(stage: Stage, api: Api, people: People) -> None:
    await scanned(
        stage,
        "Film (1990)/Film (1990) 2160p.mkv",
        "Film (1990)/Film (1990) 1080p.mkv",
        "Film (1990)/Film (1990) Extended 1080p.mkv",
    )
    who = await keeper(stage, people)

    async def default() -> tuple[str, str | None, bool]:
        (film,) = (await api.run(VERSIONS, who))["movies"]["nodes"]
        first, *others = film["versions"]
        assert first["isDefault"]
        assert not any(v["isDefault"] or v["isChosen"] for v in others)
        return first["resolution"], first["edition"], first["isChosen"]

    assert await default() == ("2160p", None, False)
    (film,) = (await api.run(VERSIONS, who))["movies"]["nodes"]
    extended = next(v["id"] for v in film["versions"] if v["edition"])
    done = (await api.run(DEFAULT, who, id=extended))["setDefaultVersion"]
    assert (done["id"], done["isDefault"], done["isChosen"]) == (extended, True, True)
    resolution, edition, chosen = await default()
    assert (resolution, bool(edition), chosen) == ("1080p", True, True)
    stage.put("Film (1990)/Film (1990) 4320p.mkv")
    await stage.scan()
    assert (await default())[2], "a bigger one that comes later does not take its place"
    done = (await api.run(DEFAULT, who, id=extended, chosen=False))["setDefaultVersion"]
    assert (done["isDefault"], done["isChosen"]) == (False, False)
    assert not (await default())[2]
    seeing = await keeper(stage, people, Level.VIEW)
    await refused(api, DEFAULT, seeing, "FORBIDDEN", id=extended)
    await refused(api, DEFAULT, who, "NOT_FOUND", id=encode_id("version", new_id()))
    log = await stage.rows(
        "select changes::text from activity_log where action = 'library.default_version'"
    )
    assert len(log) == 2
    assert extended in log[0]["changes"]
