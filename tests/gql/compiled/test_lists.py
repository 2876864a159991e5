"""Lists, good and bad, at once or of a batch: null and errors in them go up to where null may
stand, and no further.
"""

import itertools
from typing import Any

import pytest

from tests.gql.compiled.fleet import Fleet, uuid
from tests.gql.compiled.harbour import Harbour
from tests.gql.compiled.probes import ERROR, lower, probing

pytestmark = pytest.mark.usefixtures("quiet")


# -- lists: [T], [T]!, [T!], [T!]!


LISTS = {
    "many": ("many", True, True),
    "manySure": ("many_sure", False, True),
    "sureMany": ("sure_many", True, False),
    "sureManySure": ("sure_many_sure", False, False),
}
GOOD = {"list": [1, 2], "tuple": (1, 2), "empty": [], "set": {1, 2}, "a range": range(1, 3)}


@pytest.mark.parametrize(("name", "good"), list(itertools.product(LISTS, GOOD)))
async def test_good_lists(harbour: Harbour, name: str, good: str) -> None:
    answer = await harbour.ask(
        f"{{ probe {{ {name} }} }}", {}, probing(**{LISTS[name][0]: GOOD[good]})
    )
    assert answer == {"data": {"probe": {name: [] if good == "empty" else [1, 2]}}}


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("bad", [None, ERROR])
async def test_no_list(harbour: Harbour, name: str, bad: Any) -> None:
    python, nullable, _ = LISTS[name]
    answer = await harbour.ask(f"{{ probe {{ {name} }} text }}", {}, probing(**{python: bad}))
    assert answer["data"]["probe"] == ({name: None} if nullable else None)
    told = [e["path"] for e in answer.get("errors", [])]
    assert told == ([] if bad is None and nullable else [["probe", name]])


@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("bad", [None, "x", 2**31, 1.5, ERROR])
async def test_a_bad_value_in_a_list(harbour: Harbour, name: str, bad: Any) -> None:
    python, nullable, inner_nullable = LISTS[name]
    answer = await harbour.ask(
        f"{{ probe {{ {name} }} text }}", {}, probing(**{python: [1, bad, 2]})
    )
    if inner_nullable:
        assert answer["data"]["probe"] == {name: [1, None, 2]}
    else:
        assert answer["data"]["probe"] == ({name: None} if nullable else None)
    told = [e["path"] for e in answer.get("errors", [])]
    assert told == ([] if bad is None and inner_nullable else [["probe", name, 1]])


@pytest.mark.parametrize("bad", [7, "text", {"a": 1}, 2.5, True, b"bytes"])
@pytest.mark.parametrize("name", ["many", "belows"])
async def test_what_is_no_list(harbour: Harbour, name: str, bad: Any) -> None:
    inner = "" if name == "many" else "{ text }"
    answer = await harbour.ask(f"{{ probe {{ {name} {inner} }} }}", {}, probing(**{name: bad}))
    assert answer["data"] == {"probe": {name: None}}
    told = f"Expected Iterable, but did not find one for field 'Probe.{name}'."
    assert [e["message"] for e in answer["errors"]] == [told]


@pytest.mark.parametrize("bad", [7, "text", {"a": 1}, 2.5, True, b"bytes", {1, 2}])
@pytest.mark.parametrize("name", ["numbersLater", "belowsLater"])
async def test_what_is_no_list_of_a_batch(harbour: Harbour, name: str, bad: Any) -> None:
    """Whatever it is, both say the same of it."""
    inner = "" if name == "numbersLater" else "{ text }"
    python = "numbers_later" if name == "numbersLater" else "belows_later"
    await harbour.ask(f"{{ probe {{ {name} {inner} }} }}", {}, probing(**{python: bad}))


class Broken:
    """A list that breaks off after its first value."""

    def __init__(self, first: Any) -> None:
        self._first = first

    def __iter__(self) -> Any:
        yield self._first
        raise ERROR


BROKEN: dict[str, tuple[str, Any, bool]] = {
    "many": ("many", 1, True),
    "sureManySure": ("sure_many_sure", 1, False),
    "matrix": ("matrix", [1], True),
    "numbersLater": ("numbers_later", 1, False),
    "belows { sureText }": ("belows", lower(sure_text="a"), True),
    "belows { sureLater }": ("belows", lower(), True),
    "sureBelows { sureText }": ("sure_belows", lower(sure_text="a"), False),
    "belowsLater { sureText }": ("belows_later", lower(sure_text="a"), False),
    "belowsLater { sureLater }": ("belows_later", lower(), False),
}


@pytest.mark.parametrize("field", BROKEN)
async def test_a_list_that_breaks_off(harbour: Harbour, field: str) -> None:
    """That is the error of the whole list, whatever it gave before."""
    python, first, nullable = BROKEN[field]
    values = {python: Broken(first), "sure_later": "there", "truth": True}
    answer = await harbour.ask(f"{{ probe {{ truth {field} }} }}", {}, probing(**values))
    name = field.split(maxsplit=1)[0]
    assert answer["data"]["probe"] == ({"truth": True, name: None} if nullable else None)
    assert [e["path"] for e in answer["errors"]] == [["probe", name]]


async def test_a_list_that_breaks_off_in_a_list(harbour: Harbour) -> None:
    matrix = [[1], Broken(2), [3]]
    answer = await harbour.ask("{ probe { matrix } }", {}, probing(matrix=matrix))
    assert answer["data"] == {"probe": {"matrix": [[1], None, [3]]}}
    assert [e["path"] for e in answer["errors"]] == [["probe", "matrix", 1]]


class Twice:
    """A list by its own way of going through it."""

    def __init__(self, *values: Any) -> None:
        self._values, self._left = values, 0

    def __iter__(self) -> "Twice":
        self._left = len(self._values)
        return self

    def __next__(self) -> Any:
        if not self._left:
            raise StopIteration
        self._left -= 1
        return self._values[-1 - self._left]


async def test_lists_of_any_class(harbour: Harbour) -> None:
    objects = (lower(sure_text="a"), lower(sure_text="b"))

    def set_up(fleet: Fleet) -> None:
        fleet.probe = {
            "many": (n for n in (1, "2", True)),
            "sure_many": Twice(1, 2),
            "numbers_later": Twice(3, 4),
            "later": "l",
            "belows": Twice(*objects),
            "sure_belows": Twice(*objects),
            "belows_later": Twice(*objects),
            "matrix": Twice(Twice(1, 2), (), range(3, 4)),
        }

    answer = await harbour.ask(
        """{ probe { many sureMany numbersLater matrix belows { sureText } deep: belows { later }
          sureBelows { sureText } belowsLater { sureText } } }""",
        {},
        set_up,
    )
    texts = [{"sureText": "a"}, {"sureText": "b"}]
    assert answer == {
        "data": {
            "probe": {
                "many": [1, 2, 1],
                "sureMany": [1, 2],
                "numbersLater": [3, 4],
                "matrix": [[1, 2], [], [3]],
                "belows": texts,
                "deep": [{"later": "l"}, {"later": "l"}],
                "sureBelows": texts,
                "belowsLater": texts,
            }
        }
    }


async def test_lists_in_lists(harbour: Harbour) -> None:
    matrix = [[1, 2], None, [], [None, 3], [2**31], 7]
    answer = await harbour.ask("{ probe { matrix } }", {}, probing(matrix=matrix))
    shown = [[1, 2], None, [], [None, 3], [None], None]
    assert answer["data"] == {"probe": {"matrix": shown}}
    paths = [["probe", "matrix", 4, 0], ["probe", "matrix", 5]]
    assert [e["path"] for e in answer["errors"]] == paths


OBJECT_LISTS = {
    "belows": ("belows", True),
    "sureBelows": ("sure_belows", False),
    "belowsLater": ("belows_later", True),
    "sureBelowsLater": ("sure_belows_later", False),
}


@pytest.mark.parametrize("name", OBJECT_LISTS)
@pytest.mark.parametrize("bad", [None, ERROR, 7])
@pytest.mark.parametrize("leaf", ["text", "later"])
async def test_no_list_of_objects(harbour: Harbour, name: str, bad: Any, leaf: str) -> None:
    """Of a batch, null is the empty list. Whatever is asked for below it."""
    python, _ = OBJECT_LISTS[name]

    def set_up(fleet: Fleet) -> None:
        fleet.probe = {python: bad}

    answer = await harbour.ask(
        f"{{ probe {{ __typename {name} {{ {leaf} }} }} __schema {{ queryType {{ name }} }} }}",
        {},
        set_up,
    )
    assert answer["data"]["__schema"] == {"queryType": {"name": "Query"}}
    paths = [e["path"] for e in answer.get("errors", [])]
    if bad is None and name != "sureBelows":
        shown: Any = None if name == "belows" else []
        assert answer["data"]["probe"] == {"__typename": "Probe", name: shown}
        assert paths == []
        return
    kept = {"__typename": "Probe", name: None} if name == "belows" else None
    assert answer["data"]["probe"] == kept
    assert paths == [["probe", name]]


@pytest.mark.parametrize("name", OBJECT_LISTS)
@pytest.mark.parametrize("bad", ["null", "wrong", "raises", "below", "below later"])
async def test_one_bad_object_in_a_list(harbour: Harbour, name: str, bad: str) -> None:
    """Objects where null may stand do not harm each other."""
    python, nullable = OBJECT_LISTS[name]
    objects: list[Any] = [lower(sure_text="0"), lower(sure_text="1"), lower(sure_text="2")]
    objects[1] = {
        "null": None,
        "wrong": 7,
        "raises": ERROR,
        "below": lower(sure_text=None),
        "below later": lower(sure_text="1"),
    }[bad]
    leaf = "sureLater" if bad == "below later" else "sureText"

    def set_up(fleet: Fleet) -> None:
        fleet.probe = {python: objects}

    answer = await harbour.ask(f"{{ probe {{ {name} {{ {leaf} }} }} text }}", {}, set_up)
    paths = [e["path"] for e in answer.get("errors", [])]
    if bad == "below later":  # the batch has no value for any of them
        assert {tuple(path[:2]) for path in paths} == {("probe", name)}
        assert answer["data"]["probe"] == ({name: [None] * 3} if nullable else None)
        return
    if nullable:
        shown = [{"sureText": "0"}, None, {"sureText": "2"}]
        assert answer["data"]["probe"] == {name: shown}
    else:
        assert answer["data"]["probe"] is None
    own = [["probe", name, 1, "sureText"]] if bad == "below" else [["probe", name, 1]]
    assert paths == ([] if bad == "null" and nullable else own)


async def test_a_batch_that_leaves_keys_out(harbour: Harbour) -> None:
    """A key without a value is null, of a list it is the empty one."""

    def set_up(fleet: Fleet) -> None:
        del fleet.crews[uuid(21)]
        del fleet.things[uuid(11)]

    answer = await harbour.ask(
        "{ ships { nodes { crew { name } captain { name } crewSize } } }", {}, set_up
    )
    [_, biene, _] = answer["data"]["ships"]["nodes"]
    assert biene == {"crew": [], "captain": None, "crewSize": 0}


async def test_a_batch_that_answers_too_much(harbour: Harbour) -> None:
    """A list is never longer than its edge allows."""
    objects = [lower(sure_text=str(n)) for n in range(25)]
    answer = await harbour.ask(
        "{ probe { belowsLater { sureText } } }", {}, probing(belows_later=objects)
    )
    shown = answer["data"]["probe"]["belowsLater"]
    assert [one["sureText"] for one in shown] == [str(n) for n in range(10)]
