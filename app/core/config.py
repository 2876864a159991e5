"""Configuration: parsed once, typed, and refused with a sentence when a key or value is wrong.

Order: defaults < TOML file (`--config` or `REVENGE_CONFIG`) < environment. A key is `REVENGE_` +
section + `__` + name, e.g. `REVENGE_SERVER__PORT=8096`.
"""

import os
import tomllib
from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from app.core.addresses import postgres_address, redis_address, typesense_address
from app.core.keys import check_key

PREFIX = "REVENGE_"
CONFIG_FILE = "REVENGE_CONFIG"
LISTS = (
    "allowed_origins",
    "trusted_proxies",
    "hosts",
    "old_secret_keys",
)  # written with commas between in the environment


class ConfigError(Exception):
    """The configuration cannot be used; the sentence names the key."""


def _host(value: str) -> str:
    if value != "localhost":
        ip_address(value)
    return value


def _network(value: str) -> str:
    ip_network(value)
    return value


def _site(value: str) -> str:
    parts = urlsplit(value)
    good = parts.scheme in ("http", "https") and parts.hostname and not parts.username
    if not good or value != f"{parts.scheme}://{parts.netloc}" or "*" in value:
        raise ValueError("an origin looks like https://app.example.org, without path or *")
    return value


Host = Annotated[str, AfterValidator(_host)]
Site = Annotated[str, AfterValidator(_site)]
Network = Annotated[str, AfterValidator(_network)]
Port = Annotated[int, Field(ge=0, le=65535)]


class Section(BaseModel):
    """A group of settings; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerConfig(Section):
    """`server`: where the API listens."""

    host: Host = Field("127.0.0.1", description="Address the API binds to.")
    port: Port = Field(8096, description="Port of the API.")
    allowed_origins: tuple[Site, ...] = Field(
        (), description="Origins of other sites whose pages may call the API."
    )
    trusted_proxies: tuple[Network, ...] = Field(
        ("127.0.0.1", "::1"),
        description="Addresses and networks of reverse proxies whose X-Forwarded-For and "
        "X-Forwarded-Proto count.",
    )
    hosts: tuple[str, ...] = Field(
        (), description="Host names under which the server answers; empty for any."
    )
    processes: int = Field(
        1, ge=1, le=256, description="API processes on this machine: they share its CPUs."
    )
    shutdown_timeout: float = Field(
        10, gt=0, le=300, description="Seconds that running requests get when the server stops."
    )


class DatabaseConfig(Section):
    """`database`: the pools on PostgreSQL; its address is `REVENGE_DATABASE_URL`."""

    read_pool: int = Field(10, ge=2, le=200, description="Connections for reads, per process.")
    write_pool: int = Field(6, ge=1, le=200, description="Connections for writes, per process.")
    statement_timeout: float = Field(
        5, gt=0, le=600, description="Seconds after which PostgreSQL gives up on a statement."
    )
    connect_timeout: float = Field(5, gt=0, le=60, description="Seconds to wait for a connection.")


class EmbeddedConfig(Section):
    """`embedded`: the servers that `revenge up` starts itself."""

    postgres_binaries: Path | None = Field(
        None, description="Folder with the programs of another PostgreSQL (16 or newer)."
    )
    user: str | None = Field(
        None, description="Whom the servers run as when this one runs as root; `nobody` by default."
    )
    valkey_binary: Path | None = Field(None, description="Another valkey-server or redis-server.")


class CacheConfig(Section):
    """`cache`: entities in process (L1) and in Redis (L2)."""

    enabled: bool = Field(
        True, description="Keep what was read; without it every read goes to PostgreSQL."
    )
    l1_entries: int = Field(10_000, ge=0, le=10_000_000, description="Entries in process.")
    l1_bytes: int = Field(64 << 20, ge=0, description="Bytes of entries in process.")
    response_bytes: int = Field(32 << 20, ge=0, description="Bytes of whole answers; 0 is none.")
    fragment_bytes: int = Field(
        32 << 20, ge=0, description="Bytes of encoded parts of answers; 0 is none."
    )
    timeout: float = Field(0.1, gt=0, le=10, description="Seconds after which Redis is passed by.")


class GraphQLConfig(Section):
    """`graphql`: what one operation may cost, and who may look at the schema."""

    playground: bool = Field(True, description="Serve GraphiQL at /graphql to browsers.")
    open_introspection: bool = Field(False, description="Let signed-out callers read the schema.")
    max_body: int = Field(256 << 10, ge=1024, description="Bytes of a request body.")
    max_tokens: int = Field(2000, ge=100, description="Tokens in a document.")
    max_depth: int = Field(12, ge=3, description="Levels of selections.")
    max_aliases: int = Field(30, ge=0, description="Aliases in an operation.")
    max_directives: int = Field(30, ge=0, description="Directives in an operation.")
    max_fields: int = Field(500, ge=10, description="Fields with fragments spread out.")
    max_mutations: int = Field(5, ge=1, description="Root fields of one mutation.")
    max_cost: int = Field(10_000, ge=100, description="Cost of an operation, signed in.")
    max_cost_anonymous: int = Field(1_000, ge=10, description="Cost of an operation, signed out.")
    timeout: float = Field(15, gt=0, le=300, description="Seconds an operation may run.")
    documents: int = Field(1_000, ge=1, description="Validated documents kept.")
    compiled: bool = Field(
        True, description="Execute operations by plans; false is the reference executor."
    )
    sockets_per_user: int = Field(20, ge=1, description="Open websockets of one user.")
    sockets_per_address: int = Field(
        50, ge=1, description="Open websockets of one address that are not signed in."
    )
    subscriptions_per_socket: int = Field(20, ge=1, description="Operations on one websocket.")


class JobsConfig(Section):
    """`jobs`: how many run at once in one worker process, and their lease."""

    critical: int = Field(4, ge=1, le=100, description="Running jobs of the queue `critical`.")
    high: int = Field(4, ge=1, le=100, description="Running jobs of the queue `high`.")
    default: int = Field(4, ge=1, le=100, description="Running jobs of the queue `default`.")
    low: int = Field(2, ge=1, le=100, description="Running jobs of the queue `low`.")
    bulk: int = Field(3, ge=1, le=100, description="Running jobs of the queue `bulk`.")
    lease: float = Field(
        30, ge=1, le=600, description="Seconds after which a silent worker's job is given away."
    )
    poll: float = Field(1, gt=0, le=60, description="Seconds between looks without a ring.")


class ScanConfig(Section):
    """`scan`: reading media files."""

    probes: int = Field(0, ge=0, le=64, description="Files probed at once; 0 = number of CPUs.")
    probe_timeout: float = Field(10, gt=0, le=600, description="Seconds for one file.")
    probe_memory: int = Field(1 << 30, ge=128 << 20, description="Bytes a probe may use.")
    watch: bool = Field(True, description="Watch the folders of libraries for changes.")
    poll: float = Field(
        2, ge=1, le=3600, description="Seconds between looks at folders that cannot be watched."
    )


class AuthConfig(Section):
    """`auth`: password hashing."""

    hash_threads: int = Field(
        0, ge=0, le=64, description="Passwords hashed at once; 0 = CPUs per API process."
    )
    hash_memory: int = Field(64 << 10, ge=8192, le=256 << 10, description="KiB for one hash.")
    hash_time: int = Field(3, ge=1, le=10, description="Passes of one hash.")
    hash_wait: float = Field(10, gt=0, le=60, description="Seconds to wait for a free hasher.")


class LimitsConfig(Section):
    """`limits`: rate limits; their numbers are server settings."""

    enabled: bool = Field(True, description="Limit how often an address or account may ask.")
    backend: Literal["redis", "memory"] = Field(
        "redis", description="Where the counts are; memory counts in every process by itself."
    )


class StorageConfig(Section):
    """`storage`: files that users upload."""

    backend: Literal["local"] = Field("local", description="Where uploaded files are kept.")


class MetricsConfig(Section):
    """`metrics`: Prometheus, on a port of its own."""

    enabled: bool = Field(True, description="Serve metrics.")
    host: Host = Field("127.0.0.1", description="Address the metrics bind to.")
    port: Port = Field(
        9096, description="Port of the API's metrics; workers take the next two, 0 picks one."
    )


class LoggingConfig(Section):
    """`logging`: what is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Threshold.")
    format: Literal["auto", "console", "json"] = Field(
        "auto", description="`auto`: for people on a terminal, JSON otherwise."
    )


class Config(Section):
    """Everything that is fixed while the server runs."""

    database_url: Annotated[str, AfterValidator(postgres_address)] | None = Field(
        None,
        repr=False,  # passwords stand in addresses
        description="postgresql://… ; without it an embedded server is started.",
    )
    redis_url: Annotated[str, AfterValidator(redis_address)] | None = Field(
        None, repr=False, description="redis://… ; without it an embedded server is started."
    )
    typesense_url: Annotated[str, AfterValidator(typesense_address)] | None = Field(
        None, description="http://… of a Typesense server; without it PostgreSQL searches."
    )
    typesense_api_key: str | None = Field(
        None, repr=False, description="API key of the Typesense server; without it it is not asked."
    )
    data_dir: Path | None = Field(None, description="Where the server keeps its own data.")
    secret_key: Annotated[str, AfterValidator(check_key)] | None = Field(
        None,
        repr=False,
        description="Seals stored secrets, 32 characters or more; `revenge up` makes one itself.",
    )
    old_secret_keys: tuple[Annotated[str, AfterValidator(check_key)], ...] = Field(
        (), repr=False, description="Earlier keys, until `revenge rotate-key` has run."
    )
    redis_prefix: str = Field(
        "revenge", pattern=r"^[a-z0-9_-]{1,32}$", description="Prefix of every Redis key."
    )
    server: ServerConfig = ServerConfig()
    database: DatabaseConfig = DatabaseConfig()
    embedded: EmbeddedConfig = EmbeddedConfig()
    cache: CacheConfig = CacheConfig()
    graphql: GraphQLConfig = GraphQLConfig()
    jobs: JobsConfig = JobsConfig()
    scan: ScanConfig = ScanConfig()
    auth: AuthConfig = AuthConfig()
    limits: LimitsConfig = LimitsConfig()
    storage: StorageConfig = StorageConfig()
    metrics: MetricsConfig = MetricsConfig()
    logging: LoggingConfig = LoggingConfig()

    @property
    def data(self) -> Path:
        """The data folder: as configured, else the system's place for this user."""
        if self.data_dir is not None:
            return self.data_dir
        if os.geteuid() == 0:
            return Path("/var/lib/revenge")
        home = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
        return Path(home) / "revenge"


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in environ.items():
        if not name.startswith(PREFIX) or name == CONFIG_FILE:
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        field = Config.model_fields.get(section)
        if field is None or bool(key) != _is_section(section):
            raise ConfigError(f"{name} is not a setting of this server.")
        if not key:
            found[section] = value.split(",") if section in LISTS else value
            continue
        parsed: Any = value.split(",") if key in LISTS else value
        found.setdefault(section, {})[key] = parsed
    return found


def _is_section(name: str) -> bool:
    annotation = Config.model_fields[name].annotation
    return isinstance(annotation, type) and issubclass(annotation, Section)


def _from_file(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"Cannot read the configuration file {path}: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"The configuration file {path} is not valid TOML: {error}.") from None


def _merge(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = dict(under)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, dict) and isinstance(value, dict)
        merged[key] = {**below, **value} if both else value  # type: ignore[dict-item]
    return merged


def load_config(
    environ: Mapping[str, str] | None = None,
    *,
    file: Path | None = None,
    overrides: dict[str, Any] | None = None,
) -> Config:
    """Read the configuration. Raises ConfigError with a sentence that names the key at fault."""
    env = os.environ if environ is None else environ
    path = file or (Path(env[CONFIG_FILE]) if env.get(CONFIG_FILE) else None)
    values = _merge(_from_file(path) if path else {}, _from_environment(env))
    try:
        return Config.model_validate(_merge(values, overrides or {}))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        name = PREFIX + "__".join(str(part).upper() for part in first["loc"])
        if first["type"] == "extra_forbidden":
            raise ConfigError(f"{key} ({name}) is not a setting of this server.") from None
        why = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{key} ({name}): {why}.") from None


def settings_table() -> list[tuple[str, str, str]]:
    """Every setting as (environment variable, default, description), for the README."""
    rows: list[tuple[str, str, str]] = []
    for name, field in Config.model_fields.items():
        if not _is_section(name):
            rows.append((PREFIX + name.upper(), _shown(field.default), field.description or ""))
            continue
        section: type[Section] = field.annotation  # type: ignore[assignment]
        rows += [
            (
                f"{PREFIX}{name.upper()}__{key.upper()}",
                _shown(inner.default),
                inner.description or "",
            )
            for key, inner in section.model_fields.items()
        ]
    return rows


def _shown(default: Any) -> str:
    """A default as it would be written in the environment."""
    return ",".join(default) if isinstance(default, tuple) and default else str(default)
