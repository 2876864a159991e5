"""How well file names are read: accuracy against recorded cases and names per second.

    python -m bench.names [--cases FOLDER] [--failures]

FOLDER holds `*.jsonl` files, one case per line: `{"source", "set", "kind", "input", "expect",
"soft", "todo", "options", "alt_expect"}`. Without the argument it is the environment variable
CASES. The folder's data is read when the program runs and is no part of the project.

`adapter` gives the same readings to other scorers.
"""

import argparse
import json
import os
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.naming.domain import Modifier, MovieName, Release, Source
from app.naming.service import is_subtitle, parse_movie, parse_subtitle

Case = dict[str, Any]
Fields = dict[str, Any]

CORE = ("title", "titles_any", "year", "reject")
QUALITY = ("quality", "resolution", "modifier", "proper")
OTHER = ("edition", "release_group", "language", "hardcoded_subs", "crc32", "part")
SCORED = (*CORE, *QUALITY, *OTHER)
KINDS = frozenset(
    {"movie", "movie_edition", "reject", "release_group", "title", "quality", "language", "other"}
)
ROUNDS = 5

LANGUAGE_NAMES = {
    "en": "English", "fr": "French", "es": "Spanish", "es-419": "SpanishLatino", "de": "German",
    "it": "Italian", "da": "Danish", "nl": "Dutch", "nl-BE": "Flemish", "ja": "Japanese",
    "is": "Icelandic", "zh": "Chinese", "ru": "Russian", "ro": "Romanian", "hi": "Hindi",
    "th": "Thai", "bg": "Bulgarian", "pt-BR": "PortugueseBR", "pt": "Portuguese", "pl": "Polish",
    "vi": "Vietnamese", "sv": "Swedish", "no": "Norwegian", "fi": "Finnish", "tr": "Turkish",
    "el": "Greek", "ko": "Korean", "hu": "Hungarian", "he": "Hebrew", "lt": "Lithuanian",
    "cs": "Czech", "ar": "Arabic", "uk": "Ukrainian", "fa": "Persian", "bn": "Bengali",
    "te": "Telugu", "ta": "Tamil", "ml": "Malayalam", "kn": "Kannada", "mr": "Marathi",
    "ur": "Urdu", "tl": "Tagalog", "sk": "Slovak", "lv": "Latvian", "ca": "Catalan",
    "zh-Hans": "Chinese", "zh-Hant": "Chinese", "yue": "Chinese", "fil": "Tagalog",
    "sq": "Albanian", "af": "Afrikaans", "rm": "Romansh", "mn": "Mongolian", "ka": "Georgian",
    "az": "Azerbaijani", "uz": "Uzbek",
}  # fmt: skip
SAME_LANGUAGE = {"PortugueseBrazil": "PortugueseBR"}

SOURCE_NAMES = {
    Source.CAM: "CAM",
    Source.TELESYNC: "TELESYNC",
    Source.TELECINE: "TELECINE",
    Source.WORKPRINT: "WORKPRINT",
    Source.DVD: "DVD",
    Source.DVDRIP: "DVD",
    Source.TV: "TV",
    Source.HDTV: "TV",
    Source.WEBRIP: "WEBRIP",
    Source.WEBDL: "WEBDL",
    Source.BLURAY: "BLURAY",
}
LOW_CODECS = frozenset({"xvid", "divx"})
BY_EXTENSION = {
    "avi": ("TV", 480), "xvid": ("TV", 480), "divx": ("TV", 480), "m2ts": ("BLURAY", 720),
}  # fmt: skip
DEFAULT_HEIGHTS = {"BLURAY": 720, "WEBDL": 720, "WEBRIP": 720, "TV": 480}
SHOW_NAMES = {"BLURAY": "Bluray", "WEBDL": "WEBDL", "WEBRIP": "WEBRip", "TV": "HDTV"}


def adapter(path: str, kind: str) -> Fields:
    """One reading, as the fields that cases assert."""
    name = parse_movie(path)
    release = name.release
    fields: Fields = {
        "title": name.title,
        "year": name.year,
        "edition": name.edition,
        "release_group": release.release_group,
        "part": name.part,
        "crc32": release.crc32,
    }
    if kind == "quality":
        fields |= _quality(path, release)
    elif kind == "language":
        fields["language"] = _languages(path, name)
    elif kind == "other":
        fields["hardcoded_subs"] = release.hardcoded_subs or None
    return fields


def _languages(path: str, name: MovieName) -> list[str]:
    codes = (parse_subtitle(path).language,) if is_subtitle(path) else name.release.languages
    names = [LANGUAGE_NAMES.get(code, code) for code in codes if code is not None]
    return [*names, "Original"] if name.release.original_audio else names


def _quality(path: str, release: Release) -> Fields:
    """Our fields in the peers' terms, who guess a height where the name says none."""
    source = SOURCE_NAMES.get(release.source, "UNKNOWN") if release.source else "UNKNOWN"
    height = _standard(release.resolution)
    modifier = release.modifier.name if release.modifier else None
    if source == "UNKNOWN" and release.modifier in {Modifier.REMUX, Modifier.BRDISK}:
        source = "BLURAY"
    elif source == "UNKNOWN" and height is not None:
        source = "WEBDL" if release.resolution == 540 else "TV"
    elif source == "UNKNOWN":
        source, height = BY_EXTENSION.get(path.strip().rpartition(".")[2].lower(), (source, None))
        if source == "UNKNOWN" and release.video_codec in LOW_CODECS:
            source, height = "TV", 480
    if height is None:
        height = _default_height(path, source, release)
    if source in {"CAM", "DVD"}:
        height = 480 if modifier == "REMUX" else None
    if modifier == "BRDISK":
        height = 1080
    return {
        "quality": f"QualitySource.{source}",
        "show_quality": _show_quality(source, height, modifier),
        "resolution": f"R{height}p" if height else "Unknown",
        "modifier": modifier,
        "proper": release.proper > 0,
    }


def _standard(height: int | None) -> int | None:
    return {240: 480, 360: 480, 540: 480, 900: 720, 960: 720}.get(height or 0, height)


def _default_height(path: str, source: str, release: Release) -> int | None:
    if source == "BLURAY" and release.modifier is Modifier.REMUX:
        return 1080
    if source == "BLURAY" and (release.video_codec in LOW_CODECS or "rip" in path.lower()):
        return 480
    if source == "TV" and ("[hdtv]" in path.lower() or "hd tv" in path.lower() or ".HR." in path):
        return 720
    return DEFAULT_HEIGHTS.get(source)


def _show_quality(source: str, height: int | None, modifier: str | None) -> str:
    if modifier == "RAWHD":
        return "Quality.RAWHD"
    if source == "TV" and height == 480:
        return "Quality.SDTV"
    if source not in SHOW_NAMES:
        return "Quality.DVD" if source == "DVD" else "Quality.Unknown"
    remux = "Remux" if modifier == "REMUX" and source == "BLURAY" and height != 720 else ""
    return f"Quality.{SHOW_NAMES[source]}{height}p{remux}"


def load(folder: Path) -> Iterator[Case]:
    """The cases of films in a folder; those that their own project cannot read are left out."""
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            case: Case = json.loads(line)
            if case["kind"] in KINDS and not case.get("todo") and not case.get("options"):
                yield case


def judge(case: Case, got: Fields) -> dict[str, bool]:
    """Field -> whether it was read as expected."""
    expected: Fields = case["expect"]
    soft = case.get("soft", ())
    return {
        field: _matches(field, expected[field], got, soft=field in soft)
        for field in SCORED
        if field in expected
    }


def _matches(field: str, expected: Any, got: Fields, *, soft: bool) -> bool:
    value = got.get(field)
    special = SPECIAL.get(field)
    if special is not None:
        return special(expected, got)
    if value is None:
        return expected is None or soft
    if field in {"edition", "release_group"}:
        return clean(value) == clean(_text(expected))
    return bool(value == expected)


def _same_title(expected: str | None, got: Fields) -> bool:
    title = got.get("title")
    if expected is None or title is None:
        return expected is title
    with_year = f"{title} {got['year']}" if got.get("year") else title
    return clean(expected) in {clean(title), clean(with_year)}


def _any_title(expected: list[str], got: Fields) -> bool:
    return any(_same_title(title, got) for title in expected)


def _no_year(_: Any, got: Fields) -> bool:
    return got.get("year") is None


def _same_languages(expected: list[str], got: Fields) -> bool:
    """All that are expected; none where the case says that the name tells none."""
    said = {SAME_LANGUAGE.get(name, name) for name in expected} - {"Unknown"}
    found = set(got.get("language") or ())
    return said <= found if said else not found


def _same_quality(expected: str, got: Fields) -> bool:
    return expected in {got.get("quality"), got.get("show_quality")}


def _both_or_none(expected: str | None, got: Fields) -> bool:
    return bool(got.get("hardcoded_subs")) == (expected is not None)


SPECIAL: dict[str, Callable[[Any, Fields], bool]] = {
    "title": _same_title,
    "titles_any": _any_title,
    "reject": _no_year,
    "language": _same_languages,
    "quality": _same_quality,
    "hardcoded_subs": _both_or_none,
}


def _text(expected: Any) -> str:
    return " ".join(map(str, expected)) if isinstance(expected, list) else str(expected or "")


def clean(text: str) -> str:
    """Letters and digits alone, case and accents folded."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())


class Tally:
    """Right and asked, per source and set, and per field."""

    def __init__(self) -> None:
        self.cases: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
        self.fields: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0])
        self.failures: list[str] = []

    def add(self, case: Case, verdicts: dict[str, bool], got: Fields) -> None:
        place = (case["source"], case["set"])
        for field, right in verdicts.items():
            counts = self.fields[*place, field]
            counts[0] += right
            counts[1] += 1
            if not right:
                self.failures.append(
                    f"{case['id']}: {field} of {case['input']!r}: "
                    f"{case['expect'][field]!r}, not {got.get(field)!r}"
                )
        core = [right for field, right in verdicts.items() if field in CORE]
        judged = core or list(verdicts.values())
        if judged:
            self.cases[place][0] += all(judged)
            self.cases[place][1] += 1

    def table(self) -> str:
        """Markdown: a row per set and a total per source."""
        lines = ["| source | set | cases | right | fields |", "|---|---|---:|---:|---|"]
        for source in dict.fromkeys(source for source, _ in self.cases):
            total = [0, 0]
            for (owner, name), (right, asked) in self.cases.items():
                if owner == source:
                    total = [total[0] + right, total[1] + asked]
                    lines.append(
                        f"| {source} | {name} | {asked} | {_percent(right, asked)} "
                        f"| {self._fields_of(source, name)} |"
                    )
            lines.append(f"| **{source}** | all | {total[1]} | {_percent(*total)} | |")
        return "\n".join(lines)

    def _fields_of(self, source: str, name: str) -> str:
        return ", ".join(
            f"{field} {right}/{asked}"
            for (owner, place, field), (right, asked) in self.fields.items()
            if (owner, place) == (source, name)
        )


def _percent(right: int, asked: int) -> str:
    return f"{100 * right / asked:.1f} %" if asked else "-"


def score(folder: Path) -> Tally:
    tally = Tally()
    for case in load(folder):
        got = adapter(case["input"], case["kind"])
        verdicts = judge(case, got)
        if "alt_expect" in case and not all(verdicts.values()):
            other = {**case, "expect": case["alt_expect"]}
            if all((again := judge(other, got)).values()):
                tally.add(other, again, got)
                continue
        tally.add(case, verdicts, got)
    return tally


def speed(folder: Path) -> float:
    """Names per second on one core, the best of some rounds."""
    names = [case["input"] for case in load(folder)]
    best = 0.0
    for _ in range(ROUNDS):
        start = time.perf_counter()
        for name in names:
            parse_movie(name)
        best = max(best, len(names) / (time.perf_counter() - start))
    return best


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.names", description=__doc__)
    parser.add_argument("--cases", default=os.environ.get("CASES"), metavar="FOLDER")
    parser.add_argument("--failures", action="store_true", help="list what was read wrong")
    options = parser.parse_args()
    folder = Path(options.cases) if options.cases else None
    if folder is None or not any(folder.glob("*.jsonl")):
        print(f"No cases: {folder or 'give --cases FOLDER or set CASES'}.", file=sys.stderr)
        return 2
    tally = score(folder)
    if options.failures:
        print("\n".join(tally.failures), end="\n\n")
    print(tally.table())
    print(f"\n{speed(folder):,.0f} names per second on one core")
    return 0


if __name__ == "__main__":
    sys.exit(main())
