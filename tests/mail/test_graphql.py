"""Trying out mail, by the settings and through the API."""

from app.container import Container
from app.core.access import SYSTEM
from app.core.errors import Code
from tests.support.api import Api
from tests.support.people import People
from tests.support.smtp import SmtpServer, smtp_server

TEST = 'mutation($to: String!) { sendTestMail(to: $to, language: "de") }'


async def configure(app: Container, server: SmtpServer, **values: object) -> None:
    """Send mail to this server."""
    wanted = {
        "mail.host": "127.0.0.1",
        "mail.port": server.port,
        "mail.security": "none",
        "mail.from_address": "revenge@example.org",
        "mail.timeout": 5,
        "server.public_url": "https://media.example.org",
        "mail.enabled": True,
    }
    for key, value in {**wanted, **values}.items():
        await app.settings.update(SYSTEM, key, value)


async def test_an_administrator_tries_out_mail(api: Api, app: Container, people: People) -> None:
    admin = await people.admin()
    error = await api.fails(TEST, admin, to="ann@example.org")
    assert (error.code, "mail.enabled" in error.message) == (Code.UNAVAILABLE, True)
    with smtp_server() as server:
        await configure(app, server)
        await app.settings.update(SYSTEM, "server.name", "Films & more")
        assert app.mail.enabled
        assert await api.run(TEST, admin, to="ann@example.org") == {"sendTestMail": True}
        [taken] = server.received
        assert taken.mail["Subject"] == "Films & more kann Mails senden"
        assert taken.mail["From"] == "Films & more <revenge@example.org>"
        error = await api.fails(TEST, admin, to="ann@example.org\nBcc: x@example.org")
        assert (error.code, error.field) == (Code.INVALID, "to")
        server.replies["RCPT"] = "550 5.1.1 No such user"
        error = await api.fails(TEST, admin, to="ann@example.org")
        assert (error.code, "No such user" in error.message) == (Code.UNAVAILABLE, True)
        assert len(server.received) == 1


async def test_others_cannot_send_mail(api: Api, app: Container, people: People) -> None:
    somebody = await people.make()
    with smtp_server() as server:
        await configure(app, server)
        assert (await api.fails(TEST, somebody, to="a@example.org")).code is Code.FORBIDDEN
        assert (await api.fails(TEST, to="a@example.org")).code is Code.UNAUTHENTICATED
        assert server.asked == 0
