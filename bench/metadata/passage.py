"""An HTTP proxy into the world: what is asked for at https://image.tmdb.org is found there.

Servers that are set to it, and that trust its certificate, fetch pictures under the very addresses
under which they are anywhere else: with a tunnel, with TLS, with the name that they were told.
"""

import asyncio
import contextlib
import ssl
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

ESTABLISHED: Final = b"HTTP/1.1 200 Connection established\r\n\r\n"
NO_WAY: Final = b"HTTP/1.1 502 Bad gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
MOST: Final = 64 << 10
# Somebody has left, has said nothing that one could follow, or the whole world ends.
OVER: Final = (OSError, asyncio.IncompleteReadError, ValueError, asyncio.CancelledError)


class Certificate:
    """One for these hosts, that vouches for itself."""

    def __init__(self, hosts: Sequence[str]) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "World of providers")])
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=7))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(h) for h in hosts]), False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.pem = made.public_bytes(serialization.Encoding.PEM).decode()
        self._key = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )

    def context(self) -> ssl.SSLContext:
        """What a server shows it with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        with tempfile.NamedTemporaryFile() as file:
            Path(file.name).write_bytes(self._key + self.pem.encode())
            context.load_cert_chain(file.name)
        return context


class Passage:
    """Leads to the ports of this machine: `ports` by host; those of itself are asked plainly."""

    def __init__(self, ports: Mapping[str, int]) -> None:
        self._ports = ports
        self.certificate = Certificate(list(ports))
        self._context = self.certificate.context()

    async def open(self) -> asyncio.Server:
        """Begin; the server knows its port."""
        return await asyncio.start_server(self._lead, "127.0.0.1", 0, limit=MOST)

    async def _lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(*OVER):
            head = await reader.readuntil(b"\r\n\r\n")
            method, target, _ = head.split(b" ", 2)
            port = self._port(target.decode("ascii"))
            try:
                theirs, mine = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                writer.write(NO_WAY)
            else:
                if method == b"CONNECT":
                    writer.write(ESTABLISHED)
                    await writer.start_tls(self._context)
                else:
                    mine.write(head)
                async with asyncio.TaskGroup() as group:
                    group.create_task(_pass(reader, mine))
                    group.create_task(_pass(theirs, writer))
        writer.close()

    def _port(self, target: str) -> int:
        place = target.partition("://")[2].partition("/")[0] or target
        host, _, port = place.rpartition(":")
        if host == "127.0.0.1":
            return int(port)
        return self._ports.get(host, 0)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(MOST):
            writer.write(data)
            await writer.drain()
    writer.close()
