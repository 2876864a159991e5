import msgspec
import pytest

from app.media.domain import (
    DynamicRange,
    EmbeddedTags,
    FailureReason,
    MediaInfo,
    Probe,
    Probed,
    ProbeFailure,
    dynamic_range_of,
    resolution_label,
)
from app.media.domain.info import dolby_vision_fallback
from app.media.domain.text import clean_text


@pytest.mark.parametrize(
    ("width", "height", "label"),
    [
        (7680, 4320, "4320p"),
        (3840, 2160, "2160p"),
        (3840, 1600, "2160p"),
        (4096, 1716, "2160p"),
        (2560, 1440, "1440p"),
        (1920, 1080, "1080p"),
        (1920, 800, "1080p"),
        (1920, 1088, "1080p"),
        (1440, 1080, "1080p"),
        (1916, 796, "1080p"),
        (1080, 1920, "1080p"),
        (1280, 720, "720p"),
        (1280, 534, "720p"),
        (960, 720, "720p"),
        (720, 576, "576p"),
        (1024, 576, "576p"),
        (720, 480, "480p"),
        (854, 480, "480p"),
        (640, 272, "480p"),
        (320, 180, "SD"),
        (1, 1, "SD"),
    ],
)
def test_resolution_goes_by_width_or_height(width: int, height: int, label: str) -> None:
    assert resolution_label(width, height) == label


@pytest.mark.parametrize(
    ("transfer", "primaries", "plus", "expected"),
    [
        ("smpte2084", "bt2020", False, DynamicRange.HDR10),
        ("smpte2084", "bt2020", True, DynamicRange.HDR10_PLUS),
        ("smpte2084", "bt709", False, DynamicRange.HDR),
        ("smpte2084", None, False, DynamicRange.HDR),
        ("arib-std-b67", "bt2020", False, DynamicRange.HLG),
        ("bt709", "bt2020", False, DynamicRange.SDR),
        ("bt2020-10", "bt2020", True, DynamicRange.SDR),
        (None, None, False, DynamicRange.SDR),
    ],
)
def test_dynamic_range(
    transfer: str | None, primaries: str | None, plus: bool, expected: DynamicRange
) -> None:
    assert dynamic_range_of(transfer, primaries, hdr10_plus=plus) is expected
    vision = dynamic_range_of(transfer, primaries, dolby_vision=True, hdr10_plus=plus)
    assert vision is DynamicRange.DOLBY_VISION


@pytest.mark.parametrize(
    ("profile", "compatibility", "base", "fallback"),
    [
        (5, 0, DynamicRange.HDR10, None),
        (8, 1, DynamicRange.HDR10, DynamicRange.HDR10),
        (8, 1, DynamicRange.HDR10_PLUS, DynamicRange.HDR10_PLUS),
        (8, 2, DynamicRange.SDR, DynamicRange.SDR),
        (8, 4, DynamicRange.HLG, DynamicRange.HLG),
        (7, 6, DynamicRange.HDR10, DynamicRange.HDR10),
        (4, 0, DynamicRange.SDR, DynamicRange.SDR),
        (8, 0, DynamicRange.HLG, DynamicRange.HLG),
        (10, 0, DynamicRange.SDR, None),
    ],
)
def test_dolby_vision_fallback(
    profile: int, compatibility: int, base: DynamicRange, fallback: DynamicRange | None
) -> None:
    assert dolby_vision_fallback(profile, compatibility, base) is fallback


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("Plain title", "Plain title"),
        ("  two \n lines\t", "two lines"),
        ("nul\0 and \x1b[31mcolour", "nul and [31mcolour"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("gpj.\u202egnp", "gpj.gnp"),
        ("Amélie – 千と千尋", "Amélie – 千と千尋"),
        ("\0\x01", None),
        ("", None),
        (None, None),
    ],
)
def test_texts_are_cleaned(raw: str | None, clean: str | None) -> None:
    assert clean_text(raw) == clean


def test_texts_are_bounded_and_fast() -> None:
    text = clean_text("ä\0" * 10_000_000)
    assert text is not None
    assert len(text) == 512
    text.encode()


def test_every_failure_has_a_sentence() -> None:
    for reason in FailureReason:
        assert ProbeFailure(reason=reason).sentence.endswith(".")


def test_results_survive_msgpack_and_json() -> None:
    info = MediaInfo(container="mp4", duration=1.5, bitrate=None, tags=EmbeddedTags(year=2001))
    for probe in (
        Probed(info=info, content_hash=b"\xff" * 16, size=2**40, mtime_ns=-1),
        ProbeFailure(reason=FailureReason.CRASHED, detail="SIGSEGV"),
    ):
        packed = msgspec.msgpack.decode(msgspec.msgpack.encode(probe), type=Probe)
        written = msgspec.json.decode(msgspec.json.encode(probe), type=Probe)
        assert packed == written == probe
