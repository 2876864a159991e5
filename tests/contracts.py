"""Makes the import contracts out of the slices that are there: `python -m tests.contracts`.

import-linter's wildcards are not correlated (`app.*.models` may then be imported by any
`app.*.repository`) and pass silently when they match nothing, so every slice gets contracts of its
own by name. `--check` compares instead of writing, and fails where a slice has none.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "importlinter.toml"
# Top to bottom: a module imports only from lines below its own. `:` lets a line's modules mix.
ORDER = (
    "workers : app.main : app.cli",
    "app.schema",
    "app.context",
    "app.container",
    "app.reactions",
    "app.doorbell",
    "app.search",
    "app.server | app.playground | app.activity",
    "app.home | app.matching",
    "app.enrichment",
    "app.movies | app.shows",
    "app.catalog",
    "app.people",
    "app.metadata",
    "app.images",
    "app.scanning",
    "app.watch",
    "app.items",
    "app.libraries",
    "app.media | app.naming",
    "app.oidc | app.apikeys | app.mfa",
    "app.auth",
    "app.rbac",
    "app.users",
    "app.mail",
    "app.uploads",
    "app.settings",
    "app.gql",
    "app.core",
)
INSIDE = (
    "graphql | handlers | http",
    "service",
    "repository",
    "providers",  # of metadata: a module or folder for each place where it comes from
    "models | jobs | events",
    "domain",
)
HEAD = """# Written by `python -m tests.contracts`; `make check` compares.
[tool.importlinter]
root_packages = ["app", "workers"]
include_external_packages = true
exclude_type_checking_imports = true"""
NOT_SLICES = {"core", "gql", "cli"}
QUIET = ("service", "repository", "providers", "domain", "models", "events", "jobs")
LOUD = ("strawberry", "starlette", "arq")


def slices() -> list[str]:
    """The slices: packages of `app` that are not the kernel."""
    found = (path.parent.name for path in (ROOT / "app").glob("*/__init__.py"))
    return sorted(set(found) - NOT_SLICES)


def _exists(name: str) -> bool:
    path = ROOT.joinpath(*name.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def _list(values: list[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"


def _contract(name: str, kind: str, **fields: str) -> str:
    lines = [f"{key} = {value}" for key, value in fields.items()]
    head = ["[[tool.importlinter.contracts]]", f'name = "{name}"', f'type = "{kind}"']
    return "\n".join([*head, *lines])


def render() -> str:
    """The whole file."""
    parts = [
        HEAD,
        _contract("slices depend downwards", "layers", layers=_list(list(ORDER))),
        _contract("no cycles", "acyclic_siblings", ancestors='["app"]', depth="0"),
    ]
    quiet = ["app.core"]
    for name in slices():
        rows = [" | ".join(f"({p.strip()})" for p in line.split("|")) for line in INSIDE]
        parts.append(
            _contract(
                f"inside {name}",
                "layers",
                containers=f'["app.{name}"]',
                layers=_list(rows),
                exhaustive="true",
            )
        )
        if _exists(f"app.{name}.models"):
            parts.append(
                _contract(
                    f"the tables of {name} are private",
                    "protected",
                    protected_modules=f'["app.{name}.models"]',
                    allowed_importers=f'["app.{name}.repository"]',
                )
            )
        quiet += [f"app.{name}.{part}" for part in QUIET if _exists(f"app.{name}.{part}")]
    parts.append(
        _contract(
            "only edges know the frameworks",
            "forbidden",
            source_modules=_list(quiet),
            forbidden_modules=_list(list(LOUD)),
            allow_indirect_imports="true",
        )
    )
    return "\n\n".join(parts) + "\n"


def missing() -> list[str]:
    """Slices that the order does not name."""
    named = {part.strip() for line in ORDER for part in line.replace("|", ":").split(":")}
    return [name for name in slices() if f"app.{name}" not in named]


def main() -> int:
    """Write the file, or compare it with `--check`."""
    if lost := missing():
        print(f"tests/contracts.py: the order does not name {', '.join(lost)}")
        return 1
    if "--check" in sys.argv[1:]:
        if TARGET.read_text(encoding="utf-8") != render():
            print("importlinter.toml is not current: python -m tests.contracts")
            return 1
        return 0
    TARGET.write_text(render(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
