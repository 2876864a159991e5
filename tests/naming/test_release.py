"""The release words: picture, sound, languages, edition, group."""

from typing import Any

import pytest

from app.naming.domain import Hdr, Modifier, Source, ThreeD
from app.naming.service import parse_movie, parse_subtitle

FILM = "The.Third.Man.1949."


@pytest.mark.parametrize(
    ("words", "source", "modifier", "resolution"),
    [
        ("1080p.BluRay.x264-GRP", Source.BLURAY, None, 1080),
        ("720p.BRRip.x264", Source.BLURAY, None, 720),
        ("BDRip.576p.x264", Source.BLURAY, None, 576),
        ("1080p.BluRay.REMUX.AVC.DTS-HD.MA.5.1-GRP", Source.BLURAY, Modifier.REMUX, 1080),
        ("UHD.BluRay.2160p.REMUX.HEVC", Source.BLURAY, Modifier.REMUX, 2160),
        ("UHDRemux.HEVC", Source.BLURAY, Modifier.REMUX, 2160),
        ("1080p.UHD.BluRay.x265", Source.BLURAY, None, 1080),
        ("COMPLETE.BLURAY-GRP", Source.BLURAY, Modifier.BRDISK, None),
        ("1080p.Blu-ray.AVC.DTS-HD.MA.5.1-GRP", Source.BLURAY, Modifier.BRDISK, 1080),
        ("BluRay.iso", Source.BLURAY, Modifier.BRDISK, None),
        ("WEB-DL.1080p.H264", Source.WEBDL, None, 1080),
        ("1080p.WEB.H264-GRP", Source.WEBDL, None, 1080),
        ("WEBDL-720p", Source.WEBDL, None, 720),
        ("720p.WEBRip.x264", Source.WEBRIP, None, 720),
        ("HDRip.XviD", Source.WEBRIP, None, None),
        ("1080i.HDTV.H264", Source.HDTV, None, 1080),
        ("1080i.HDTV.MPEG2-GRP", Source.HDTV, Modifier.RAWHD, 1080),
        ("PDTV.XviD", Source.TV, None, None),
        ("DVDRip.XviD", Source.DVDRIP, None, None),
        ("PAL.DVDR-GRP", Source.DVD, Modifier.REMUX, None),
        ("DVDSCR.x264", Source.DVD, Modifier.SCREENER, None),
        ("R5.XviD", Source.DVD, Modifier.REGIONAL, None),
        ("HDCAM.x264", Source.CAM, None, None),
        ("HDTS.x264", Source.TELESYNC, None, None),
        ("TELECINE.x264", Source.TELECINE, None, None),
        ("1920x800.x264", None, None, 1080),
        ("1280x534.x264", None, None, 720),
        ("4K.HEVC", None, None, 2160),
        ("x264", None, None, None),
    ],
)
def test_quality(
    words: str, source: Source | None, modifier: Modifier | None, resolution: int | None
) -> None:
    release = parse_movie(FILM + words).release
    assert (release.source, release.modifier, release.resolution) == (source, modifier, resolution)


@pytest.mark.parametrize(
    ("words", "field", "value"),
    [
        ("1080p.x264", "video_codec", "h264"),
        ("1080p.H.265", "video_codec", "h265"),
        ("1080p.HEVC", "video_codec", "h265"),
        ("DVDRip.XviD", "video_codec", "xvid"),
        ("1080p.VC-1", "video_codec", "vc1"),
        ("1080p.10bit.x265", "bit_depth", 10),
        ("1080p.10.bit.x265", "bit_depth", 10),
        ("2160p.HDR10+.x265", "hdr", (Hdr.HDR10_PLUS,)),
        ("2160p.DV.HDR10.x265", "hdr", (Hdr.DOLBY_VISION, Hdr.HDR10)),
        ("2160p.DoVi.x265", "hdr", (Hdr.DOLBY_VISION,)),
        ("2160p.HLG.x265", "hdr", (Hdr.HLG,)),
        ("1080p.DD5.1.x264", "audio_codecs", ("ac3",)),
        ("1080p.DD+5.1.x264", "audio_codecs", ("eac3",)),
        ("1080p.DDP5.1.Atmos.x264", "audio_codecs", ("eac3", "atmos")),
        ("1080p.DTS-HD.MA.7.1.x264", "audio_codecs", ("dts-hd ma",)),
        ("1080p.TrueHD.7.1.x264", "audio_codecs", ("truehd",)),
        ("1080p.DTS-X.x264", "audio_codecs", ("dts:x",)),
        ("1080p.DDP5.1.x264", "audio_channels", "5.1"),
        ("1080p.TrueHD.7.1.x264", "audio_channels", "7.1"),
        ("1080p.AAC 2 0.x264", "audio_channels", "2.0"),
        ("1080p.6CH.x264", "audio_channels", "5.1"),
        ("PROPER.1080p.x264", "proper", 1),
        ("REPACK.1080p.x264", "proper", 1),
        ("REPACK2.1080p.x264", "proper", 2),
        ("1080p.x264", "proper", 0),
        ("1080p.AMZN.WEB-DL", "streaming_service", "Amazon"),
        ("1080p.NF.WEB-DL", "streaming_service", "Netflix"),
        ("1080p.iT.WEB-DL", "streaming_service", "iTunes"),
        ("1080p.QZZ.WEB-DL", "streaming_service", "QZZ"),
        ("1080p.NF.BluRay", "streaming_service", None),
        ("HC.720p.WEBRip", "hardcoded_subs", True),
        ("720p.x264.[1A2B3C4D]", "crc32", "1A2B3C4D"),
    ],
)
def test_picture_and_sound(words: str, field: str, value: Any) -> None:
    assert getattr(parse_movie(FILM + words).release, field) == value


@pytest.mark.parametrize(
    ("words", "audio", "subtitles"),
    [
        ("German.1080p.x264", ("de",), ()),
        ("iTA.ENG.1080p.x264", ("it", "en"), ()),
        ("ENG-FRE-ITA.1080p.x264", ("en", "fr", "it"), ()),
        ("TRUEFRENCH.1080p.x264", ("fr",), ()),
        ("VOSTFR.1080p.x264", (), ("fr",)),
        ("PL.1080p.x264", ("pl",), ()),
        ("PLDUB.1080p.x264", ("pl",), ()),
        ("PLSUB.1080p.x264", (), ("pl",)),
        ("pt-BR.1080p.x264", ("pt-BR",), ()),
        ("Dublado.1080p.x264", ("pt-BR",), ()),
        ("LATiNO.1080p.x264", ("es-419",), ()),
        ("1080p.Ita.Eng.Sub.Ita.Eng", ("it", "en"), ("it", "en")),
        ("1080p.[English Subbed]", (), ("en",)),
        ("1080p.[Hindi + Tamil + English]", ("hi", "ta", "en"), ()),
        ("HebDubbed.1080p.x264", ("he",), ()),
        ("RoSubbed.1080p.x264", (), ("ro",)),
        ("2xUkr.1080p.x264", ("uk",), ()),
        ("1080p.x264", (), ()),
    ],
)
def test_languages(words: str, audio: tuple[str, ...], subtitles: tuple[str, ...]) -> None:
    release = parse_movie(FILM + words).release
    assert (release.languages, release.subtitle_languages) == (audio, subtitles)


def test_a_german_release_with_two_languages_has_the_original_too() -> None:
    release = parse_movie(FILM + "German.DL.1080p.x264").release
    assert (release.languages, release.original_audio, release.multi_audio) == (("de",), True, True)


@pytest.mark.parametrize(
    ("path", "edition"),
    [
        ("Film.1999.Directors.Cut.1080p.mkv", "Director's Cut"),
        ("Film.1999.DC.1080p.mkv", "Director's Cut"),
        ("Film Director's Cut (1999).mkv", "Director's Cut"),
        ("Film.EXTENDED.1999.1080p.mkv", "Extended"),
        ("Film.1999.EXTENDED.CUT.1080p.mkv", "Extended Cut"),
        ("Film (1999) [Special Edition].mkv", "Special Edition"),
        ("Film.1999.40th.Anniversary.Edition.1080p.mkv", "40th Anniversary Edition"),
        ("Film.1999.The.Moonlight.Edition.1080p.mkv", "Moonlight Edition"),
        ("Film.1999.IMAX.1080p.mkv", "IMAX"),
        ("Film.1999.Open.Matte.1080p.mkv", "Open Matte"),
        ("Film.1999.REMASTERED.1080p.mkv", "Remastered"),
        ("Film (1999) Versione integrale.mkv", "Versione Integrale"),
        ("Film (1999) Edición especial.mkv", "Edición Especial"),
        ("Фильм Режиссёрская версия 1999.mkv", "Режиссёрская Версия"),
        ("Film 1999 Wersja reżyserska.mkv", "Wersja Reżyserska"),
        ("Film (1999) {edition-Fan Remix}.mkv", "Fan Remix"),
        ("Film.1999.UNRATED.1080p.mkv", "Unrated"),
        ("Unrated.Film.1999.1080p.mkv", None),
        ("The.Summer.Edition.1999.1080p.mkv", None),
        ("The.Final.Cut.1999.1080p.mkv", None),
        ("Film.Special.1999.1080p.mkv", None),
        ("Film.1999.1080p.mkv", None),
    ],
)
def test_edition(path: str, edition: str | None) -> None:
    assert parse_movie(path).edition == edition


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("Film.1999.1080p.BluRay.x264-ABCDE.mkv", "ABCDE"),
        ("Film.1999.1080p.BluRay.x264-ABCDE[someindex.com].mkv", "ABCDE"),
        ("Film.1999.1080p.BluRay.x264-ABCDE-Obfuscated.mkv", "ABCDE"),
        ("Film.1999.1080p.BluRay.x264-[ABC.DE].mkv", "ABC.DE"),
        ("Film (1999) [1080p] [WEBRip] [ABC.DE].mp4", "ABC.DE"),
        ("Film (1999) (1080p BluRay x265 10bit AAC 5.1 Abcde).mkv", "Abcde"),
        ("Film (1999) (1080p BluRay x265 10bit AAC 5.1 - Abcde) [FGH].mkv", "FGH"),
        ("Film 1999 1080p BluRay x264 - ABCDE.mkv", "ABCDE"),
        ("Film.1999.1080p.BluRay.x264.ABCDE.mkv", "ABCDE"),
        ("Film.1999.1080p.BluRay.x264.by.Abcde.mkv", "Abcde"),
        ("[Abcde] Film (1999) [1A2B3C4D].mkv", "Abcde"),
        ("abc-the.film.was.here.1999.720p.x264.mkv", "abc"),
        ("Film.1999.1080p.WEB-DL.mkv", None),
        ("Film.1999.1080p.DTS-HD.MA.5.1.mkv", None),
        ("Spider-Film.1999.mkv", None),
        ("Film (1999) - Making of.mkv", None),
    ],
)
def test_release_group(path: str, group: str | None) -> None:
    assert parse_movie(path).release.release_group == group


@pytest.mark.parametrize(
    ("path", "packing"),
    [
        ("Film.1999.3D.1080p.BluRay.mkv", ThreeD.UNKNOWN),
        ("Film.1999.3D.HSBS.1080p.mkv", ThreeD.HALF_SIDE_BY_SIDE),
        ("Film.1999.3D.Half-OU.1080p.mkv", ThreeD.HALF_OVER_UNDER),
        ("Film.1999.3D.Full-SBS.1080p.mkv", ThreeD.SIDE_BY_SIDE),
        ("Film.3D.1999.1080p.mkv", ThreeD.UNKNOWN),
        ("Film.1999.1080p.mkv", None),
    ],
)
def test_three_d(path: str, packing: ThreeD | None) -> None:
    assert parse_movie(path).three_d == packing


@pytest.mark.parametrize(
    ("path", "language", "forced", "hearing_impaired"),
    [
        ("Film (1999).en.srt", "en", False, False),
        ("Film (1999).eng.forced.srt", "en", True, False),
        ("Film (1999).de.sdh.srt", "de", False, True),
        ("Film (1999).German.srt", "de", False, False),
        ("Film (1999).hi.srt", "hi", False, False),
        ("Film (1999).en.hi.srt", "en", False, True),
        ("Film (1999).pt-br.srt", "pt-BR", False, False),
        ("Film (1999).srt", None, False, False),
    ],
)
def test_subtitle(path: str, language: str | None, forced: bool, hearing_impaired: bool) -> None:
    name = parse_subtitle(path)
    assert (name.language, name.forced, name.hearing_impaired) == (
        language,
        forced,
        hearing_impaired,
    )
