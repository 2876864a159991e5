"""Habits of the code that no linter knows, each with a control that it can fail."""

import ast
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests import contracts

ROOT = Path(__file__).parent.parent
PRODUCT = ("app", "workers")
MODULES = {
    "domain",
    "models",
    "repository",
    "service",
    "events",
    "jobs",
    "handlers",
    "graphql",
    "http",
}
PROVIDERS = {"metadata.providers"}  # one module or folder for each place that metadata comes from
MOST_LINES, MOST_IN_FUNCTION, MOST_ARGUMENTS = 400, 40, 5
MOST_IN_TESTS = 700  # lines of a file of tests: they are read one test at a time
VAGUE = ("util", "utils", "helper", "helpers", "common", "base", "manager", "misc")
UNSAFE = {"pickle", "cPickle", "marshal", "shelve", "dill", "cloudpickle"}
# What is declared with them has as many properties; they are given by name.
DECLARATIONS = {("app/gql/edge.py", "edge"), ("app/core/jobs/declare.py", "job")}
# Where long-lived objects may be made: the composition root and the entry points.
ENTRIES = ("app/container.py", "app/main.py", "app/cli/", "workers/")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> Iterator[tuple[str, ast.Module, str]]:
    """Every source file below these folders: its name, its tree and its text."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            if "node_modules" in path.parts:
                continue
            yield str(path.relative_to(ROOT)), *parsed(path)


@cache
def parsed(path: Path) -> tuple[ast.Module, str]:
    """A file's tree and its text: every check looks at the same ones."""
    text = path.read_text(encoding="utf-8")
    return ast.parse(text), text


def functions(tree: ast.AST) -> Iterator[Function]:
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


Check = Callable[[str, ast.Module, str], list[str]]


def long_files(name: str, tree: ast.Module, text: str) -> list[str]:
    lines = text.count("\n")
    return [f"{name} has {lines} lines"] if lines >= MOST_LINES else []


def long_functions(name: str, tree: ast.Module, text: str) -> list[str]:
    """Counted from the first statement on: without decorators, signature and docstring."""
    found = []
    for function in functions(tree):
        body = function.body
        if ast.get_docstring(function) is not None and len(body) > 1:
            body = body[1:]
        lines = (function.end_lineno or 0) - body[0].lineno + 1
        if lines >= MOST_IN_FUNCTION:
            found.append(f"{name}: {function.name} has {lines} lines")
    return found


def many_arguments(name: str, tree: ast.Module, text: str) -> list[str]:
    """Where ruff was told to look away; arguments of the API are not ours to bundle."""
    if name.endswith("/graphql.py") or "/graphql/" in name:
        return []
    found = []
    for function in functions(tree):
        given = function.args
        named = [a.arg for a in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
        count = len([a for a in named if a not in ("self", "cls")])
        if count > MOST_ARGUMENTS and (name, function.name) not in DECLARATIONS:
            found.append(f"{name}: {function.name} takes {count} arguments")
    return found


def vague_names(name: str, tree: ast.Module, text: str) -> list[str]:
    """Names that say nothing of what is inside: the field has a word for it."""
    named = [node.name for node in ast.walk(tree) if isinstance(node, Function | ast.ClassDef)]
    parts = [part.removesuffix(".py") for part in Path(name).parts]
    found = []
    for word in (*parts, *named):
        lower = word.strip("_").lower()
        if lower in VAGUE or lower.endswith(("manager", "helper", "_utils", "_helpers")):
            found.append(f"{name}: {word}")
    return found


def unsafe_codecs(name: str, tree: ast.Module, text: str) -> list[str]:
    """Whoever can write what is decoded with these can run code here."""
    found = []
    for node in ast.walk(tree):
        imported: list[str] = []
        if isinstance(node, ast.Import):
            imported = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            imported = [node.module or "", *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Name | ast.Attribute):
            word = node.id if isinstance(node, ast.Name) else node.attr
            imported = [word] if "Pickle" in word else []
        bad = [word for word in imported if word.split(".")[0] in UNSAFE or "Pickle" in word]
        found += [f"{name} uses {word}" for word in bad]
    return found


def cached_twins(name: str, tree: ast.Module, text: str) -> list[str]:
    """Caching is a decorator; a second class beside a repository is not how it is done."""
    return [
        f"{name}: {node.name}"
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef) and node.name.startswith("Cached")
    ]


def globals_changed(name: str, tree: ast.Module, text: str) -> list[str]:
    """State of a module that functions change is an object nobody owns."""
    if name == "app/core/ids.py":  # the last id, so that they only grow
        return []
    return [
        f"{name}: global {g}" for n in ast.walk(tree) if isinstance(n, ast.Global) for g in n.names
    ]


@cache
def long_lived() -> set[str]:
    """The classes whose objects live as long as the process: what the container makes."""
    tree = ast.parse((ROOT / "app/container.py").read_text(encoding="utf-8"))
    return {
        node.value.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and isinstance(node.targets[0], ast.Attribute)
    } - {"Metrics"}


def made_elsewhere(name: str, tree: ast.Module, text: str) -> list[str]:
    """Long-lived objects are made in the container and nowhere else."""
    if name.startswith(ENTRIES):
        return []
    lasting = long_lived()
    return [
        f"{name} makes a {node.func.id} of its own"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in lasting
    ]


def made_on_import(name: str, tree: ast.Module, text: str) -> list[str]:
    """A module that is imported connects to nothing and holds nothing."""
    lasting = {*long_lived(), "Metrics", "Container", "WebApp"}
    outside: list[ast.AST] = [
        n for n in tree.body if not isinstance(n, Function | ast.ClassDef | ast.If)
    ]
    return [
        f"{name} makes a {node.func.id} when it is imported"
        for statement in outside
        for node in ast.walk(statement)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in lasting
    ]


CHECKS: list[Check] = [
    long_files,
    long_functions,
    many_arguments,
    vague_names,
    unsafe_codecs,
    cached_twins,
    globals_changed,
    made_elsewhere,
    made_on_import,
]
BAD = (
    """
import pickle
from aiocache.serializers import PickleSerializer

database = Database("url")
state = 1

class CachedMovies:
    pass

class FileManager:
    def do(self, a, b, c, d, e, f):
        global state
        return Cache(None)

def long():
"""
    + "    pass\n" * 400
)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_product(check: Check) -> None:
    assert [found for source in sources(*PRODUCT) for found in check(*source)] == []


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_checks_can_fail(check: Check) -> None:
    assert check("app/utils/bad.py", ast.parse(BAD), BAD)


def test_what_objects_need_is_given_to_their_constructors() -> None:
    """Nothing is hung on an object of a slice after it was made: it would be None before.

    The kernel's circle (a connection needs what needs the connection) is closed in one place.
    """
    ((_, tree, _),) = (source for source in sources("app") if source[0] == "app/container.py")
    later = [
        f"{function.name}: {ast.unparse(target)}"
        for function in functions(tree)
        if function.name != "_kernel"
        for node in ast.walk(function)
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute) and ast.unparse(target.value) != "self"
    ]
    assert later == []


def test_tests_and_benches_are_of_a_readable_size() -> None:
    found = {name: text.count("\n") for name, _, text in sources("tests", "bench")}
    assert {name: lines for name, lines in found.items() if lines >= MOST_IN_TESTS} == {}


def test_the_check_sees_the_code() -> None:
    assert len(list(sources(*PRODUCT))) > 100
    assert {"Database", "Cache", "Live", "MovieRepository", "Scanner"} <= long_lived()


def test_slices_have_only_their_modules() -> None:
    found = []
    for slice_ in contracts.slices():
        for path in (ROOT / "app" / slice_).iterdir():
            if path.suffix == ".py" or (path / "__init__.py").exists():
                name = path.stem
                if name not in MODULES | {"__init__"}:
                    found.append(f"{slice_}.{name}")
    assert set(found) == PROVIDERS


def test_every_slice_has_tests_beside_it() -> None:
    assert [s for s in contracts.slices() if not (ROOT / "tests" / s).is_dir()] == []


def test_contracts_are_current() -> None:
    done = _run(sys.executable, "-m", "tests.contracts", "--check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_imports_go_one_way() -> None:
    tool = Path(sys.executable).with_name("lint-imports")
    done = _run(str(tool), "--no-cache", "--config", "importlinter.toml")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "0 broken" in done.stdout


def test_an_import_against_the_arrow_is_caught(tmp_path: Path) -> None:
    """The control: a contract that the code breaks makes the same command fail."""
    config = tmp_path / "importlinter.toml"
    config.write_text(
        '[tool.importlinter]\nroot_packages = ["app"]\n'
        '[[tool.importlinter.contracts]]\nname = "upside down"\ntype = "layers"\n'
        'layers = ["app.core", "app.movies"]\n',
        encoding="utf-8",
    )
    tool = Path(sys.executable).with_name("lint-imports")
    done = _run(str(tool), "--no-cache", "--config", str(config))
    assert done.returncode == 1
    assert "1 broken" in done.stdout


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
