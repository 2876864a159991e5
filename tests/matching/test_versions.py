"""What are versions of one film, and what are not."""

import pytest

from tests.scanning.stage import Stage

SAME = {
    "resolutions": ("Film (1990)/Film (1990) - 2160p.mkv", "Film (1990)/Film (1990) - 1080p.mkv"),
    "remux and encode": (
        "Film.1990.1080p.BluRay.REMUX.AVC.DTS-HD.MA.5.1-GRP.mkv",
        "Film.1990.1080p.BluRay.x264-GRP.mkv",
    ),
    "dolby vision": (
        "Film.1990.2160p.WEB-DL.DV.HDR10.H.265-GRP.mkv",
        "Film.1990.2160p.WEB-DL.DDP5.1.SDR.H.265-GRP.mkv",
        "Film.1990.2160p.UHD.BluRay.HDR10Plus.x265-GRP.mkv",
    ),
    "editions": (
        "Film (1990).mkv",
        "Film (1990) Extended.mkv",
        "Film (1990) Directors Cut.mkv",
        "Film.1990.Theatrical.Cut.1080p.BluRay.mkv",
        "Film (1990) {edition-Final Cut}.mkv",
        "Film (1990) Unrated.mkv",
        "Film.1990.REMASTERED.1080p.mkv",
    ),
    "3d": (
        "Film (1990).mkv",
        "Film (1990) 3D HSBS 1080p.mkv",
        "Film.1990.3D.HOU.1080p.BluRay.mkv",
    ),
    "two folders": ("a/Film (1990).mkv", "b/deep/Film (1990).mkv", "Film (1990)/film.mkv"),
    "spellings": (
        "The Film & I (1990).mkv",
        "the.film.and.i.1990.720p.mkv",
        "The Film and I (1990)/The Film and I.mkv",
    ),
    "ids": ("Film (1990) {tmdb-603}.mkv", "Le Film [tmdbid-603]/le.film.mkv"),
}
OTHERS = {
    "years": ("Film (1990).mkv", "Film (1991).mkv", "Film.2015.1080p.BluRay.mkv"),
    "ids": ("Film (1990) {tmdb-1}.mkv", "b/Film (1990) {tmdb-2}.mkv"),
    "numbers": ("Film (1990).mkv", "Film 2 (1990).mkv", "Film II (1990).mkv"),
    "longer titles": ("Film (1990).mkv", "Film Noir (1990).mkv", "The Other Film (1990).mkv"),
}


async def scanned(stage: Stage, names: tuple[str, ...]) -> list[int]:
    """How many versions each film has."""
    for name in names:
        stage.put(name)
    await stage.make()
    await stage.scan()
    return [len(versions) for _, _, _, versions in await stage.films()]


@pytest.mark.parametrize("names", SAME.values(), ids=list(SAME))
@pytest.mark.parametrize("one_by_one", [False, True], ids=["together", "one by one"])
async def test_one_film(stage: Stage, names: tuple[str, ...], one_by_one: bool) -> None:
    if not one_by_one:
        assert await scanned(stage, names) == [len(names)]
        return
    await scanned(stage, names[:1])
    for name in names[1:]:
        stage.put(name)
        await stage.scan()
    assert [len(film[3]) for film in await stage.films()] == [len(names)]


@pytest.mark.parametrize("names", OTHERS.values(), ids=list(OTHERS))
async def test_films_of_their_own(stage: Stage, names: tuple[str, ...]) -> None:
    assert await scanned(stage, names) == [1] * len(names)
