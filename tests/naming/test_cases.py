"""The floor on recorded cases of other projects, where their data is at hand."""

import os
from pathlib import Path

import pytest

from bench.names import Tally, judge, load, score

SIBLING = Path(__file__).parents[3] / "shared" / "cases"
FOLDER = Path(os.environ.get("REVENGE_CASES", SIBLING))

pytestmark = pytest.mark.skipif(
    not any(FOLDER.glob("*.jsonl")),
    reason=f"no cases in {FOLDER}; REVENGE_CASES names their folder",
)


@pytest.fixture(scope="module")
def tally() -> Tally:
    return score(FOLDER)


@pytest.mark.parametrize(
    ("source", "about", "floor"),
    [
        ("radarr", "films", 0.97),
        ("sonarr", "shows", 0.95),
        ("sonarr", "languages", 0.94),
        ("sonarr", "quality", 0.96),
        ("sonarr", "release groups", 0.95),
        ("radarr", "languages", 0.96),
        ("radarr", "quality", 0.96),
        ("radarr", "release groups", 0.96),
        ("ptt", "shows", 0.88),
        ("ptt", "films", 0.9),
        ("guessit", "shows", 0.92),
        ("guessit", "films", 0.9),
        ("radarr", "garbage", 0.95),
        ("sonarr", "garbage", 0.9),
    ],
)
def test_core_fields(tally: Tally, source: str, about: str, floor: float) -> None:
    right, asked = tally.cases[source, about].all
    assert asked > 20
    assert right / asked >= floor, "\n".join(tally.failures)


def test_the_judge_can_say_no() -> None:
    case = next(c for c in load(FOLDER) if c["expect"].get("title"))
    assert judge(case, {"title": "something else"})["title"] is False
