"""Mail handed to real servers: encrypted, signed in, refused, slow and dying ones."""

import asyncio
import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from app.core.clock import SystemClock
from app.core.errors import Code, Invalid
from app.core.metrics import Metrics
from app.mail.domain import MailFailed, MailOff, MailRefused, MailServer, Message
from app.mail.service import Mail
from app.settings.domain import MailSecurity
from tests.support.smtp import Certificate, SmtpServer, certificate, smtp_server

MESSAGE = Message(template="test", to="ann@example.org")
SECRET = "correct horse battery"


def setup(server: SmtpServer, **values: object) -> MailServer:
    settings: dict[str, object] = {
        "enabled": True,
        "host": "localhost",
        "port": server.port,
        "security": MailSecurity.NONE,
        "from_address": "revenge@media.example.org",
        "from_name": "Revenge",
        "timeout": 5.0,
        "public_url": "https://media.example.org",
    }
    return MailServer(**{**settings, **values})  # type: ignore[arg-type]


def mail_of(settings: MailServer, metrics: Metrics | None = None) -> Mail:
    return Mail(lambda: settings, SystemClock(), metrics or Metrics())


def count(metrics: Metrics, outcome: str) -> float:
    return float(metrics.mails.labels("test", outcome)._value.get())


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Certificate:
    """A certificate for localhost, of an authority that this process trusts."""
    made = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.authority))
    return made


async def test_a_mail_has_both_bodies_and_proper_headers() -> None:
    metrics = Metrics()
    with smtp_server() as server:
        await mail_of(setup(server), metrics).send(MESSAGE)
    [taken] = server.received
    assert (taken.sender, taken.recipients) == ("revenge@media.example.org", ["ann@example.org"])
    assert taken.mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in taken.mail.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert taken.mail["From"] == "Revenge <revenge@media.example.org>"
    assert taken.mail["To"] == "ann@example.org"
    assert taken.mail["Subject"] == "Revenge Media Server can send mail"
    assert taken.mail["Auto-Submitted"] == "auto-generated"
    assert str(taken.mail["Message-ID"]).endswith("@media.example.org>")
    sent = parsedate_to_datetime(str(taken.mail["Date"])).timestamp()
    assert abs(sent - time.time()) < 60
    assert "https://media.example.org" in taken.body()
    assert "<html lang=" in taken.body("html")
    assert taken.raw.isascii()
    assert count(metrics, "sent") == 1


async def test_two_mails_have_different_ids() -> None:
    with smtp_server() as server:
        mail = mail_of(setup(server))
        await mail.send(MESSAGE)
        await mail.send(MESSAGE)
    assert len({str(taken.mail["Message-ID"]) for taken in server.received}) == 2


@pytest.mark.parametrize("implicit", [True, False])
async def test_tls_and_signing_in(tls: Certificate, implicit: bool) -> None:
    security = MailSecurity.TLS if implicit else MailSecurity.STARTTLS
    with smtp_server(tls.context, implicit=implicit, users={"revenge": SECRET}) as server:
        own = setup(server, security=security, username="revenge", password=SECRET)
        await mail_of(own).send(MESSAGE)
        [taken] = server.received
        assert taken.user == "revenge"
        assert taken.over_tls is not implicit  # aiosmtpd knows of STARTTLS only


async def test_a_wrong_password_is_said_and_may_be_mended(tls: Certificate) -> None:
    metrics = Metrics()
    with smtp_server(tls.context, users={"revenge": "another"}) as server:
        wrong = setup(server, security=MailSecurity.STARTTLS, username="revenge", password=SECRET)
        with pytest.raises(MailFailed, match="refused user name or password") as caught:
            await mail_of(wrong, metrics).send(MESSAGE)
    assert not isinstance(caught.value, MailRefused)
    assert SECRET not in f"{caught.value!r} {caught.value.reply} {wrong!r}"
    assert server.received == []
    assert (count(metrics, "failed"), count(metrics, "sent")) == (1, 0)


async def test_starttls_is_never_given_up() -> None:
    """A server, or somebody before it, that offers none gets no mail."""
    with smtp_server() as server:
        with pytest.raises(MailFailed):
            await mail_of(setup(server, security=MailSecurity.STARTTLS)).send(MESSAGE)
        assert server.asked == 0
        assert server.received == []


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda folder: certificate(folder, days=-1), id="expired"),
        pytest.param(lambda folder: certificate(folder, "elsewhere.test"), id="another host"),
    ],
)
@pytest.mark.parametrize("implicit", [True, False])
async def test_a_bad_certificate_is_refused(
    make: Callable[[Path], Certificate],
    implicit: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bad = make(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(bad.authority))
    await refuses_certificate(bad, implicit)


@pytest.mark.parametrize("implicit", [True, False])
async def test_a_certificate_of_nobody_is_refused_unless_told_otherwise(
    tmp_path: Path, implicit: bool
) -> None:
    unknown = certificate(tmp_path)
    await refuses_certificate(unknown, implicit)
    security = MailSecurity.TLS if implicit else MailSecurity.STARTTLS
    with smtp_server(unknown.context, implicit=implicit) as server:
        lax = setup(server, security=security, verify_certificate=False)
        await mail_of(lax).send(MESSAGE)
        assert len(server.received) == 1


async def refuses_certificate(bad: Certificate, implicit: bool) -> None:
    security = MailSecurity.TLS if implicit else MailSecurity.STARTTLS
    with smtp_server(bad.context, implicit=implicit) as server:
        with pytest.raises(MailFailed, match="certificate is not valid"):
            await mail_of(setup(server, security=security)).send(MESSAGE)
        assert server.received == []


@pytest.mark.parametrize(
    ("command", "reply", "permanent"),
    [
        ("RCPT", "550 5.1.1 No such user here", True),
        ("RCPT", "450 4.2.1 Mailbox busy", False),
        ("DATA", "554 5.7.1 Spam", True),
        ("DATA", "451 4.3.0 Try again", False),
        ("MAIL", "550 5.7.1 Sender not allowed", False),  # the administrator may mend it
        ("MAIL", "421 4.7.0 Too much", False),
    ],
)
async def test_refusals(command: str, reply: str, permanent: bool) -> None:
    metrics = Metrics()
    with smtp_server(replies={command: reply}) as server:
        with pytest.raises(MailFailed) as caught:
            await mail_of(setup(server), metrics).send(MESSAGE)
        assert server.received == []
    assert isinstance(caught.value, MailRefused) == permanent
    assert reply[:3] in caught.value.message
    assert reply[4:] not in caught.value.message  # what the job's list shows
    assert reply[4:] in caught.value.reply
    assert count(metrics, "refused" if permanent else "failed") == 1


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
async def test_a_server_that_dies_is_no_refusal(command: str) -> None:
    with (
        smtp_server(hang_up_after=command) as server,
        pytest.raises(MailFailed, match="ended the connection") as caught,
    ):
        await mail_of(setup(server)).send(MESSAGE)
    assert not isinstance(caught.value, MailRefused)


async def test_a_slow_server_is_given_up_in_time() -> None:
    with smtp_server(delay=30) as server:
        started = time.monotonic()
        with pytest.raises(MailFailed, match="too long"):
            await mail_of(setup(server, timeout=0.5)).send(MESSAGE)
        assert time.monotonic() - started < 3


async def test_a_server_that_drips_is_given_up_in_time() -> None:
    """Each single answer is quick enough; all together they are not."""

    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                writer.write(b"220-wait\r\n")
                await writer.drain()
                await asyncio.sleep(0.1)
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    try:
        own = setup(SmtpServer(port=server.sockets[0].getsockname()[1]), timeout=0.6)
        started = time.monotonic()
        with pytest.raises(MailFailed, match="too long"):
            await mail_of(own).send(MESSAGE)
        assert time.monotonic() - started < 3
    finally:
        server.close()
        await server.wait_closed()


async def test_what_was_taken_is_sent_even_if_the_goodbye_fails() -> None:
    """Otherwise it would be sent again, and again."""

    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 hello\r\n")
        data = False
        while line := await reader.readline():
            word = line[:4].upper()
            if word == b"QUIT":
                await asyncio.sleep(5)
                break
            if data and line != b".\r\n":
                continue
            data = word == b"DATA"
            writer.write(b"354 go on\r\n" if data else b"250 ok\r\n")
        writer.close()

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    try:
        own = setup(SmtpServer(port=server.sockets[0].getsockname()[1]), timeout=0.5)
        await mail_of(own).send(MESSAGE)
    finally:
        server.close()
        server.close_clients() if hasattr(server, "close_clients") else None


async def test_nobody_listens() -> None:
    with smtp_server() as server:
        port = server.port
    with pytest.raises(MailFailed, match="cannot be reached"):
        await mail_of(setup(SmtpServer(port=port))).send(MESSAGE)


@pytest.mark.parametrize(
    ("values", "missing"),
    [
        ({"enabled": False}, "mail.enabled"),
        ({"host": ""}, "mail.host"),
        ({"from_address": ""}, "mail.from_address"),
        ({"public_url": ""}, "server.public_url"),
    ],
)
async def test_without_its_settings_nothing_is_sent_and_it_is_said(
    values: dict[str, object], missing: str
) -> None:
    with smtp_server() as server:
        mail = mail_of(setup(server, **values))
        assert not mail.enabled
        with pytest.raises(MailOff, match="sends no mail; ask its administrator") as caught:
            await mail.send(MESSAGE)
        assert caught.value.code is Code.UNAVAILABLE
        assert missing not in caught.value.message
        with pytest.raises(MailOff, match=missing):
            await mail.send_test("ann@example.org", "en")
        assert server.asked == 0


async def test_a_test_mail_tells_the_administrator_what_the_server_said() -> None:
    with smtp_server(replies={"RCPT": "550 5.1.1 No such user here"}) as server:
        mail = mail_of(setup(server))
        with pytest.raises(Exception, match="No such user here") as caught:
            await mail.send_test("nobody@example.org", "en")
        assert caught.value.code is Code.UNAVAILABLE  # type: ignore[attr-defined]
        server.replies.clear()
        await mail.send_test(" Ann@Example.org", "de-AT")
        [taken] = server.received
        assert taken.recipients == ["Ann@example.org"]
        assert "kann Mails senden" in taken.body()
        with pytest.raises(Invalid) as wrong:
            await mail.send_test("ann@example.org\r\nRCPT TO:<bob@example.org>", "en")
        assert wrong.value.field == "to"
    assert len(server.received) == 1
