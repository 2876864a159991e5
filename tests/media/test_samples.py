import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from app.libraries.repository.sidecars import sidecar_of
from app.media.domain import DynamicRange, MediaInfo, Probed, SubtitleFormat
from app.media.service.prober import Prober
from app.media.service.samples import FILMS, TEXTS, write_samples


async def info_of(prober: Prober, path: Path) -> MediaInfo:
    probe = await prober.probe(str(path))
    assert isinstance(probe, Probed), probe
    assert probe.size == path.stat().st_size
    return probe.info


def test_library_is_small_complete_and_left_alone(library: Path) -> None:
    files = [path for path in library.rglob("*") if path.is_file()]
    assert len(files) == len(FILMS) + len(TEXTS)  # and no unfinished ones
    assert sum(path.stat().st_size for path in files) < 10_000_000
    before = {path: path.stat().st_mtime_ns for path in files}
    assert set(write_samples(library)) == set(files)
    assert {path: path.stat().st_mtime_ns for path in files} == before


async def test_rich_matroska(library: Path, prober: Prober) -> None:
    info = await info_of(prober, library / FILMS[0].path)
    assert (info.container, info.resolution) == ("matroska", "1080p")
    assert info.duration == pytest.approx(3, abs=0.1)
    assert info.bitrate is not None
    assert info.bitrate > 100_000

    (video,) = info.video
    assert (video.codec, video.codec_string, video.profile) == ("h264", "avc1.640028", "High")
    assert video.codec_name is not None
    assert "H.264" in video.codec_name
    assert (video.level, video.pixel_format, video.bit_depth) == ("4.0", "yuv420p", 8)
    assert (video.sample_aspect_ratio, video.display_aspect_ratio) == ("1:1", "16:9")
    assert (video.frame_rate, video.rotation, video.interlaced) == (24.0, 0, False)
    assert (video.colour_space, video.colour_primaries) == ("bt709", "bt709")
    assert (video.colour_transfer, video.colour_range) == ("bt709", "tv")
    assert video.dynamic_range is DynamicRange.SDR
    assert video.default


async def test_sounds_captions_chapters_cover(library: Path, prober: Prober) -> None:
    info = await info_of(prober, library / FILMS[0].path)
    english, german = info.audio
    assert (english.codec, english.codec_string, english.profile) == ("aac", "mp4a.40.2", "LC")
    assert (english.language, english.title, english.default) == ("en", "English stereo", True)
    assert (english.channels, english.layout, english.sample_rate) == (2, "stereo", 48000)
    assert (german.codec, german.codec_string, german.bitrate) == ("ac3", "ac-3", 192_000)
    assert (german.language, german.channels, german.default) == ("de", 6, False)
    assert german.layout is not None
    assert german.layout.startswith("5.1")

    subtitles = [(s.language, s.default, s.forced, s.hearing_impaired) for s in info.subtitles]
    assert subtitles == [
        ("en", True, False, False),
        ("de", False, True, False),
        ("pt", False, False, True),
    ]
    assert {(s.codec, s.format) for s in info.subtitles} == {("subrip", SubtitleFormat.TEXT)}
    assert info.subtitles[2].title == "Português (SDH)"
    chapters = [(c.title, c.start, c.end) for c in info.chapters]
    assert chapters == [("Low tide", 0, 1), ("The pilot", 1, 2), ("High tide", 2, 3)]
    (cover,) = info.attachments
    assert (cover.file_name, cover.mime_type) == ("cover.jpg", "image/jpeg")
    assert cover.size is not None
    assert cover.size > 1000


async def test_embedded_tags(library: Path, prober: Prober) -> None:
    tags = (await info_of(prober, library / FILMS[0].path)).tags
    assert (tags.title, tags.year, tags.date) == ("Big Harbour", 2019, "2019-03-14")
    assert (tags.genres, tags.director) == (("Drama", "Mystery"), "Mara Lindqvist")
    assert (tags.imdb_id, tags.tmdb_id, tags.has_cover) == ("tt9900001", 990001, True)
    assert tags.description is not None
    assert tags.description.startswith("A harbour pilot")


async def test_mp4(library: Path, prober: Prober) -> None:
    (path,) = library.rglob("Paper Kites (2016).mp4")
    info = await info_of(prober, path)
    assert (info.container, info.resolution, info.tags.year) == ("mp4", "480p", 2016)
    assert [(a.codec, a.language, a.title) for a in info.audio] == [
        ("aac", "en", "English stereo"),
        ("ac3", "es", "Español"),
    ]
    assert [(s.codec, s.format, s.language) for s in info.subtitles] == [
        ("mov_text", SubtitleFormat.TEXT, "en")
    ]
    assert [c.title for c in info.chapters] == ["Wind", "String"]
    assert info.video[0].bitrate is not None


async def test_hdr10(library: Path, prober: Prober) -> None:
    (path,) = library.rglob("*HDR10*.mkv")
    (video,) = (await info_of(prober, path)).video
    assert (video.codec, video.profile, video.bit_depth) == ("hevc", "Main 10", 10)
    assert video.codec_string == "hvc1.2.4.L63.90"
    assert (video.colour_primaries, video.colour_transfer) == ("bt2020", "smpte2084")
    assert video.colour_space == "bt2020nc"
    assert (video.dynamic_range, video.dolby_vision) == (DynamicRange.HDR10, None)


async def test_commentary_and_editions(library: Path, prober: Prober) -> None:
    plain, extended = [
        await info_of(prober, library / film.path) for film in FILMS if "Orchard" in film.path
    ]
    assert [a.commentary for a in plain.audio] == [False, True]
    assert [(a.codec, a.codec_string) for a in plain.audio] == [("opus", "opus")] * 2
    assert plain.video[0].codec_string == "hvc1.1.6.L60.90"
    assert plain.duration is not None
    assert extended.duration is not None
    assert extended.duration > plain.duration


async def test_every_film_is_readable(library: Path, prober: Prober) -> None:
    for film in FILMS:
        info = await info_of(prober, library / film.path)
        assert info.duration == pytest.approx(film.seconds, abs=0.1)
        assert (info.video[0].width, info.video[0].height) == (film.width, film.height)
        assert len(info.audio) == len(film.sounds)


def test_texts_belong_to_films(library: Path) -> None:
    found = {
        Path(name).name: sidecar_of(Path(film.path).name, Path(name).name)
        for name in TEXTS
        for film in FILMS
        if name.endswith(".srt") and name.startswith(film.path[:-4])
    }
    assert {(s.language, s.forced, s.hearing_impaired) for s in found.values() if s} == {
        ("fr", False, False),
        ("en", False, True),
        ("en", True, False),
    }
    (nfo,) = library.rglob("movie.nfo")
    movie = ET.parse(nfo).getroot()
    assert movie.findtext("set/name") == "Harbour Collection"
    assert movie.findtext("actor/role") == "Pilot Hanna Berg"
