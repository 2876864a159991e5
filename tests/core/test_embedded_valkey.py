"""A real Valkey: its address, its password, and what it survives."""

import contextlib
import socket
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

from app.core.embedded import EmbeddedError, EmbeddedValkey
from app.core.embedded.account import server_account
from app.core.embedded.steps import finish
from app.core.embedded.valkey import HOST, Failure, failure_of, ping, quoted, resp
from tests.core.test_embedded_support import gone, kill, listeners, public_folder, wait_for


@pytest.fixture
def folder() -> Iterator[Path]:
    with public_folder() as path:
        yield path


@pytest.fixture
def valkey(folder: Path) -> Iterator[EmbeddedValkey]:
    """Not started yet."""
    server = EmbeddedValkey(folder / "with space")
    yield server
    server.stop()


@contextlib.contextmanager
def client(url: str) -> Iterator[Any]:
    connection = redis.Redis.from_url(url, decode_responses=True)
    try:
        yield connection
    finally:
        connection.close()


def on_disk(connection: Any) -> bool:
    """Wait for the file: `everysec` lets up to two seconds of writes wait for a busy disk."""
    return bool(connection.execute_command("WAITAOF", 1, 0, 5000)[0] == 1)


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


def append_only_file(valkey: EmbeddedValkey, pattern: str) -> Path:
    (file,) = (valkey.log.parent / "data/appendonlydir").glob(pattern)
    return file


def test_starts_cold_and_warm(valkey: EmbeddedValkey) -> None:
    began = time.monotonic()
    url = valkey.start()
    cold = time.monotonic() - began
    assert valkey.start() == url
    with client(url) as connection:
        assert connection.ping()
        info = connection.info("server")
    valkey.stop()
    assert not valkey.alive()
    began = time.monotonic()
    assert valkey.start() == url
    warm = time.monotonic() - began
    print(f"\n{info.get('valkey_version')}: cold {cold:.2f} s, warm {warm:.2f} s", end=" ")


def test_listens_on_loopback_and_wants_the_password(valkey: EmbeddedValkey) -> None:
    url = valkey.start()
    assert valkey.pid is not None
    assert listeners(valkey.pid) == {f"0100007F:{port_of(url):04X}"}
    password = urlsplit(url).password or ""
    for address in (url.replace(f":{password}@", ""), url.replace(password, "wrong")):
        with client(address) as stranger, pytest.raises(redis.AuthenticationError):
            stranger.ping()
    assert ping(port_of(url), password) == "PONG"
    assert ping(port_of(url), "wrong") == ""


def test_secrets_are_private_and_not_on_the_command_line(valkey: EmbeddedValkey) -> None:
    password = (urlsplit(valkey.start()).password or "").encode()
    for name in ("password", "data/valkey.conf"):
        file = valkey.log.parent / name
        assert password in file.read_bytes()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    for name in ("cmdline", "environ"):
        assert password not in Path(f"/proc/{valkey.pid}/{name}").read_bytes()
    assert Path(f"/proc/{valkey.pid}").stat().st_uid == server_account().uid


def test_settings(valkey: EmbeddedValkey) -> None:
    with client(valkey.start()) as connection:
        settings = connection.config_get("*")
    assert settings["appendonly"] == "yes"
    assert settings["appendfsync"] == "everysec"
    assert settings["save"] == ""
    assert settings["maxmemory"] == str(256 << 20)
    assert settings["maxmemory-policy"] == "volatile-lru"


def test_keys_survive_a_killed_server(valkey: EmbeddedValkey) -> None:
    url = valkey.start()
    with client(url) as connection:
        connection.mset({f"key {n}": "v" for n in range(10_000)})
        assert on_disk(connection)
    kill(valkey.pid)
    wait_for(lambda: not valkey.alive(), 5, "end")
    assert valkey.start() == url
    with client(url) as connection:
        assert connection.dbsize() == 10_000


def cut_tail(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-3])


def test_a_torn_tail_costs_the_last_command_only(valkey: EmbeddedValkey) -> None:
    with client(valkey.start()) as connection:
        connection.set("first", "1")
        connection.set("last", "1")
        assert on_disk(connection)
    kill(valkey.pid)
    wait_for(lambda: not valkey.alive(), 5, "end")
    cut_tail(append_only_file(valkey, "*.incr.aof"))
    with client(valkey.start()) as connection:
        assert connection.keys() == ["first"]


def garble(file: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[:10] + b"garbage\r\n" * 9 + content[10:])


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [
        ("*.incr.aof", garble),
        ("*.base.*", garble),
        ("*.manifest", garble),
        ("*.base.*", Path.unlink),
    ],
    ids=["incr", "base", "manifest", "base missing"],
)
def test_a_broken_file_is_set_aside(
    valkey: EmbeddedValkey,
    caplog: pytest.LogCaptureFixture,
    pattern: str,
    damage: Callable[[Path], None],
) -> None:
    url = valkey.start()
    with client(url) as connection:
        connection.set("first", "1")
    valkey.stop()
    damage(append_only_file(valkey, pattern))
    with caplog.at_level("WARNING"):
        assert valkey.start() == url
    assert "starts empty" in caplog.text
    with client(url) as connection:
        assert connection.keys() == []
    assert (valkey.log.parent / "data/appendonlydir.broken").is_dir()


def test_the_file_of_a_killed_start_stays(valkey: EmbeddedValkey) -> None:
    with client(valkey.start()) as connection:
        connection.set("first", "1")
    valkey.stop()
    told = valkey.log.stat().st_size
    steps = valkey.starting()
    while valkey.pid is None:  # nobody steps on from here, so nobody sees that it is ready
        next(steps)
    loaded = b"append only file"
    wait_for(lambda: loaded in valkey.log.read_bytes()[told:], 10, "loading of the file")
    kill(valkey.pid)
    with pytest.raises(EmbeddedError, match="stopped while starting"):
        finish(steps)
    with client(valkey.start()) as connection:
        assert connection.get("first") == "1"


def test_another_port_when_somebody_took_the_last_one(valkey: EmbeddedValkey) -> None:
    url = valkey.start()
    valkey.stop()
    with socket.create_server((HOST, port_of(url))):
        other = valkey.start()
        assert port_of(other) != port_of(url)
        with client(other) as connection:
            assert connection.ping()
    valkey.stop()
    assert valkey.start() == other


def test_a_port_taken_while_starting(
    valkey: EmbeddedValkey, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server((HOST, 0)) as rival:
        taken = rival.getsockname()[1]
        ports = iter([taken, taken, 0])
        free = valkey._port
        monkeypatch.setattr(valkey, "_port", lambda: next(ports) or free())
        assert port_of(valkey.start()) != taken


def test_a_fixed_port(folder: Path) -> None:
    with socket.create_server((HOST, 0)) as rival:
        port = rival.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"Port {port} .* is taken"):
            EmbeddedValkey(folder / "v", port=port).start()
    valkey = EmbeddedValkey(folder / "v", port=port)
    assert port_of(valkey.start()) == port
    valkey.stop()


def test_takes_over_from_a_server_whose_parent_is_gone(valkey: EmbeddedValkey) -> None:
    url = valkey.start()
    with client(url) as connection:
        connection.set("key", "1")
    assert valkey.pid is not None
    valkey._state.close()  # as if we were killed, and it had not heard of it
    second = EmbeddedValkey(valkey.log.parent)
    assert second.start() == url
    assert gone(valkey.pid)
    with client(url) as connection:
        assert connection.get("key") == "1"
    second.stop()


def test_a_server_that_cannot_start_is_an_error(folder: Path) -> None:
    valkey = EmbeddedValkey(folder / "v", binary=Path("/bin/true"))
    with pytest.raises(EmbeddedError, match="stopped while starting"):
        valkey.start()
    (folder / "mute").write_text('#!/bin/sh\ntest "$1" = --version || exec sleep 60\n')
    (folder / "mute").chmod(0o755)
    with pytest.raises(EmbeddedError, match="did not answer within 0 seconds"):
        EmbeddedValkey(folder / "v", binary=folder / "mute").start(timeout=0.2)


def test_wire_and_words() -> None:
    assert resp(["AUTH", "ü"]) == b"*2\r\n$4\r\nAUTH\r\n$2\r\n\xc3\xbc\r\n"
    assert quoted(Path('/a "b"\\c')) == '"/a \\"b\\"\\\\c"'
    assert failure_of("Out of memory") is Failure.OTHER
