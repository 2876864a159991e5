"""How well file names are read: accuracy against recorded cases and names per second.

    python -m bench.names [--cases FOLDER] [--sets] [--failures]

FOLDER holds `*.jsonl` files, one case per line: `{"id", "source", "set", "kind", "input", "expect",
"soft", "todo", "options", "alt_expect"}`. Without the argument it is the environment variable
CASES. The folder's data is read when the program runs and is no part of the project.

A case is right when every core field that it asserts is: title, year, season, episodes, absolute
numbers, date. The reader of shows was written with one half of the cases of shows at hand (those
whose id has an even SHA-256); the table tells the halves apart.

`adapter` gives the same readings to other scorers.
"""

import argparse
import hashlib
import json
import os
import sys
import time
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from app.naming.service import parse_episode, parse_movie
from bench.name_fields import FILM_KINDS, SAME_LANGUAGE, SHOW_KINDS, Fields, adapter

Case = dict[str, Any]

CORE = (
    "title", "titles_any", "year", "season", "episode", "episodes", "ending_episode",
    "absolute_episode", "date", "reject",
)  # fmt: skip
QUALITY = ("quality", "resolution", "modifier", "proper")
OTHER = ("edition", "release_group", "language", "hardcoded_subs", "crc32", "part", "episode_title")
SCORED = (*CORE, *QUALITY, *OTHER)
ASKED = {
    **dict.fromkeys(SHOW_KINDS, "shows"),
    **dict.fromkeys(FILM_KINDS, "films"),
    "title": "titles",
    "reject": "garbage",
    "release_group": "release groups",
    "quality": "quality",
    "language": "languages",
    "other": "burned-in subtitles",
}
"""Kind of a case -> what it asks about."""
ROUNDS = 5
NUMBERS = ("season", "episode", "absolute_episode", "date", "year")


def load(folder: Path) -> Iterator[Case]:
    """The cases in a folder; those that their own project cannot read are left out."""
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            case: Case = json.loads(line)
            if case["kind"] in ASKED and not case.get("todo") and not case.get("options"):
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
        return special(expected, got) or (soft and value is None)
    if value is None:
        return expected is None or expected == "" or soft
    if field in {"edition", "release_group", "episode_title"}:
        return clean(value) == clean(_text(expected))
    return bool(value == expected)


def _same_title(expected: str | None, got: Fields) -> bool:
    title = got.get("title")
    if expected is None or title is None:
        return expected is title
    seasons = _several(got.get("season"))
    also = (got.get("year"), got.get("country"), f"S{seasons[0]}" if seasons else None)
    return clean(expected) in {clean(title), *(clean(f"{title} {word}") for word in also if word)}


def _any_title(expected: list[str], got: Fields) -> bool:
    return any(_same_title(title, got) for title in expected)


def _rejected(_: Any, got: Fields) -> bool:
    return all(got.get(field) is None for field in NUMBERS)


def _several(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]


def _same_season(expected: int | None, got: Fields) -> bool:
    """Some projects say 0 where no season is said."""
    found = _several(got.get("season"))
    return found[0] == expected if found else expected is None


def _same_episode(expected: int | None, got: Fields) -> bool:
    found = _several(got.get("episode"))
    return found[0] == expected if found else expected is None


def _same_episodes(expected: list[int], got: Fields) -> bool:
    return _ends_alike(_several(got.get("episode")), expected)


def _same_absolute(expected: list[int], got: Fields) -> bool:
    found = _several(got.get("absolute_episode"))
    if not found and not _several(got.get("season")):
        found = _several(got.get("episode"))
    return _ends_alike(found, expected)


def _ends_alike(found: list[int], expected: list[int]) -> bool:
    """Ranges are alike when their ends are."""
    if len(expected) > 1 and len(found) > 1:
        return (found[0], found[-1]) == (expected[0], expected[-1])
    return found == expected


def _same_end(expected: int | None, got: Fields) -> bool:
    found = _several(got.get("episode"))
    return len(found) <= 1 if expected is None else len(found) > 1 and found[-1] == expected


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
    "reject": _rejected,
    "season": _same_season,
    "episode": _same_episode,
    "episodes": _same_episodes,
    "ending_episode": _same_end,
    "absolute_episode": _same_absolute,
    "language": _same_languages,
    "quality": _same_quality,
    "hardcoded_subs": _both_or_none,
}


def _text(expected: Any) -> str:
    return " ".join(map(str, expected)) if isinstance(expected, list) else str(expected or "")


def clean(text: str) -> str:
    """Letters and digits alone, case and accents folded."""
    return "".join(c for c in unicodedata.normalize("NFKD", text).casefold() if c.isalnum())


class Counts:
    """Right and asked, of the half that was at hand and of the other."""

    def __init__(self) -> None:
        self.halves = [[0, 0], [0, 0]]

    def count(self, *, right: bool, half: int) -> None:
        self.halves[half][0] += right
        self.halves[half][1] += 1

    @property
    def all(self) -> tuple[int, int]:
        (right, asked), (more_right, more_asked) = self.halves
        return right + more_right, asked + more_asked


class Tally:
    """Right and asked, by source and what was asked, by half, and by set."""

    def __init__(self) -> None:
        self.cases: defaultdict[tuple[str, str], Counts] = defaultdict(Counts)
        self.sets: defaultdict[tuple[str, str], Counts] = defaultdict(Counts)
        self.failures: list[str] = []

    def add(self, case: Case, verdicts: dict[str, bool], got: Fields) -> None:
        self.failures += [
            f"{case['id']}: {field} of {case['input']!r}: "
            f"{case['expect'][field]!r}, not {got.get(field)!r}"
            for field, right in verdicts.items()
            if not right
        ]
        core = [right for field, right in verdicts.items() if field in CORE]
        judged = core or list(verdicts.values())
        if judged:
            hidden = hashlib.sha256(case["id"].encode()).digest()[-1] & 1
            self.cases[case["source"], ASKED[case["kind"]]].count(right=all(judged), half=hidden)
            self.sets[case["source"], case["set"]].count(right=all(judged), half=hidden)

    def table(self, *, by_set: bool = False) -> str:
        """Markdown: a row for each thing that a source asks, or for each of its sets."""
        counts = self.sets if by_set else self.cases
        lines = [
            "| cases of | about | cases | right | half at hand | other half |",
            "|---|---|---:|---:|---:|---:|",
        ]
        for source, about in sorted(counts):
            found = counts[source, about]
            shares = [_percent(*found.all), *(_percent(*half) for half in found.halves)]
            lines.append(f"| {source} | {about} | {found.all[1]} | {' | '.join(shares)} |")
        return "\n".join(lines)


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


def speed(folder: Path, kinds: frozenset[str], parse: Callable[[str], object]) -> float:
    """Names per second of one core's time, the best of some rounds."""
    names = [case["input"] for case in load(folder) if case["kind"] in kinds]
    best = 0.0
    for _ in range(ROUNDS):
        start = time.process_time()
        for name in names:
            parse(name)
        best = max(best, len(names) / (time.process_time() - start))
    return best


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.names", description=__doc__)
    parser.add_argument("--cases", default=os.environ.get("CASES"), metavar="FOLDER")
    parser.add_argument("--sets", action="store_true", help="a row for each set of cases")
    parser.add_argument("--failures", action="store_true", help="list what was read wrong")
    options = parser.parse_args()
    folder = Path(options.cases) if options.cases else None
    if folder is None or not any(folder.glob("*.jsonl")):
        print(f"No cases: {folder or 'give --cases FOLDER or set CASES'}.", file=sys.stderr)
        return 2
    tally = score(folder)
    if options.failures:
        print("\n".join(tally.failures), end="\n\n")
    print(tally.table(by_set=options.sets))
    films = speed(folder, FILM_KINDS, parse_movie)
    shows = speed(folder, SHOW_KINDS, parse_episode)
    print(f"\nOn one core {films:,.0f} names of films and {shows:,.0f} of shows per second")
    return 0


if __name__ == "__main__":
    sys.exit(main())
