"""Words for sources, codecs, sound and the rest of how a copy was made.

A row lists every spelling, split at "|", with one space for whatever separator the name uses.
A leading "?" marks a spelling that is also a word of titles.
"""

from typing import NamedTuple

from app.naming.domain import Hdr, Modifier, Source, ThreeD


class Origin(NamedTuple):
    """A source and what the same word says about its treatment or size."""

    source: Source
    modifier: Modifier | None = None
    resolution: int | None = None


SOURCES: dict[Origin, str] = {
    Origin(Source.CAM): (
        "?cam|camrip|cam rip|hdcam|hd cam|hdcamrip|hd camrip|hqcam|hq cam|newcam|new cam|hq camrip"
    ),
    Origin(Source.TELESYNC): (
        "?ts|tsrip|ts rip|hdts|hd ts|hdtsrip|telesync|telesynch|tele sync|pdvd|predvd|predvdrip"
        "|pre dvd|predvd rip|pre dvdrip|hqts|cam ts"
    ),
    Origin(Source.TELECINE): "?tc|hdtc|hd tc|telecine|tcrip|tele cine|hdtcrip",
    Origin(Source.WORKPRINT): "?wp|workprint|work print",
    Origin(Source.VHS): "?vhs|vhsrip|vhs rip",
    Origin(Source.LASERDISC): "ldrip|ld rip|laserdisc|laser disc|?laserdisk",
    Origin(Source.DVD): "dvd|?hd dvd rip",
    Origin(Source.DVD, Modifier.REMUX): (
        "dvd5|dvd 5|dvd9|dvd 9|dvdr|dvd r|dvdr5|dvdr9|dvd r9|dvd r5|mdvdr|2dvd5|2dvd9|2xdvd9|2xdvd5"
        "|full dvd|dvdfull|dvd full|dvd remux|dvdremux|video ts"
    ),
    Origin(Source.DVD, Modifier.SCREENER): (
        "dvdscr|dvd scr|dvdscreener|dvd screener|dvdscrrip|dvdscr rip|?scr|?screener|hdscr"
    ),
    Origin(Source.DVD, Modifier.REGIONAL): "?r5|r5line",
    Origin(Source.DVDRIP): "dvdrip|dvd rip|xvidvd|dvdivx|dvdmux|dvd mux|dvdriprus",
    Origin(Source.TV): (
        "pdtv|dsr|dsrip|dthrip|dvbrip|dvb|satrip|sat rip|tvrip|tv rip|sdtv|sd tv|tvripmux|dtvrip"
        "|?uhdtv|ppv rip|ppvrip|vodrip|vod rip|?ppv|?vod|digitalrip|dvbs"
    ),
    Origin(Source.HDTV): "hdtv|?hd tv|hdtvrip|hdtv rip|hdtvmux|tvhd|tvriphd|uhdtvrip|?ahdtv",
    Origin(Source.WEBRIP): (
        "webrip|web rip|webmux|web mux|web hdrip|webhdrip|hdrip|hd rip|?vhsweb|web dlrip|webdlrip"
        "|webcap|web cap|?hdweb|webripmux|uhdrip"
    ),
    Origin(Source.WEBDL): (
        "webdl|web dl|?web|webhd|web hd|ituneshd|itunes hd|ithd|netflixhd|netflixuhd|amazonhd"
        "|webuhd|web uhd|hdwebdl|web dlmux|webdlmux|hbomaxhd|disneyhd|maxdomehd|amazonuhd"
        "|amazonsd|netflixsd|skyhd|appletvhd"
    ),
    Origin(Source.BLURAY): (
        "bluray|blu ray|blueray|blue ray|mbluray|m bluray|?bd|bdrip|bd rip|brrip|br rip|bdmux"
        "|bd mux|brmux|bdripmux|brripmux|hddvd|hd dvd|hddvdrip|hddvd rip|bdlight|hdlight|blurayrip"
        "|bluray rip|blu ray rip|bdmv|hqbdrip"
        "|?bdr|brip|bdscr|mhd|microhd|micro hd|bd25rip|4klight"
    ),
    Origin(Source.BLURAY, None, 2160): (
        "uhdbd|uhd bd|uhd bluray|uhdbluray|uhd blu ray|ultrahd blu ray|uhdbdrip|uhd bdrip|uhd2bd"
        "|ultra hd blu ray|ultrahd bluray|uhdbrrip|muhd|uhd brrip"
    ),
    Origin(Source.BLURAY, Modifier.REMUX): (
        "bdremux|bd remux|brremux|bdrmux|blurayremux|bluray remux|blu ray remux|br remux"
    ),
    Origin(Source.BLURAY, Modifier.REMUX, 2160): (
        "uhdremux|uhd remux|uhdbdremux|uhd bdremux|uhd bluray remux|uhd blu ray remux"
    ),
    Origin(Source.BLURAY, Modifier.BRDISK): (
        "bdiso|bd iso|bluray iso|blu ray iso|complete bluray|complete blu ray|bd25|bd 25|bd50"
        "|bd 50|bd66|bd 66|bd100|bd 100|bdfull|bd full|full bluray|full blu ray|bd25 iso|bd50 iso"
        "|complete mbluray|untouched bd|bluray disc|full bd|3d bd|bd9|bd5"
    ),
    Origin(Source.BLURAY, Modifier.BRDISK, 2160): (
        "complete uhd bluray|complete uhd blu ray|full uhd bluray|uhd bd66|uhd bd100"
    ),
}

MODIFIERS: dict[Modifier, str] = {
    Modifier.REMUX: "remux|?hybrid remux|bdremuxed|dvdremuxed",
    Modifier.BRDISK: "untouched|?iso",
    Modifier.RAWHD: "rawhd|raw hd",
}

RESOLUTIONS: dict[int, str] = {
    2160: "4k|uhd|4kuhd|uhd4k|4k uhd|uhd 4k|ultrahd|ultra hd|2160p4k|4k2160p|4kultrahd",
    4320: "8k|8kuhd",
    1440: "?qhd",
    1080: "fullhd|full hd|?fhd|1o8op|4kto1080p|m1080p|10801080p",
    720: "m720p|72op|?hd720",
    480: "48op",
}

VIDEO_CODECS: dict[str, str] = {
    "h264": "x264|h264|h 264|x 264|avc|avchd|h264avc|?mpeg4 avc|mpeg 4 avc|10bit264",
    "h265": "x265|h265|h 265|x 265|hevc|hvec|hevc10|h265hevc|hevcx265|x265hevc",
    "h266": "x266|h266|h 266|vvc",
    "av1": "av1|?svt av1",
    "vp8": "vp8",
    "vp9": "vp9",
    "vc1": "vc1|vc 1",
    "xvid": "xvid|?xvidhd",
    "divx": "divx|div x|divx5|divx6|divx 5|divx 6",
    "mpeg2": "mpeg2|mpeg 2|mpg2|h262|h 262",
    "mpeg4": "mpeg4|mpeg 4|mp4v",
    "h263": "h263|h 263",
    "wmv": "wmv|wmv9",
    "realvideo": "?rv10|?rv9",
}

HDR_FORMATS: dict[Hdr, str] = {
    Hdr.DOLBY_VISION: "dovi|dolby vision|dolbyvision|?dv|dvp8|dv p8|dvp5|dovihdr",
    Hdr.HDR10_PLUS: "hdr10plus|hdr10p|hdr10 plus|hdr 10 plus",
    Hdr.HDR10: "hdr10|hdr 10",
    Hdr.HLG: "hlg",
    Hdr.HDR: "hdr",
}

AUDIO_CODECS: dict[str, str] = {
    "truehd": "truehd|true hd|dolby truehd|dolby true hd|thd",
    "atmos": "?atmos|dolby atmos|truehd atmos|ddpa|ddp atmos|dd atmos|?datmos",
    "dts-hd ma": "dts hd ma|dtshd ma|dts ma|dtshdma|dts hdma|dtsma|dtshdm",
    "dts-hd hra": "dts hd hra|dtshd hra|dts hra|dts hr|dtshdhra|dts hdhra|dts hd hr|dtshr",
    "dts-hd": "dts hd|dtshd",
    "dts:x": "dts x|dtsx|dts hd x",
    "dts-es": "dts es|dtses|dtsex|dts ex|dts es ma",
    "dts": "dts|dtss|dts2|dtsd|dtsdl|dtsdd",
    "eac3": (
        "eac3|e ac3|e ac 3|ddp|dd+|eac 3|ddpa5|dolby digital plus|dd plus|eac3d|eac3dl|eac3ld|ddpl"
    ),
    "ac3": (
        "ac3|ac 3|dd|dolby digital|ac3d|ac3ld|ac3dl|ddex|dd ex|dolbyd|dolby d|dolbydigital|ac3md"
        "|dd51|dd20"
    ),
    "aac": "aac|he aac|heaac|lc aac|aac lc|haac|aacx2|qaac",
    "flac": "flac|flacx2|flacx3|flacx4",
    "opus": "?opus",
    "vorbis": "vorbis|?ogg",
    "mp3": "mp3|lame3|?lame",
    "mp2": "mp2",
    "pcm": "pcm|lpcm",
}

PROPER: dict[int, str] = {
    1: "?proper|?repack|?rerip|?re rip|?repacked|?rerepack|?properfix|repackpost",
    2: "?proper2|?repack2|?rerip2|?repack 2",
    3: "?proper3|?repack3",
}

THREE_D: dict[ThreeD, str] = {
    ThreeD.UNKNOWN: "?3d|?bd3d|?bluray3d|3d blu ray|3d bluray",
    ThreeD.HALF_SIDE_BY_SIDE: "hsbs|h sbs|half sbs|halfsbs|half side by side|3dhsbs",
    ThreeD.SIDE_BY_SIDE: "?sbs|fsbs|f sbs|full sbs|fullsbs|?side by side",
    ThreeD.HALF_OVER_UNDER: "?hou|h ou|half ou|halfou|?htab|h tab|half tab|?half over under",
    ThreeD.OVER_UNDER: "?ou|?tab|full ou|?fou|f ou",
    ThreeD.MVC: "?mvc",
}

SUBTITLE_WORDS: dict[str, str] = {
    "subs": (
        "?subs|?sub|?subtitles|?subtitle|?subtitulos|?sottotitoli|?st|?softsub|?softsubs"
        "|?soft sub|?soft subs|?fansub|?subtitled|?esub|?esubs|?e sub|?e subs|msub|msubs|?m sub"
        "|?m subs|multisub|multisubs|multi sub|multi subs|?napisy|?legendas|?legendado|?subtitulado"
        "|multiple subtitle|multiple subtitles|dual subtitulos|?custom subs|?nlsubs|?engsubs"
        "|?felirat|?feliratos|?titulky|?altyazili|?altyazılı|?undertekst|?undertexter|?textad"
        "|?untertitel|?ondertiteld|?субтитры|?сабы|?字幕|?자막|?legendada|?legendas|?sottotitolato"
    ),
    "hardcoded": (
        "korsub|korsubs|?hc|?hardsub|hardsubs|?hardsubbed|?hardcoded|hard sub|hard subs"
        "|?hardcoded subs"
    ),
    "subbed": "?subbed|subforced|?vost|vostf",
}

NOTES: dict[str, str] = {
    "scene": (
        "?internal|?int|?limited|?nfofix|nfofix|readnfo|?read nfo|?read|?nfo|?stv|?festival|?real"
        "|prooffix|?proof|?proof fix|?proof sample fix|?sample fix|dirfix|syncfix|?sync fix|?retail"
        "|?complete|?rip|?xpost|?new|?untouched"
    ),
    "kind": (
        "?docu|?doku|?documentary|?dokumentation|?ova|?movie hd|?full movie|?full movie hd"
        "|?feature film|国漫|日漫|新番|番剧|完结|連載|连载|合集|アニメ|ドラマ|バラエティ"
    ),
    "picture": (
        "?ws|?fs|?pal|ntsc|?secam|?oar|?hr|?hq|?hqc|?lq|?hd|?sd|?sdr|widescreen|?fullscreen|dxva"
        "|hi10p|hi10|hi444pp|10 bits|?hfr|?upscaled|?upscale|?convert|?colorized|?colourized|bt2020"
        "|bt 2020|bt709|?multichannel|?high quality|?raw|?2audio|?om|vfr|cfr|?nvenc"
        "|vr180|vr 180|vr360|vr 360|eac360|23 976 fps|29 97 fps|59 94 fps"
        "|?hq hdrip|?dnr|?hardcoded"
    ),
    "container": "2 cd|2 cds|3 cd|3 cds|mkv|?mp4|?avi|m2ts|m4v|webm|mkvonly|?ogm|?ts file",
    "extras": (
        "?extras|?extra|?bonus|?digital extras|?bonus disc|?chaps|?comm|?commentary|?plus comm"
        "|?with extras|split scenes"
    ),
    "sound": ("?line|?md|?mic|?clean audio|?mic dubbed|?clean aud|?org auds|?org aud|?line audio"),
    "region": "?usa|?eur|?uk|?gbr|?nordic|?scandinavian",
    "hybrid": "?hybrid|?custom|?theater",
}

SERVICES: dict[str, str] = {
    "Amazon": "amzn|?amazon",
    "Netflix": "?nf|netflix",
    "Disney+": "dsnp|dsny|?dsnyp|?disney plus|?disneyplus",
    "Max": "hmax|?max|?hbo max|?hbomax",
    "HBO": "?hbo",
    "Apple TV+": "atvp|?atv|?aptv|?apple tv",
    "iTunes": "?itunes",
    "Hulu": "?hulu",
    "Peacock": "pcok|?pck",
    "Paramount+": "pmtp|?paramount plus",
    "Showtime": "?sho|?showtime",
    "Starz": "stz|?starz",
    "Stan": "?stan",
    "Crave": "crav|?crave",
    "Criterion Channel": "?crit|?criterion channel",
    "MUBI": "mubi",
    "YouTube Premium": "?red",
    "Google Play": "?play",
    "BBC iPlayer": "?ip|iplayer",
    "All 4": "?all4",
    "ITV": "?itvx",
    "Now": "?now",
    "Sky Showtime": "skst|skyshowtime|skysho",
    "Movistar+": "?mstr|?movistar",
    "Movies Anywhere": "?ma",
    "Vudu": "?vudu",
    "Roku": "?roku",
    "Shudder": "?shdr|?shudder",
    "Crunchyroll": "?cr",
    "Hotstar": "?hs|hotstar|?htsr",
    "ZEE5": "zee5",
    "SonyLIV": "sonyliv",
    "Viki": "?viki",
    "Viu": "?viu",
    "Rakuten TV": "rktn|rkuten",
}
