"""Messages out of templates: every one in every language, and nothing gets out of its place."""

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from jinja2 import UndefinedError

from app.mail.domain import MailServer, Message
from app.mail.service.writing import TEMPLATES, Writer

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SERVER = MailServer(
    enabled=True,
    host="localhost",
    from_address="revenge@example.org",
    from_name="Revenge",
    public_url="https://media.example.org",
)
LINK = "https://media.example.org/verify-email#token=rvm_abc"
VALUES = {"username": "ann", "link": LINK}
NAMES = sorted(path.stem for path in (TEMPLATES / "en").glob("*.txt"))


def write(server: MailServer = SERVER, **values: object) -> EmailMessage:
    fields: dict[str, object] = {"template": "verify_email", "to": "ann@example.org"}
    message = Message(**{**fields, "values": VALUES, **values})  # type: ignore[arg-type]
    return Writer().write(server, message, NOW)


def body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def test_every_language_has_every_template() -> None:
    expected = {f"{name}.{kind}" for name in NAMES for kind in ("txt", "html", "subject")}
    for language in ("en", "de"):
        assert {path.name for path in (TEMPLATES / language).iterdir()} == expected
    assert len(NAMES) == 9


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("name", NAMES)
def test_every_template_can_be_written(name: str, language: str) -> None:
    mail = write(template=name, language=language)
    text, html = body(mail, "plain"), body(mail, "html")
    assert mail["Content-Language"] == language
    assert 10 < len(str(mail["Subject"])) < 100
    assert f'<html lang="{language}">' in html
    source = (TEMPLATES / language / f"{name}.txt").read_text(encoding="utf-8")
    assert (LINK in text) == ("link" in source)
    assert (f'href="{LINK}"' in html) == (LINK in text)
    assert ("ann" in text.split()) == ("username" in source) or "ann," in text
    assert "{{" not in text + html


def test_languages_differ_and_what_is_not_there_is_english() -> None:
    assert "Bestätige" in str(write(language="de-AT")["Subject"])
    assert write(language="fr")["Subject"] == write(language="en")["Subject"]
    for odd in ("", "..", "../en", "EN-us", "\x00"):
        assert write(language=odd)["Subject"] == write(language="en")["Subject"]


def test_a_missing_value_is_an_error_and_no_gap() -> None:
    with pytest.raises(UndefinedError):
        write(values={"username": "ann"})


def test_html_is_escaped_and_text_is_not() -> None:
    mail = write(SERVER_NAMED("<b>Tom & Ann</b>"), values={**VALUES, "username": "<script>"})
    assert "<script>" in body(mail, "plain")
    html = body(mail, "html")
    assert "<script>" not in html
    assert "<b>" not in html
    assert "&lt;script&gt;" in html


def SERVER_NAMED(name: str) -> MailServer:  # noqa: N802
    return MailServer(
        from_address="revenge@example.org",
        from_name=name,
        server_name=name,
        public_url="https://media.example.org",
    )


@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "\u2028", "\x0b", "\x85"])
def test_no_header_can_be_forged(end: str) -> None:
    evil = f"Films{end}Bcc: everybody@example.org{end}{end}Buy this"
    mail = write(SERVER_NAMED(evil))
    raw = mail.as_bytes()
    head = raw.partition(b"\r\n\r\n")[0].decode("ascii")
    assert not any(line.lower().startswith("bcc") for line in head.splitlines())
    assert mail["Bcc"] is None
    assert len(mail.get_all("Subject") or ()) == 1


def test_a_bad_recipient_never_becomes_a_header() -> None:
    for to in ("ann@example.org\r\nBcc: x@example.org", "ann@example.org, bob@example.org"):
        with pytest.raises(Exception, match=r"(?i)invalid|header|arguments"):
            write(to=to)


def test_what_is_written_shows_no_link_in_its_repr() -> None:
    message = Message(template="verify_email", to="ann@example.org", values=VALUES)
    assert "rvm_abc" not in repr(message)
    assert "ann@example.org" not in repr(message)
    assert "geheim" not in repr(MailServer(password="geheim"))
