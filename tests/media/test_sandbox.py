"""The walls around a child, tried from inside one."""

import json
import platform
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from app.media.service.prober import GIB

ATTEMPTS = """
import json, os, resource, socket, subprocess, sys
sys.path.insert(0, sys.argv[1])
from app.core.sandbox import confine
out = os.dup(1)
result = {"walls": confine(2**30, 100)}
def attempt(name, call):
    try:
        call()
    except BaseException as error:
        result[name] = type(error).__name__
    else:
        result[name] = "done"
def connect():
    socket.create_connection(("127.0.0.1", int(sys.argv[3])), 2).close()
def datagram():
    socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", int(sys.argv[3])))
attempt("connect", connect)
attempt("datagram", datagram)
attempt("write", lambda: open(sys.argv[2] + "/new", "wb").write(b"x"))
attempt("change", lambda: open(sys.argv[2] + "/old", "r+b").truncate(0))
attempt("remove", lambda: os.unlink(sys.argv[2] + "/old"))
attempt("execute", lambda: subprocess.run(["/bin/true"], check=True))
attempt("signal", lambda: os.kill(int(sys.argv[4]), 0))
attempt("read", lambda: open(sys.argv[2] + "/old", "rb").read())
attempt("memory", lambda: bytearray(2**30))
attempt("root", lambda: os.setuid(1234))
attempt("file socket", lambda: socket.socket(socket.AF_UNIX).connect(sys.argv[5]))
attempt("mode", lambda: os.chmod(sys.argv[2] + "/old", 0o777))
attempt("owner", lambda: os.chown(sys.argv[2] + "/old", os.getuid(), os.getgid()))
attempt("times", lambda: os.utime(sys.argv[2] + "/old"))
attempt("attribute", lambda: os.setxattr(sys.argv[2] + "/old", "user.x", b"y"))
os.write(out, json.dumps(result).encode())
"""


@pytest.fixture(scope="module")
def attempts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | list[str]]:
    folder = tmp_path_factory.mktemp("sandbox")
    (folder / "old").write_bytes(b"precious")
    root = Path(__file__).parents[2]
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket(socket.AF_UNIX) as engine,
        subprocess.Popen(["sleep", "60"]) as other,
    ):
        port = str(server.getsockname()[1])
        engine.bind(str(folder / "engine.sock"))
        engine.listen()
        given = [str(root), str(folder), port, str(other.pid), engine.getsockname()]
        done = subprocess.run(
            [sys.executable, "-I", "-c", ATTEMPTS, *given],
            stdout=subprocess.PIPE,
            check=True,
            start_new_session=True,
        )
        other.kill()
    assert (folder / "old").read_bytes() == b"precious"
    result: dict[str, str | list[str]] = json.loads(done.stdout)
    return result


def test_limits_hold(attempts: dict[str, str | list[str]]) -> None:
    assert attempts["memory"] == "MemoryError"
    assert attempts["read"] == "done"


def test_no_network(attempts: dict[str, str | list[str]]) -> None:
    if not {"network", "landlock", "seccomp"} & set(attempts["walls"]):
        pytest.skip("This kernel or container allows neither namespaces nor Landlock.")
    assert attempts["connect"] != "done"
    if {"network", "seccomp"} & set(attempts["walls"]):
        assert attempts["datagram"] in ("OSError", "PermissionError")


def test_nothing_can_be_changed_or_run(attempts: dict[str, str | list[str]]) -> None:
    if "landlock" not in attempts["walls"]:
        pytest.skip("This kernel has no Landlock.")
    for name in ("write", "change", "remove", "execute"):
        assert attempts[name] == "PermissionError", name


def test_what_landlock_leaves_open_is_closed(attempts: dict[str, str | list[str]]) -> None:
    offered = Path("/proc/sys/kernel/seccomp/actions_avail").exists()
    if not offered or platform.machine() not in ("x86_64", "aarch64"):
        pytest.skip("This kernel or processor does not refuse calls.")
    assert "seccomp" in attempts["walls"]
    for name in ("file socket", "mode", "owner", "times", "attribute"):
        assert attempts[name] == "PermissionError", name


def test_privileges_are_gone(attempts: dict[str, str | list[str]]) -> None:
    if "capabilities" not in attempts["walls"]:
        pytest.skip("This container does not let capabilities be dropped.")
    assert attempts["root"] == "PermissionError"
    assert attempts["signal"] == "PermissionError"


def test_default_memory_is_a_gibibyte() -> None:
    assert GIB == 2**30
