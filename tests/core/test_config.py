"""One typed configuration; what is wrong is said with its name."""

from pathlib import Path

import pytest

from app.core.config import ConfigError, load_config, settings_table


def refused(environ: dict[str, str], file: Path | None = None) -> str:
    with pytest.raises(ConfigError) as error:
        load_config(environ, file=file)
    return str(error.value)


def test_defaults_need_nothing() -> None:
    config = load_config({})
    assert config.database_url is None
    assert (config.server.host, config.server.port) == ("127.0.0.1", 8096)


def test_the_environment_is_over_the_file_and_the_file_over_defaults(tmp_path: Path) -> None:
    file = tmp_path / "revenge.toml"
    file.write_text('redis_prefix = "mine"\n[server]\nport = 1\nhost = "::1"\n[jobs]\nlease = 9\n')
    environ = {"REVENGE_SERVER__PORT": "2", "REVENGE_CONFIG": str(file), "PATH": "/bin"}
    config = load_config(environ)
    assert (config.server.port, config.server.host) == (2, "::1")
    assert (config.redis_prefix, config.jobs.lease, config.jobs.poll) == ("mine", 9, 1)
    assert load_config(environ, overrides={"server": {"port": 3}}).server.port == 3
    assert load_config({}, file=file).server.port == 1


def test_a_list_in_the_environment_is_written_with_commas() -> None:
    config = load_config({"REVENGE_SERVER__ALLOWED_ORIGINS": "https://a.example,https://b.example"})
    assert config.server.allowed_origins == ("https://a.example", "https://b.example")


@pytest.mark.parametrize(
    "name",
    [
        "REVENGE_SERVR__PORT",
        "REVENGE_SERVER__PRT",
        "REVENGE_SERVER",
        "REVENGE_SERVER_PORT",
        "REVENGE_DATABASE_URL__X",
        "REVENGE_",
    ],
)
def test_an_unknown_key_is_named(name: str) -> None:
    assert name in refused({name: "1"})
    assert "not a setting" in refused({name: "1"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REVENGE_SERVER__PORT", "http"),
        ("REVENGE_SERVER__PORT", "65536"),
        ("REVENGE_SERVER__HOST", "example.org"),
        ("REVENGE_JOBS__LEASE", "0.5"),
        ("REVENGE_CACHE__TIMEOUT", "nan"),
        ("REVENGE_LOGGING__LEVEL", "loud"),
        ("REVENGE_REDIS_PREFIX", "with space"),
        ("REVENGE_METRICS__ENABLED", "perhaps"),
    ],
)
def test_a_bad_value_names_its_key(name: str, value: str) -> None:
    assert name in refused({name: value})


def test_a_bad_value_is_not_repeated() -> None:
    """It may be a secret in the wrong place."""
    assert "hunter2" not in refused({"REVENGE_SERVER__PORT": "hunter2"})


def test_an_unknown_key_of_the_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "revenge.toml"
    file.write_text("[server]\nprot = 1\n")
    assert "server.prot" in refused({}, file)
    file.write_text("servr = 1\n")
    assert "servr" in refused({}, file)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing.toml"
    assert str(missing) in refused({}, missing)
    broken = tmp_path / "broken.toml"
    broken.write_text("port = \n")
    assert str(broken) in refused({}, broken)
    broken.write_bytes(b"\xff\xfe")
    assert str(broken) in refused({}, broken)


def test_every_setting_is_in_the_table() -> None:
    names = [row[0] for row in settings_table()]
    assert len(names) == len(set(names))
    assert {"REVENGE_DATABASE_URL", "REVENGE_JOBS__LEASE", "REVENGE_SERVER__PORT"} <= set(names)
    assert all(row[2].strip() for row in settings_table())
    for name, default, _ in settings_table():  # what the table says is accepted
        if default not in ("None", "()"):
            load_config({name: default})
