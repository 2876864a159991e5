"""A real mail server on a thread of its own, that takes mail or misbehaves as it is told."""

import asyncio
import contextlib
import ipaddress
import re
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

LINK = re.compile(r"https?://\S+#token=([A-Za-z0-9_-]+)")


@dataclass
class Received:
    """A mail that the server has taken."""

    sender: str
    recipients: list[str]
    raw: bytes
    over_tls: bool
    user: str | None

    @property
    def mail(self) -> EmailMessage:
        """Its headers and bodies."""
        parsed = message_from_bytes(self.raw, policy=default)
        assert isinstance(parsed, EmailMessage)
        return parsed

    def body(self, kind: str = "plain") -> str:
        """The text of this kind."""
        part = self.mail.get_body((kind,))
        assert part is not None
        return str(part.get_content())

    @property
    def token(self) -> str:
        """The token in its link."""
        found = LINK.search(self.body())
        assert found is not None, self.body()
        return found.group(1)


@dataclass
class SmtpServer:
    """What it has taken, and how it behaves."""

    port: int = 0
    received: list[Received] = field(default_factory=list)
    users: dict[str, str] = field(default_factory=dict)
    replies: dict[str, str] = field(default_factory=dict)  # by command: MAIL, RCPT, DATA
    delay: float = 0  # seconds before DATA is answered
    hang_up_after: str | None = None  # a command at which it is gone: MAIL, RCPT, DATA
    asked: int = 0

    def of(self, address: str) -> list[Received]:
        """What was sent to an address."""
        return [mail for mail in self.received if address in mail.recipients]

    async def wait(self, count: int, timeout: float = 10) -> list[Received]:
        """Until it has taken so many."""
        async with asyncio.timeout(timeout):
            while len(self.received) < count:
                await asyncio.sleep(0.01)
        assert len(self.received) == count
        return self.received

    # The hooks of aiosmtpd, on the server's thread.

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.asked += 1
        envelope.mail_from = address
        return self._reply("MAIL", server)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        said = self._reply("RCPT", server)
        if said.startswith("2"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.delay)
        said = self._reply("DATA", server)
        if said.startswith("2"):
            content = envelope.content
            assert isinstance(content, bytes)
            taken = Received(
                sender=str(envelope.mail_from),
                recipients=list(envelope.rcpt_tos),
                raw=content,
                over_tls=session.ssl is not None,
                user=session.auth_data,
            )
            self.received.append(taken)
        return said

    def authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        """Whether user and password are known."""
        assert isinstance(data, LoginPassword)
        user, password = data.login.decode(), data.password.decode()
        known = self.users.get(user) == password
        return AuthResult(success=known, handled=False, auth_data=user)

    def _reply(self, command: str, server: SMTP) -> str:
        if self.hang_up_after == command:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return self.replies.get(command, "250 OK")


@dataclass
class Certificate:
    """A certificate authority's own certificate and one that it has signed."""

    authority: Path
    context: ssl.SSLContext


def certificate(folder: Path, host: str = "localhost", *, days: int = 1) -> Certificate:
    """A fresh authority, and a server's certificate for a host; expired for negative `days`."""
    now, key, name = datetime.now(UTC), ec.generate_private_key(ec.SECP256R1()), _name("Test CA")
    start, end = now - timedelta(days=2), now + timedelta(days=days)
    authority = _signed(name, name, key, key, (start, now + timedelta(days=9)), None)
    own = ec.generate_private_key(ec.SECP256R1())
    server = _signed(name, _name(host), key, own, (start, end), host)
    pem = serialization.Encoding.PEM
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "ca.pem").write_bytes(authority.public_bytes(pem))
    (folder / "server.pem").write_bytes(server.public_bytes(pem) + own.private_bytes(pem, *plain))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return Certificate(folder / "ca.pem", context)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _signed(
    issuer: x509.Name,
    subject: x509.Name,
    by: ec.EllipticCurvePrivateKey,
    of: ec.EllipticCurvePrivateKey,
    valid: tuple[datetime, datetime],
    host: str | None,
) -> x509.Certificate:
    builder = (
        x509.CertificateBuilder()
        .issuer_name(issuer)
        .subject_name(subject)
        .public_key(of.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
        .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(of.public_key()), critical=False)
    )
    if host is None:
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        builder = builder.add_extension(usage, critical=True)
    else:
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
        alternative = x509.SubjectAlternativeName(names[:1] if host != "localhost" else names)
        builder = builder.add_extension(alternative, critical=False)
    return builder.sign(by, hashes.SHA256())


@contextlib.contextmanager
def smtp_server(
    context: ssl.SSLContext | None = None, *, implicit: bool = False, **behaviour: Any
) -> Iterator[SmtpServer]:
    """A running server. With a TLS context it offers STARTTLS, or speaks TLS from the beginning."""
    state = SmtpServer(**behaviour)
    loop = asyncio.SelectorEventLoop()
    starttls = context is not None and not implicit

    def connected() -> SMTP:
        return SMTP(
            state,
            hostname="mail.test",
            tls_context=context if starttls else None,
            auth_callback=None,
            authenticator=state.authenticate,
            auth_require_tls=starttls,
            auth_required=False,
            loop=loop,
        )

    async def start() -> asyncio.Server:
        return await loop.create_server(
            connected, "127.0.0.1", 0, ssl=context if implicit else None
        )

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(start(), loop).result(10)
    state.port = server.sockets[0].getsockname()[1]
    try:
        yield state
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


async def _end(server: asyncio.Server) -> None:
    """Close it, with all connections."""
    server.close()
    mine = asyncio.current_task()
    rest = [task for task in asyncio.all_tasks() if task is not mine]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)
    await asyncio.sleep(0)
