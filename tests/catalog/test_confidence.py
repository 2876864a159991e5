"""How sure it is what a file is."""

import pytest

from app.catalog.domain import TitleSource
from app.catalog.service.confidence import (
    DOUBTED,
    SURE,
    Evidence,
    confidence,
    likeness,
    measured,
)
from app.settings.domain import MATCH_THRESHOLD

LEAST = MATCH_THRESHOLD.default


def evidence(said_by: TitleSource = TitleSource.NAME, **known: object) -> Evidence:
    return Evidence(said_by=said_by, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize("said_by", TitleSource)
def test_ids_win_over_everything(said_by: TitleSource) -> None:
    against = {"title": 0.0, "year": False, "numbered": False, "misplaced": True}
    assert confidence(evidence(said_by, ids=True, **against)) == SURE


def test_the_better_it_is_said_the_surer_it_is() -> None:
    found = [confidence(evidence(source)) for source in TitleSource]
    assert found == sorted(found)
    assert found[0] < LEAST < found[1]


@pytest.mark.parametrize("said_by", TitleSource)
@pytest.mark.parametrize("what", ["year", "numbered"])
def test_what_agrees_and_what_does_not(said_by: TitleSource, what: str) -> None:
    unknown, agrees, differs = (
        confidence(evidence(said_by, **{what: value})) for value in (None, True, False)
    )
    if said_by is TitleSource.FILE:
        assert agrees == unknown < LEAST, "a year alone is no title"
    else:
        assert unknown < agrees < SURE
    assert differs < unknown


def test_a_name_of_the_other_kind() -> None:
    assert confidence(evidence(misplaced=True)) < LEAST
    assert confidence(evidence(TitleSource.NFO, misplaced=True)) > LEAST, "an NFO file knows"
    assert confidence(evidence(numbered=False)) < LEAST


def test_titles_that_agree_less() -> None:
    found = [confidence(evidence(title=agreement, year=True)) for agreement in (1.0, 0.8, 0.3, 0.0)]
    assert found == sorted(found, reverse=True)
    assert found[-1] == 0.0


def test_lengths() -> None:
    assert measured(0.95, 6000, 6500) == 0.95
    assert measured(0.95, 6000, 9000) == DOUBTED < LEAST
    assert measured(DOUBTED, 6000, 9000) == DOUBTED, "found twice, it is the same"
    assert measured(0.1, 6000, 9000) == 0.1
    assert measured(SURE, 6000, 60) == SURE
    assert measured(0.95, 6000, 9000, cut=True) == 0.95
    assert measured(0.95, None, 9000) == measured(0.95, 6000, None) == 0.95


def test_likeness() -> None:
    assert likeness("", "") == likeness("matrix", "matrix") == 1.0
    assert likeness("", "matrix") == likeness("a", "b") == 0.0
    assert 0.5 < likeness("matrix", "matrix reloaded") < 0.8
    assert likeness("the matrx", "matrix") == likeness("matrix", "the matrx")
    assert likeness("aaaaaaaa", "aa") < 0.3, "each pair counts once"
