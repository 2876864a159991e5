"""The floor on recorded cases of other projects, where their data is at hand."""

import os
from pathlib import Path

import pytest

from bench.names import Tally, judge, load, score

SIBLING = Path(__file__).parents[3] / "shared" / "cases"
FOLDER = Path(os.environ.get("REVENGE_CASES", SIBLING))
FLOOR = 0.95

pytestmark = pytest.mark.skipif(
    not any(FOLDER.glob("*.jsonl")),
    reason=f"no cases in {FOLDER}; REVENGE_CASES names their folder",
)


@pytest.fixture(scope="module")
def tally() -> Tally:
    return score(FOLDER)


def test_core_fields_of_films(tally: Tally) -> None:
    counts = [n for (source, _), n in tally.cases.items() if source == "radarr"]
    right, asked = (sum(column) for column in zip(*counts, strict=True))
    assert asked > 500
    assert right / asked >= FLOOR, "\n".join(tally.failures)


@pytest.mark.parametrize(("source", "name"), [("guessit", "movies"), ("ptt", "main")])
def test_titles_and_years_elsewhere(tally: Tally, source: str, name: str) -> None:
    right, asked = tally.cases[source, name]
    assert right / asked >= 0.9


def test_the_judge_can_say_no() -> None:
    case = next(c for c in load(FOLDER) if c["expect"].get("title"))
    assert judge(case, {"title": "something else"})["title"] is False
