"""The commands and their options; what they do stands in the modules beside this one."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from app.cli.local import found, with_key
from app.core.config import Config, ConfigError, load_config

if TYPE_CHECKING:
    from app.libraries.domain import LibraryKind

DATA = click.option("--data", type=click.Path(path_type=Path), help="Folder of the server's data.")
FILE = click.option("--config", type=click.Path(path_type=Path), help="TOML configuration file.")
KIND = click.option(
    "--kind",
    type=click.Choice(["movies", "shows", "mixed"]),
    help="What a folder that is no library yet holds; by default the names in it tell.",
)
QUEUES = ("critical", "high", "default", "low", "bulk")


class Sentences(click.Group):
    """Turns expected failures into one sentence and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        from app.core.embedded import EmbeddedError
        from app.core.errors import AppError

        try:
            return super().invoke(ctx)
        except (ConfigError, EmbeddedError, AppError) as error:
            click.echo(f"revenge: {error}", err=True)
            ctx.exit(1)


def configured(config: Path | None, data: Path | None, **overrides: Any) -> Config:
    """The configuration with the command line on top, and logging set up by it."""
    from app.core.logging import configure_logging

    if data is not None:
        overrides["data_dir"] = str(data.resolve())
    loaded = load_config(file=config, overrides=overrides)
    configure_logging(loaded.logging.level, loaded.logging.format)
    return with_key(loaded)


def _kind(name: str | None) -> "LibraryKind | None":
    from app.libraries.domain import LibraryKind

    return LibraryKind(name) if name is not None else None


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="revenge")
def main() -> None:
    """Revenge, a self-hosted media server with one GraphQL API."""


@main.command()
@FILE
@DATA
@click.option("--media", type=click.Path(path_type=Path), help="Add this folder and scan it.")
@KIND
@click.option("--samples/--no-samples", default=True, help="Make a small library if there is none.")
def up(
    config: Path | None,
    data: Path | None,
    media: Path | None,
    kind: str | None,
    samples: bool,  # noqa: FBT001
) -> None:
    """Start everything: database, cache, API and workers. Ctrl-C stops it."""
    from app.cli.up import Up

    sys.exit(Up(configured(config, data), config, media=media, kind=kind, samples=samples).run())


@main.command()
@FILE
@DATA
@click.option("--host", help="Address to bind to.")
@click.option("--port", type=int, help="Port to bind to.")
def serve(config: Path | None, data: Path | None, host: str | None, port: int | None) -> None:
    """Run one API process."""
    from app.cli.processes import run_api

    server = {k: v for k, v in (("host", host), ("port", port)) if v is not None}
    run_api(configured(config, data, **({"server": server} if server else {})))


@main.command()
@FILE
@DATA
@click.option(
    "--queues",
    default=",".join(QUEUES),
    show_default=True,
    help="Which queues to work on; give `bulk` a process of its own.",
)
def work(config: Path | None, data: Path | None, queues: str) -> None:
    """Run one worker process."""
    from app.cli.processes import run_worker

    wanted = tuple(q.strip() for q in queues.split(",") if q.strip())
    unknown = sorted(set(wanted) - set(QUEUES))
    if unknown or not wanted:
        raise click.BadParameter(f"queues are {', '.join(QUEUES)}", param_hint="--queues")
    run_worker(configured(config, data), wanted)


@main.command()
@FILE
@DATA
def migrate(config: Path | None, data: Path | None) -> None:
    """Bring the database to this version."""
    from app.cli.chores import migrate_database

    click.echo(f"The database is at revision {migrate_database(configured(config, data))}.")


@main.command()
@FILE
@DATA
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--library", help="Scan the library of this name.")
@KIND
@click.option("--full", is_flag=True, help="Look at every file again.")
def scan(folder: Path | None, library: str | None, kind: str | None, **more: Any) -> None:
    """Scan a library, or add FOLDER as a library and scan that; shows how far it is."""
    from app.cli.chores import scan_folder

    loaded = found(configured(more["config"], more["data"]))
    sys.exit(scan_folder(loaded, folder, library, kind=_kind(kind), full=more["full"]))


@main.command(hidden=True)
@FILE
@DATA
@click.option("--media", type=click.Path(path_type=Path))
@KIND
@click.option("--samples/--no-samples", default=True)
def welcome(
    config: Path | None,
    data: Path | None,
    media: Path | None,
    kind: str | None,
    samples: bool,  # noqa: FBT001
) -> None:
    """What `revenge up` does and says at the end of its start."""
    from app.cli.welcome import greet

    sys.exit(greet(configured(config, data), media, kind=_kind(kind), samples=samples))


@main.command()
@FILE
@DATA
def doctor(config: Path | None, data: Path | None) -> None:
    """Check everything this server depends on; one line each."""
    from app.cli.doctor import examine

    sys.exit(examine(found(configured(config, data))))


@main.command()
@click.option("--settings", is_flag=True, help="Print the table of settings instead.")
def schema(settings: bool) -> None:  # noqa: FBT001
    """Print the GraphQL schema."""
    if settings:
        from app.core.config import settings_table

        for name, default, text in settings_table():
            click.echo(f"| `{name}` | `{default}` | {text} |")
        return
    from app.schema import build_schema

    click.echo(build_schema().as_str())


@main.command("rotate-key")
@FILE
@DATA
@click.option("--new", is_flag=True, help="Only put a new key before the one in the data folder.")
def rotate_key(config: Path | None, data: Path | None, new: bool) -> None:  # noqa: FBT001
    """Seal every stored secret with the current secret key, so that older ones can go."""
    from app.cli.chores import add_key, reseal_everything

    loaded = configured(config, data)
    click.echo(add_key(loaded) if new else reseal_everything(found(loaded)))


@main.group()
def user() -> None:
    """Accounts."""


@user.command("reset-password")
@FILE
@DATA
@click.argument("name")
def reset_password(config: Path | None, data: Path | None, name: str) -> None:
    """Give a user a new one-time password and end their sessions."""
    from app.cli.chores import new_password

    click.echo(new_password(found(configured(config, data)), name))


@user.command("reset-factors")
@FILE
@DATA
@click.argument("name")
def reset_factors(config: Path | None, data: Path | None, name: str) -> None:
    """Take all second factors and trusted devices from a user and end their sessions."""
    from app.cli.chores import without_factors

    click.echo(without_factors(found(configured(config, data)), name))
