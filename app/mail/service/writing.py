"""Messages out of templates: `templates/<language>/<name>.{subject,txt,html}`."""

from collections.abc import Mapping
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from app.mail.domain import MailServer, Message

TEMPLATES: Final = Path(__file__).parent.parent / "templates"
FALLBACK: Final = "en"
# Seven bits: not every server on the way takes more, and none has to.
POLICY: Final = SMTP.clone(cte_type="7bit")


class Writer:
    """Makes messages; a template that lacks a value is an error, never a gap in a mail."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(TEMPLATES),
            autoescape=select_autoescape(["html"], default_for_string=True, default=False),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._languages = {path.name for path in TEMPLATES.iterdir() if path.is_dir()}

    def write(self, server: MailServer, message: Message, now: datetime) -> EmailMessage:
        """The message with its headers, as text and as HTML."""
        language = self._language(message.language)
        values = {"server": server.server_name, "url": server.public_url, "language": language}
        values |= message.values
        where = f"{language}/{message.template}"
        mail = EmailMessage(policy=POLICY)
        mail["Subject"] = " ".join(self._render(f"{where}.subject", values).split())
        mail["From"] = Address(_one_line(server.from_name), addr_spec=server.from_address)
        mail["To"] = Address(addr_spec=message.to)
        mail["Date"] = format_datetime(now)
        mail["Message-ID"] = make_msgid(domain=server.domain)
        mail["Auto-Submitted"] = "auto-generated"  # or vacation notices would answer
        mail.set_content(self._render(f"{where}.txt", values))
        mail.add_alternative(self._render(f"{where}.html", values), subtype="html")
        mail["Content-Language"] = language  # last: a body takes the Content- headers before it
        return mail

    def _language(self, tag: str) -> str:
        """The language of the templates for a tag such as `de-AT`."""
        primary = tag.partition("-")[0].lower()
        return primary if primary in self._languages else FALLBACK

    def _render(self, name: str, values: Mapping[str, str]) -> str:
        return self._environment.get_template(name).render(values)


def _one_line(text: str) -> str:
    return " ".join(text.split())
