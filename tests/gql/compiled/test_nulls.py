"""Null and errors, wherever they come from and whatever is above them: they go up to where null may
stand, and no further.
"""

import itertools
from typing import Any

import pytest
from graphql import GraphQLError

from app.core.errors import Conflict
from app.core.ids import encode_id
from tests.gql.compiled.harbour import Fleet, Harbour, Lower, Probe, Raised, uuid

ERROR = Conflict("Not now.")


pytestmark = pytest.mark.usefixtures("quiet")


def probing(**values: Any) -> Any:
    """A fleet whose probe has these values; a Lower is made for each that is a dict."""

    def set_up(fleet: Fleet) -> None:
        fleet.probe = {name: made(value) for name, value in values.items()}

    return set_up


def made(value: Any) -> Any:
    if isinstance(value, dict):
        return Lower(uuid(91), {name: made(one) for name, one in value.items()})
    return [made(one) for one in value] if isinstance(value, list) else value


def lower(**values: Any) -> Lower:
    return Lower(uuid(91), values)


# -- one field: at once or later, null or an exception, where null may stand or not


LEAVES = {"text": True, "sureText": False, "later": True, "sureLater": False}
PYTHON = {"text": "text", "sureText": "sure_text", "later": "later", "sureLater": "sure_later"}


@pytest.mark.parametrize("name", LEAVES)
@pytest.mark.parametrize("bad", ["null", "raises", "exception as a value"])
@pytest.mark.parametrize("root", ["probe", "sureProbe"])
async def test_a_leaf(harbour: Harbour, name: str, bad: str, root: str) -> None:
    value = {"null": None, "raises": Raised(ERROR), "exception as a value": ERROR}[bad]
    if "ater" not in name and bad == "raises":
        value = ERROR  # no batch: the field itself raises
    answer = await harbour.ask(
        f"{{ text {root} {{ truth {name} }} }}", {}, probing(truth=True, **{PYTHON[name]: value})
    )
    nullable = LEAVES[name]
    errors = answer.get("errors", [])
    assert [e["path"] for e in errors] == ([[root, name]] if bad != "null" or not nullable else [])
    if bad == "null" and errors:
        told = f"Cannot return null for non-nullable field Probe.{name}."
        assert errors[0]["extensions"]["raised"][1] == told
    if nullable:
        assert answer["data"][root] == {"truth": True, name: None}
    elif root == "probe":
        assert answer["data"] == {"text": "text=None", "probe": None}
    else:
        assert answer["data"] is None


# -- chains of objects: the null goes through all that may not be null


LINKS = {
    "below": ("below", True),
    "sureBelow": ("sure_below", False),
    "belowLater": ("below_later", True),
    "sureBelowLater": ("sure_below_later", False),
}


@pytest.mark.parametrize("link", LINKS)
@pytest.mark.parametrize("leaf", ["sureText", "sureLater"])
@pytest.mark.parametrize("root", ["probe", "sureProbe"])
async def test_a_chain(harbour: Harbour, link: str, leaf: str, root: str) -> None:
    name, nullable = LINKS[link]

    def set_up(fleet: Fleet) -> None:
        fleet.probe = {name: lower(sure_text=ERROR), "sure_later": Raised(ERROR)}

    document = f"{{ text {root} {{ text {link} {{ text {leaf} }} }} }}"
    answer = await harbour.ask(document, {}, set_up)
    assert [e["path"] for e in answer["errors"]] == [[root, link, leaf]]
    if nullable:
        assert answer["data"][root] == {"text": None, link: None}
    elif root == "probe":
        assert answer["data"] == {"text": "text=None", "probe": None}
    else:
        assert answer["data"] is None


async def test_deep_chains(harbour: Harbour) -> None:
    """Through edges and objects by turns, to the nearest place that may be null."""

    def set_up(fleet: Fleet) -> None:
        fleet.probe = {
            "sure_below_later": lower(),
            "sure_deeper": None,
            "deeper": None,
            "text": "there",
        }

    answer = await harbour.ask(
        """{ probe { text sureBelowLater { later sureDeeper { text } } }
             other: probe { sureBelowLater { deeper { sureText } } } }""",
        {},
        set_up,
    )
    assert [e["path"] for e in answer["errors"]] == [["probe", "sureBelowLater", "sureDeeper"]]
    assert answer["data"] == {"probe": None, "other": {"sureBelowLater": {"deeper": None}}}


async def test_a_missing_object_where_there_has_to_be_one(harbour: Harbour) -> None:
    answer = await harbour.ask("{ ships { nodes { name master { name } } } }")
    assert answer["data"] is None
    assert [e["path"] for e in answer["errors"]] == [["ships", "nodes", 2, "master"]]
    answer = await harbour.ask("{ afloat { name ... on Ship { master { name } } } }")
    assert [one and one["name"] for one in answer["data"]["afloat"]] == [
        "Albatros",
        "Biene",
        None,
        None,
        "Mark One",
        "Mark Two",
    ]


async def test_several_errors_below_one_null(harbour: Harbour) -> None:
    """At least one of them is told; those of other places are all told."""
    answer = await harbour.ask(
        """{ probe { sureText below { sureText sureLater } later text
             other: below { text a: sureText b: sureLater } } }""",
        {},
        probing(
            sure_text="there",
            below={"sure_text": ERROR},
            sure_later=Raised(ERROR),
            later=Raised(ERROR),
            text=ERROR,
        ),
    )
    assert answer["data"] == {
        "probe": {"sureText": "there", "below": None, "later": None, "text": None, "other": None}
    }
    paths = [tuple(e["path"]) for e in answer["errors"]]
    assert {("probe", "later"), ("probe", "text")} <= set(paths)
    assert 1 <= sum(path[1] == "below" for path in paths) <= 2
    assert 1 <= sum(path[1] == "other" for path in paths) <= 2


TREE = """{ probe { text later below { text later deeper { text later } }
    belowLater { text later deeper { text later } } } }"""


@pytest.mark.parametrize("bad", [None, ERROR])
async def test_every_place_of_a_tree(harbour: Harbour, bad: Any) -> None:
    """At once or later, below what is there at once or later: each is null by itself, with its own
    error where there was one."""

    def set_up(fleet: Fleet) -> None:
        inner = Probe(uuid(92), {"text": bad})
        fleet.probe = {"text": bad, "below": lower(text=bad), "below_later": lower(text=bad)}
        fleet.probe |= {"later": bad and Raised(bad), "deeper": inner}

    leaves: dict[str, Any] = {"text": None, "later": None}
    below = {**leaves, "deeper": leaves}
    answer = await harbour.ask(TREE, {}, set_up)
    assert answer["data"] == {"probe": {**leaves, "below": below, "belowLater": below}}
    above = [("probe",)]
    above += [
        ("probe", one, *rest) for one in ("below", "belowLater") for rest in ((), ("deeper",))
    ]
    paths = [[*path, leaf] for path in above for leaf in leaves]
    assert [e["path"] for e in answer.get("errors", [])] == ([] if bad is None else paths)


CHAIN = "sureBelowLater { sureDeeper { sureBelow { sureDeeper { sureBelowLater { LEAF } } } } }"


@pytest.mark.parametrize("raises", [False, True])
async def test_a_long_chain_of_what_may_not_be_null(harbour: Harbour, raises: bool) -> None:
    """From the end of each to the first that may be null; under the names of the document."""

    def set_up(fleet: Fleet) -> None:
        low = lower(sure_text=ERROR if raises else None)
        probe = Probe(uuid(92), {"sure_below": low})
        fleet.probe = {"sure_deeper": probe, "below": low, "sure_below_later": low}
        fleet.probe |= {"below_later": low, "deeper": probe}
        fleet.probe["sure_later"] = Raised(ERROR) if raises else None

    links = {"a": "below", "b": "belowLater", "c": "below", "d": "belowLater"}
    leaves = {"a": "sureText", "b": "sureText", "c": "sureLater", "d": "last: sureLater"}
    parts = [
        f"{key}: {link} {{ sureDeeper {{ {CHAIN.replace('LEAF', leaves[key])} }} }}"
        for key, link in links.items()
    ]
    answer = await harbour.ask(f"{{ root: probe {{ {' '.join(parts)} }} }}", {}, set_up)
    assert answer["data"] == {"root": dict.fromkeys(links)}
    between = ["sureDeeper", "sureBelowLater", "sureDeeper", "sureBelow", "sureDeeper"]
    ends = {**leaves, "d": "last"}
    assert [e["path"] for e in answer["errors"]] == [
        ["root", key, *between, "sureBelowLater", ends[key]] for key in links
    ]


async def test_of_several_root_fields_one_takes_everything(harbour: Harbour) -> None:
    """Whatever else there was: what may be null, and another that may not."""

    def set_up(fleet: Fleet) -> None:
        fleet.trouble["root.probe"] = fleet.trouble["root.sure_probe"] = ERROR
        fleet.trouble["root.flagship"] = ERROR

    for document in (
        "{ probe { text } sureProbe { text } text }",
        "{ sureProbe { text } flagship { name } }",
        "{ flagship { name } probe { text } sureProbe { text } }",
    ):
        answer = await harbour.ask(document, {}, set_up)
        assert answer["data"] is None
        assert {"sureProbe", "flagship"} & {e["path"][0] for e in answer["errors"]}


@pytest.mark.parametrize(
    "error",
    [
        GraphQLError("Its own."),
        GraphQLError("Its own.", path=["somewhere", 3], extensions={"code": "OWN"}),
        ExceptionGroup("several", [ValueError("a"), ERROR]),
        StopAsyncIteration(),
        RecursionError("deep"),
        MemoryError(),
        TimeoutError(),
        KeyError("inside"),
        AssertionError(),
        UnicodeDecodeError("utf-8", b"\xff", 0, 1, "inside"),
    ],
    ids=lambda error: type(error).__name__,
)
async def test_errors_of_every_kind(harbour: Harbour, error: Exception) -> None:
    """Raised at once, by a batch, by a root or given as a value: each at its place alone."""

    def set_up(fleet: Fleet) -> None:
        fleet.probe = {"text": error, "truth": True, "later": Raised(error), "below_later": error}
        fleet.trouble["root.ship"] = error

    ship = encode_id("ship", uuid(20))
    answer = await harbour.ask(
        f'{{ probe {{ truth text later belowLater {{ text }} }} ship(id: "{ship}") {{ name }} }}',
        {},
        set_up,
    )
    nothing = {"text": None, "later": None, "belowLater": None}
    assert answer["data"] == {"probe": {"truth": True, **nothing}, "ship": None}
    assert len(answer["errors"]) == 4
    own = isinstance(error, GraphQLError) and error.path
    places = [["probe", "text"], ["probe", "later"], ["probe", "belowLater"], ["ship"]]
    assert [e["path"] for e in answer["errors"]] == ([own] * 4 if own else places)
    codes = {e["extensions"]["code"] for e in answer["errors"]}
    known = {GraphQLError: "INVALID", TimeoutError: "TIMEOUT"}
    assert codes == {known.get(type(error), "INTERNAL")}
    if codes == {"INTERNAL"}:
        assert "inside" not in str([e["message"] for e in answer["errors"]])


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
