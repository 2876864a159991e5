"""No secret reaches a log line."""

import json
import logging
import re
from pathlib import Path

import pytest
import structlog

from app.core.crypto import new_token
from app.core.logging import MASK, configure_logging, get_logger, redact

SECRET = "s3cr3t-Value_0123456789abcdef"


@pytest.mark.parametrize(
    "key",
    [
        "password",
        "new_password",
        "db_passwd",
        "token",
        "session_token",
        "authorization",
        "Cookie",
        "api_key",
        "apikey",
        "client_secret",
        "credential",
    ],
)
def test_values_of_telling_keys_are_masked(key: str) -> None:
    assert redact(None, "", {key: SECRET})[key] == MASK
    assert redact(None, "", {"payload": {"deep": [{key: SECRET}]}}) == {
        "payload": {"deep": [{key: MASK}]}
    }


@pytest.mark.parametrize(
    "text",
    [
        f"Authorization: Bearer {SECRET}",
        f"bearer {SECRET} and more",
        f"cannot connect to postgresql://revenge:{SECRET}@host/db",
        f"redis://:{SECRET}@127.0.0.1:1/0 is away",
        f"the session rvs_{SECRET} ended",
        f"postgresql://revenge:p@ss/{SECRET}@host/db",
        f"GET /graphql?a=1&token={SECRET}&b=2",
        f"postgresql:///revenge?host=/run&password={SECRET}",
    ],
)
def test_secrets_inside_texts_are_masked(text: str) -> None:
    said = redact(None, "", {"event": text, "list": [text], "map": {"x": (text,)}})
    assert SECRET not in str(said)
    assert MASK in said["event"]


PREFIXES = ("rv", "rvb", "rvc", "rvd", "rvm", "rvo", "rvr", "rvs")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_kind_of_token_is_masked(prefix: str) -> None:
    """Anywhere in a text, without a word before it that tells."""
    token = new_token(prefix)
    said = redact(None, "", {"event": f"what is {token}?", "list": [token]})
    assert token[len(prefix) + 1 :] not in str(said)


def test_the_list_of_tokens_is_complete() -> None:
    declared = [
        prefix
        for path in Path("app").rglob("*.py")
        for prefix in re.findall(r'PREFIX: Final = "(rv[a-z]*)_?"', path.read_text("utf-8"))
    ]
    assert sorted(declared) == sorted(PREFIXES)


def test_the_rest_is_left_alone() -> None:
    event = {"event": "scan.done", "files": 3, "path": "/srv/Token (2020)/x.mkv", "none": None}
    assert redact(None, "", dict(event)) == event


@pytest.mark.parametrize(
    "name", ["\x1b]0;title\x07", "\x9b31m", "\u202emkv", "a\rb", "\u2028", "\x7f"]
)
def test_names_cannot_move_the_cursor(name: str) -> None:
    """A terminal obeys what a file is called, unless it is written out."""
    said = redact(None, "", {"event": "scan.failed", "path": name, "list": [name]})
    assert said["path"].isprintable()
    assert said["list"][0].isprintable()
    lines = {"event": "a\n\tb", "path": "/srv/Amélie • 天気.mkv"}
    assert redact(None, "", dict(lines)) == lines


def test_strangers_write_nothing_into_the_log(logs: pytest.CaptureFixture[str]) -> None:
    """uvicorn logs the query of a websocket, and a stack for a frame that is no UTF-8."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logging("info", "json")
        uvicorn = logging.getLogger("uvicorn.error")
        uvicorn.info('%s - "WebSocket %s" [accepted]', "127.0.0.1:1", f"/graphql?x={SECRET}")
        uvicorn.exception("Invalid UTF-8 sequence received from client.")
        uvicorn.info("Application startup complete.")
    finally:
        root.handlers[:], root.level = handlers, level
    (line,) = logs.readouterr().err.splitlines()
    assert "startup" in line


@pytest.fixture
def logs(capsys: pytest.CaptureFixture[str]) -> pytest.CaptureFixture[str]:
    return capsys


def test_lines_are_json_with_the_request_and_without_secrets(
    logs: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure_logging("info", "json")
        with structlog.contextvars.bound_contextvars(request_id="r-1"):
            get_logger("tests").info("hello", token=SECRET, n=1)
            try:
                int(f"bearer {SECRET}")
            except ValueError:
                logging.getLogger("some.library").exception("failed with %s", f"bearer {SECRET}")
        get_logger("tests").debug("too quiet")
    finally:
        root.handlers[:], root.level = handlers, level
    lines = [json.loads(line) for line in logs.readouterr().err.splitlines()]
    assert lines[0]["event"] == "hello"
    assert lines[0]["request_id"] == lines[1]["request_id"] == "r-1"
    assert (lines[0]["n"], lines[0]["level"], lines[0]["logger"]) == (1, "info", "tests")
    assert "ValueError" in lines[1]["exception"]
    assert SECRET not in json.dumps(lines)
    assert len(lines) == 2


def test_what_uvicorn_says_is_said_once(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")
    try:
        said = {"color_message": "\x1b[1mhello\x1b[0m"}
        logging.getLogger("uvicorn.error").info("hello", extra=said)
    finally:
        configure_logging("warning", "json")
    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "hello"
    assert "color_message" not in line
