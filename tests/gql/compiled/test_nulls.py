"""Null and errors, wherever they come from and whatever is above them: they go up to where null may
stand, and no further.
"""

from typing import Any

import pytest
from graphql import GraphQLError

from app.core.ids import encode_id
from tests.gql.compiled.fleet import Fleet, Probe, Raised, uuid
from tests.gql.compiled.harbour import Harbour
from tests.gql.compiled.probes import ERROR, lower, probing

pytestmark = pytest.mark.usefixtures("quiet")


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
