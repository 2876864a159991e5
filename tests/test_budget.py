"""The budget of operations says what is over it."""

import json

from bench.budget import FILE, KINDS, OPERATIONS, over


def test_more_than_a_tenth_over_is_told() -> None:
    allowed = {"cold": {"A": {"calls": 1000, "statements": 5}}}
    assert over({"cold": {"A": {"calls": 1100, "statements": 5}}}, allowed) == []
    assert over({"cold": {"A": {"calls": 1101, "statements": 6}}}, allowed) == [
        "A cold: 1101 calls, recorded are 1000.",
        "A cold: 6 statements, recorded are 5.",
    ]


def test_what_is_recorded_is_complete() -> None:
    recorded = json.loads(FILE.read_text())
    assert "3.11" in recorded
    for counts in recorded.values():
        assert set(counts) == set(KINDS)
        for operations in counts.values():
            assert set(operations) == {operation.value for operation in OPERATIONS}
            assert all({"calls", "statements"} == set(c) for c in operations.values())
