"""Facts that the sample library does not have, read in this process."""

from pathlib import Path

import pytest

from app.media.domain import DynamicRange, FailureReason, Probe, Probed, ProbeFailure, VideoStream
from app.media.service.codecs import audio_depth, audio_string, level_name, video_string
from app.media.service.inspection import inspect
from app.media.service.matroska import read_matroska
from app.media.service.streams import dolby_vision
from tests.media.material import (
    UNKNOWN_SIZE,
    box,
    dovi_mapping,
    dovi_record,
    dovi_rpu,
    element,
    hdr10_plus_sei,
    interlaced,
    make_video,
    matroska_of,
    number,
    patch_sample_entry,
)

PQ, HLG, SDR = (9, 16, 9), (9, 18, 9), (1, 1, 1)


def probe(path: Path) -> Probe:
    return inspect(bytes(path), 10)


def video_of(path: Path) -> VideoStream:
    result = probe(path)
    assert isinstance(result, Probed), result
    (video,) = result.info.video
    return video


@pytest.fixture(scope="session")
def hevc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("hevc") / "a.mkv", "libx265", colours=SDR)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "mov"])
@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_rotation(tmp_path: Path, suffix: str, rotation: int) -> None:
    video = video_of(make_video(tmp_path / f"a.{suffix}", rotation=rotation))
    assert video.rotation == rotation
    assert (video.width, video.height) == (96, 64)


@pytest.mark.parametrize(
    ("suffix", "codec", "container"),
    [
        ("mkv", "libx264", "matroska"),
        ("webm", "libvpx-vp9", "webm"),
        ("mp4", "libx264", "mp4"),
        ("mov", "libx264", "mov"),
        ("3gp", "libx264", "3gp"),
        ("avi", "mpeg4", "avi"),
        ("ts", "libx264", "mpegts"),
        ("mpg", "mpeg2video", "mpegps"),
        ("flv", "libx264", "flv"),
        ("wmv", "mpeg4", "asf"),
        ("nut", "libx264", "nut"),
    ],
)
def test_containers(tmp_path: Path, suffix: str, codec: str, container: str) -> None:
    result = probe(make_video(tmp_path / f"a.{suffix}", codec))
    assert isinstance(result, Probed), result
    assert result.info.container == container
    assert result.info.video[0].width == 96


def test_av1_and_vp9_strings(tmp_path: Path) -> None:
    av1 = video_of(make_video(tmp_path / "a.mkv", "libsvtav1"))
    assert (av1.codec, av1.level) == ("av1", "2.0")
    assert av1.codec_string == "av01.0.00M.08"
    assert av1.codec_name == "AV1 (AOMedia Video 1)"
    assert video_of(make_video(tmp_path / "b.webm", "libvpx-vp9")).codec_string == "vp9"


def test_transport_stream_has_codec_strings(tmp_path: Path) -> None:
    assert video_of(make_video(tmp_path / "a.ts")).codec_string == "avc1.64000A"
    hevc = video_of(make_video(tmp_path / "b.ts", "libx265"))
    assert hevc.codec_string == "hvc1.1.6.L30.90"


def test_interlaced(tmp_path: Path) -> None:
    assert video_of(make_video(tmp_path / "a.mkv", change=interlaced)).interlaced
    assert not video_of(make_video(tmp_path / "b.mkv")).interlaced


@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
@pytest.mark.parametrize(
    ("colours", "expected"),
    [
        (PQ, DynamicRange.HDR10),
        (HLG, DynamicRange.HLG),
        ((1, 16, 1), DynamicRange.HDR),
        ((9, 14, 9), DynamicRange.SDR),
        (SDR, DynamicRange.SDR),
    ],
)
def test_dynamic_range(
    tmp_path: Path, suffix: str, colours: tuple[int, int, int], expected: DynamicRange
) -> None:
    path = tmp_path / f"a.{suffix}"
    video = video_of(make_video(path, "libx265", colours=colours, pixels="yuv420p10le"))
    assert (video.dynamic_range, video.dolby_vision) == (expected, None)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_hdr10_plus(tmp_path: Path, suffix: str) -> None:
    path, sei = tmp_path / f"a.{suffix}", hdr10_plus_sei()
    video = video_of(make_video(path, "libx265", colours=PQ, pixels="yuv420p10le", first=sei))
    assert video.dynamic_range is DynamicRange.HDR10_PLUS


@pytest.mark.parametrize(
    ("colours", "fallback"),
    [
        (PQ, DynamicRange.HDR10),
        (HLG, DynamicRange.HLG),
        ((2, 2, 2), None),  # profile 5 says nothing of its colours: they are Dolby's own
    ],
)
@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_dolby_vision_that_only_the_pictures_tell(
    tmp_path: Path, suffix: str, colours: tuple[int, int, int], fallback: DynamicRange | None
) -> None:
    """Without a record in the container, as after a careless remux."""
    path, rpu = tmp_path / f"a.{suffix}", dovi_rpu()
    video = video_of(make_video(path, "libx265", colours=colours, pixels="yuv420p10le", last=rpu))
    assert video.dynamic_range is DynamicRange.DOLBY_VISION
    assert video.dolby_vision is not None
    assert (video.dolby_vision.profile, video.dolby_vision.fallback) == (None, fallback)


@pytest.mark.parametrize(
    ("kind", "numbers", "fallback"),
    [
        (b"dvcC", (5, 0), None),
        (b"dvcC", (7, 6), DynamicRange.HDR10),
        (b"dvvC", (8, 1), DynamicRange.HDR10),
        (b"dvvC", (8, 4), DynamicRange.HLG),
        (b"dvwC", (20, 0), None),
    ],
)
@pytest.mark.parametrize("suffix", ["mkv", "mp4"])
def test_dolby_vision(
    tmp_path: Path,
    suffix: str,
    kind: bytes,
    numbers: tuple[int, int],
    fallback: DynamicRange | None,
) -> None:
    profile, compatibility = numbers
    colours = HLG if fallback is DynamicRange.HLG else PQ
    path = make_video(tmp_path / f"a.{suffix}", "libx265", colours=colours, pixels="yuv420p10le")
    record = dovi_record(profile, 6, compatibility, enhanced=profile == 7)
    if suffix == "mp4":
        patch_sample_entry(path, b"hvc1", box(kind, record))
    else:
        path.write_bytes(matroska_of(path, dovi_mapping(kind, record)))
    video = video_of(path)
    assert video.dynamic_range is DynamicRange.DOLBY_VISION
    assert video.dolby_vision is not None
    assert (video.dolby_vision.profile, video.dolby_vision.level) == (profile, 6)
    assert video.dolby_vision.compatibility_id == compatibility
    assert video.dolby_vision.enhancement_layer is (profile == 7)
    assert video.dolby_vision.fallback is fallback
    expected = f"dvh1.{profile:02}.06" if fallback is None else "hvc1.2.4.L30.90"
    assert video.codec_string == expected


def test_ordinary_hevc_is_no_dolby_vision(tmp_path: Path, hevc: Path) -> None:
    """hvcC byte 6 is 0x90 in ordinary files: the predecessor took them for Dolby Vision."""
    assert video_of(hevc).dolby_vision is None
    mp4 = make_video(tmp_path / "a.mp4", "libx265")
    record = mp4.read_bytes().partition(b"hvcC")[2]
    assert record[6] == 0x90
    assert video_of(mp4).dolby_vision is None
    patch_sample_entry(mp4, b"hvc1", box(b"free", dovi_record(8, 6, 1)))
    assert video_of(mp4).dolby_vision is None
    other = tmp_path / "b.mkv"
    other.write_bytes(matroska_of(hevc, dovi_mapping(b"hvcE", dovi_record(8, 6, 1))))
    assert video_of(other).dolby_vision is None


@pytest.mark.parametrize(
    "record", [b"", b"\1\0\x0a", bytes(24), b"\xff" * 24, b"\1\0" + b"\xff" * 22]
)
def test_a_record_that_is_none(record: bytes) -> None:
    assert dolby_vision(record, DynamicRange.HDR10) is None


def test_dolby_vision_without_record_needs_hdr_to_fall_back() -> None:
    seen = dolby_vision(None, DynamicRange.HDR10, seen=True)
    assert seen is not None
    assert (seen.profile, seen.fallback) == (None, DynamicRange.HDR10)


def test_extended_language_of_matroska_wins(tmp_path: Path, hevc: Path) -> None:
    path = tmp_path / "a.mkv"
    extras = (element(0x22B59C, b"por"), element(0x22B59D, b"pt-BR"))
    path.write_bytes(matroska_of(hevc, *extras))
    assert video_of(path).language == "pt-BR"


def test_attachments_behind_the_clusters_are_found(tmp_path: Path, hevc: Path) -> None:
    whole = matroska_of(hevc)
    at = whole.index(b"\x18\x53\x80\x67") + 12
    segment = whole[at:]
    font = element(
        0x1941A469,
        element(
            0x61A7,
            element(0x466E, b"a\0b.ttf"),
            element(0x4660, b"font/ttf"),
            element(0x465C, bytes(500)),
        ),
    )
    seek = element(0x4DBB, number(0x53AB, 0x1941A469), number(0x53AC, 0))
    head_size = len(element(0x114D9B74, seek))
    seek = element(0x4DBB, number(0x53AB, 0x1941A469), number(0x53AC, head_size + len(segment)))
    body = element(0x114D9B74, seek) + segment + font
    data = whole[: at - 12] + element(0x18538067, body, size=UNKNOWN_SIZE)
    header = read_matroska(lambda offset, size: data[offset : offset + size], len(data))
    assert [(a.name, a.mime, a.size) for a in header.attachments] == [("a", "font/ttf", 500)]
    assert len(header.tracks) == 1


def test_hostile_texts_come_out_clean(tmp_path: Path, hevc: Path) -> None:
    path = tmp_path / "a.mkv"
    title = element(0x536E, b"a\x1b[2J\xff\xfe\r\n" + "\u202e".encode() + b"x" * 100_000)
    path.write_bytes(matroska_of(hevc, title))
    text = video_of(path).title
    assert text is not None
    assert len(text) <= 512
    assert text.isprintable()
    text.encode()


@pytest.mark.parametrize("name", ["-i", "concat:a|b", "http:x", "a\nb.mkv", "%d.mkv", "pipe:0"])
def test_names_are_names(tmp_path: Path, hevc: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(hevc.read_bytes())
    assert video_of(path).codec == "hevc"


@pytest.mark.parametrize(
    "text",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{target}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{target}'\n",
        "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 9 RTP/AVP 96\n",
        ";FFMETADATA1\ntitle=x\n",
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"></MPD>',
        "<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
        "RTSPtextrtsp://127.0.0.1/x",
    ],
)
@pytest.mark.parametrize("suffix", ["mkv", "m3u8", "concat", "sdp", "mp4"])
def test_lists_of_files_are_not_followed(
    tmp_path: Path, hevc: Path, text: str, suffix: str
) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_text(text.format(target=hevc))
    result = probe(path)
    assert isinstance(result, ProbeFailure)
    assert result.reason is FailureReason.NOT_MEDIA
    assert str(tmp_path) not in str(result.detail)


def test_quicktime_reference_to_another_file_is_not_followed(tmp_path: Path) -> None:
    path = make_video(tmp_path / "a.mov")
    data = path.read_bytes().replace(b"url \0\0\0\1", b"url \0\0\0\0")
    path.write_bytes(data)
    assert isinstance(probe(path), Probed | ProbeFailure)


@pytest.mark.parametrize(
    ("codec", "level", "name"),
    [
        ("h264", 41, "4.1"),
        ("h264", 9, "1b"),
        ("hevc", 153, "5.1"),
        ("hevc", 120, "4.0"),
        ("av1", 0, "2.0"),
        ("av1", 13, "5.1"),
        ("mpeg2video", 8, "Main"),
        ("h264", -99, None),
        ("vc1", 3, None),
    ],
)
def test_levels(codec: str, level: int, name: str | None) -> None:
    assert level_name(codec, level) == name


def test_codec_strings_of_configuration_records() -> None:
    assert video_string("h264", bytes.fromhex("014d401f"), "", 8) == "avc1.4D401F"
    main10 = bytes.fromhex("0122200000009000000000 0099".replace(" ", ""))
    assert video_string("hevc", main10, "hev1", 10) == "hev1.2.4.H153.90"
    assert video_string("av1", bytes.fromhex("810d4c00"), "", 10) == "av01.0.13M.10"
    assert video_string("vp9", bytes.fromhex("01010002011f03010a"), "", 10) == "vp09.00.31.10"
    assert video_string("vc1", b"", "", 8) is None
    for codec in ("h264", "hevc", "av1"):
        assert video_string(codec, b"", "", 8) is None


@pytest.mark.parametrize(
    ("codec", "extradata", "profile", "text"),
    [
        ("aac", bytes.fromhex("1190"), "LC", "mp4a.40.2"),
        ("aac", b"", "HE-AAC", "mp4a.40.5"),
        ("aac", b"", "HE-AACv2", "mp4a.40.29"),
        ("aac", bytes.fromhex("f9ea"), None, "mp4a.40.47"),
        ("dts", b"", "DTS-HD MA", "dtsl"),
        ("dts", b"", "DTS", "dtsc"),
        ("eac3", b"", "Dolby Digital Plus + Dolby Atmos", "ec-3"),
        ("truehd", b"", None, "mlpa"),
        ("wmapro", b"", None, None),
    ],
)
def test_audio_strings(codec: str, extradata: bytes, profile: str | None, text: str | None) -> None:
    assert audio_string(codec, extradata, profile) == text


def test_bit_depths_of_lossless_audio() -> None:
    assert audio_depth("pcm_s24le", b"", "s32") == 24
    assert audio_depth("truehd", b"", "s32") == 24
    assert audio_depth("aac", b"", "fltp") is None
