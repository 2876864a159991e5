"""The comparison of answers: what it lets pass, and what it does not."""

from typing import Any

import pytest

from tests.gql.comparison import difference

DATA = {"a": {"b": [1, None], "c": "x"}, "d": None}


def error(*path: Any, message: str = "no") -> dict[str, Any]:
    return {"message": message, "path": list(path), "locations": [{"line": 1, "column": 2}]}


async def compared(
    expected: dict[str, Any], found: dict[str, Any], *happened: dict[str, Any]
) -> str | None:
    async def all_of_them() -> dict[str, Any]:
        return {"data": None, "errors": list(happened)}

    there = await difference(expected, found, all_of_them)
    back = await difference(found, expected, all_of_them)
    assert (there is None) is (back is None)
    return there


async def test_what_is_the_same() -> None:
    assert await compared({"data": DATA}, {"data": DATA}) is None
    errors = [error("d"), error("a", "b", 1)]
    both = {"data": DATA, "errors": errors}
    assert await compared(both, {"errors": errors[::-1], "data": DATA}) is None


@pytest.mark.parametrize(
    "other",
    [
        {"data": {"d": None, "a": DATA["a"]}},
        {"data": {**DATA, "d": {}}},
        {"data": {**DATA, "e": 1}},
        {"data": {"a": DATA["a"]}},
        {"data": {**DATA, "a": {"b": [1.0, None], "c": "x"}}},
        {"data": {**DATA, "a": {"b": [True, None], "c": "x"}}},
        {"data": {**DATA, "a": {"b": [None, 1], "c": "x"}}},
        {"data": None},
        {},
        {"data": DATA, "errors": []},
        {"data": DATA, "errors": [error("d")]},
        {"data": DATA, "extensions": {}},
    ],
)
async def test_other_data(other: dict[str, Any]) -> None:
    assert await compared({"data": DATA}, other, error("d")) is not None


@pytest.mark.parametrize(
    "others",
    [
        [],
        [error("d")],
        [error("d"), error("a", "b", 1, message="other")],
        [error("d"), {**error("a", "b", 1), "locations": []}],
        [error("d"), {**error("a", "b", 1), "extensions": {"code": "X"}}],
        [error("d"), error("a", "b", 0)],
        [error("d"), error("a", "b", 1), error("a", "b", 1)],
        [error("d"), error("d")],
    ],
)
async def test_other_errors(others: list[dict[str, Any]]) -> None:
    errors = [error("d"), error("a", "b", 1)]
    happened = [*errors, *others]
    told = await compared({"data": DATA, "errors": errors}, {"data": DATA, "errors": others})
    assert told is not None
    told = await compared(
        {"data": DATA, "errors": errors}, {"data": DATA, "errors": others}, *happened
    )
    assert told is not None


async def test_one_of_several_below_one_null() -> None:
    """Which of them is told is open; that one is, and that it has happened, is not."""
    one, two, other = error("d", "x"), error("d", "y", 0), error("a", "b", 1)
    answers = [{"data": DATA, "errors": [*some, other]} for some in ([one], [two], [one, two], [])]
    happened = (one, two, other)
    assert await compared(answers[0], answers[1], *happened) is None
    assert await compared(answers[0], answers[2], *happened) is None
    assert await compared(answers[0], answers[3], *happened) is not None
    assert await compared(answers[0], answers[1], one, other) is not None
    elsewhere = {"data": DATA, "errors": [one]}
    assert await compared(answers[0], elsewhere, *happened) is not None
    twice = {"data": DATA, "errors": [one, one, other]}
    assert await compared(answers[0], twice, *happened) is not None


async def test_the_whole_answer_is_null() -> None:
    one, two = error("a", "c"), error("d")
    first, second = {"data": None, "errors": [one]}, {"data": None, "errors": [two]}
    assert await compared(first, second, one, two) is None
    assert await compared(first, second, one) is not None
    assert await compared(first, {"data": None}, one) is not None
    assert await compared({"errors": [one]}, {"errors": [two]}, one, two) is not None
