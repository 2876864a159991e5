"""The documents say what is there: settings, commands, make targets, modules, links."""

import importlib.util
import json
import re
from pathlib import Path

import click
import pytest

from app.cli import main
from app.core.config import settings_table
from app.core.metrics import Metrics

ROOT = Path(__file__).parent.parent
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md")
DEPLOY = ROOT / "deploy"
SETTING = re.compile(r"^\| `(REVENGE_\w+)` \| `([^`]*)` \| (.*) \|$", re.MULTILINE)
VARIABLE = re.compile(r"\bREVENGE_[A-Z][A-Z0-9_]*[A-Z0-9]\b")
COMMAND = re.compile(r"(?:^|[`\s/])revenge((?: +[a-z][a-z-]*)+)", re.MULTILINE)
CODE = re.compile(r"^```\w*\n(.*?)^```|`([^`\n]+)`", re.MULTILINE | re.DOTALL)
METRIC = re.compile(r"\brevenge_[a-z0-9_]+")
PARTS = re.compile(r"_(?:bucket|sum|count)$")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def code_of(name: str) -> list[str]:
    """What stands in code blocks and between backticks."""
    return [block or span for block, span in CODE.findall(text_of(name))]


def test_the_table_of_settings_is_complete_and_current() -> None:
    written = SETTING.findall(text_of("README.md"))
    assert written == settings_table(), "paste `revenge schema --settings` into README.md"


@pytest.mark.parametrize("name", [*DOCUMENTS, "Dockerfile", "docker-compose.yml"])
def test_every_variable_is_a_setting(name: str) -> None:
    known = {variable for variable, _, _ in settings_table()} | {"REVENGE_CONFIG"}
    assert set(VARIABLE.findall(text_of(name))) <= known


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_exists(name: str) -> None:
    for code in code_of(name):
        for words in COMMAND.findall(code):
            command: click.Command = main
            for word in words.split():
                if not isinstance(command, click.Group):
                    break
                assert word in command.commands, f"{name}: revenge{words}"
                command = command.commands[word]


def test_every_option_exists() -> None:
    options = {
        option
        for command in [*main.commands.values(), *_inner(main)]
        for parameter in command.params
        for option in (*parameter.opts, *parameter.secondary_opts)
    } | {"--help", "--version"}
    for code in code_of("README.md"):
        for line in code.splitlines():
            if re.search(r"(?:^|/)revenge (?:up|serve|work|scan|user|schema|doctor|migrate)", line):
                assert set(re.findall(r"--[a-z-]+", line)) <= options, line


def _inner(group: click.Group) -> list[click.Command]:
    groups = [c for c in group.commands.values() if isinstance(c, click.Group)]
    return [command for inner in groups for command in inner.commands.values()]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_make_target_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", text_of("Makefile"), re.MULTILINE))
    used = {t for code in code_of(name) for t in re.findall(r"(?:^|\s)make ([a-z-]+)", code)}
    assert used <= targets


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_module_that_is_run_exists(name: str) -> None:
    for code in code_of(name):
        for module in re.findall(r"python -m ((?:app|bench|tests|workers)[\w.]*)", code):
            assert importlib.util.find_spec(module) is not None, module


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_file_that_is_named_exists(name: str) -> None:
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", text_of(name))
    spans = [span for _, span in CODE.findall(text_of(name))]
    paths = [s for s in spans if re.fullmatch(r"(?:app|workers|tests|deploy|bench)/[\w./-]+", s)]
    lost = [path for path in (*links, *paths) if not (ROOT / path).exists()]
    assert not lost


def test_every_slice_has_its_line() -> None:
    kernel = {"core", "gql", "cli"}
    slices = {path.parent.name for path in (ROOT / "app").glob("*/__init__.py")} - kernel
    rows = set(re.findall(r"^\| `(\w+)` \|", text_of("ARCHITECTURE.md"), re.MULTILINE))
    assert slices <= rows


def test_dashboards_and_alerts_ask_for_metrics_that_exist() -> None:
    families = list(Metrics().registry.collect())
    known = {family.name + ("_total" if family.type == "counter" else "") for family in families}
    for path in (*DEPLOY.rglob("*.json"), *DEPLOY.rglob("alerts.yml"), ROOT / "README.md"):
        asked = set(METRIC.findall(path.read_text(encoding="utf-8")))
        assert {PARTS.sub("", metric) for metric in asked} <= known, path


@pytest.mark.parametrize("path", sorted(DEPLOY.rglob("*.json")), ids=lambda path: path.name)
def test_a_dashboard_has_panels_with_ids_of_their_own(path: Path) -> None:
    panels = json.loads(path.read_text(encoding="utf-8"))["panels"]
    ids = [panel["id"] for panel in panels]
    assert ids
    assert len(ids) == len(set(ids))
