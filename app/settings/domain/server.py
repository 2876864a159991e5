"""The settings of the server: what administrators change while it runs."""

from enum import StrEnum
from typing import Final

from app.settings.domain import forms
from app.settings.domain.metadata import METADATA
from app.settings.domain.setting import BadValue, Catalogue, Setting, Values

DAY: Final = 24 * 3600


class Category(StrEnum):
    """The groups of server settings: the first part of their keys."""

    SERVER = "server"
    FEATURES = "features"
    AUTH = "auth"
    MAIL = "mail"
    WEBAUTHN = "webauthn"
    LIMITS = "limits"
    ACTIVITY = "activity"
    AVATAR = "avatar"
    APIKEYS = "apikeys"
    SCANNING = "scanning"
    IMAGES = "images"
    METADATA = "metadata"
    SEARCH = "search"


class MailSecurity(StrEnum):
    """How the connection to the mail server is protected."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


SERVER_NAME: Final = Setting(
    key="server.name",
    default="Revenge Media Server",
    most=100,
    public=True,
    description="Name of this server, as clients and mails show it.",
)
PUBLIC_URL: Final = Setting(
    key="server.public_url",
    default="",
    form=forms.origin,
    public=True,
    description="Address under which browsers reach the server, such as "
    "https://media.example.org: links in mails, passkeys and sign-in elsewhere need it.",
)
REGISTRATION_ENABLED: Final = Setting(
    key="features.registration_enabled",
    default=True,
    public=True,
    description="Whether people may register accounts themselves.",
)
OIDC_ENABLED: Final = Setting(
    key="features.oidc_enabled",
    default=True,
    public=True,
    description="Whether people may sign in with OpenID providers.",
)
ACCESS_TOKEN_EXPIRY: Final = Setting(
    key="auth.access_token_expiry",
    default=3600,
    least=60,
    most=DAY,
    description="Seconds that an access token is good for.",
)
REFRESH_TOKEN_EXPIRY: Final = Setting(
    key="auth.refresh_token_expiry",
    default=30 * DAY,
    least=300,
    most=365 * DAY,
    description="Seconds that a session lasts without being used.",
)
PASSWORD_MIN_LENGTH: Final = Setting(
    key="auth.password.min_length",
    default=8,
    least=8,
    most=128,
    description="Bytes that a new password has at least; accented letters count as two.",
)
SESSION_MAX_PER_USER: Final = Setting(
    key="auth.session.max_per_user",
    default=10,
    least=1,
    most=100,
    description="Sessions that one account may have; the oldest gives way to a new one.",
)
LOCKOUT_THRESHOLD: Final = Setting(
    key="auth.lockout.threshold",
    default=5,
    least=3,
    most=100,
    description="Failed attempts after which an account refuses more from the same address.",
)
LOCKOUT_WINDOW: Final = Setting(
    key="auth.lockout.window",
    default=900,
    least=60,
    most=DAY,
    description="Seconds for which a failed attempt counts.",
)
TRUSTED_DEVICE_DAYS: Final = Setting(
    key="auth.trusted_device_days",
    default=30,
    least=1,
    most=365,
    description="Days for which a trusted device is not asked for the second factor.",
)
MAIL_ENABLED: Final = Setting(
    key="mail.enabled", default=False, description="Whether the server sends mail."
)
MAIL_HOST: Final = Setting(
    key="mail.host", default="", form=forms.host, description="Host name of the mail server."
)
MAIL_PORT: Final = Setting(
    key="mail.port", default=587, least=1, most=65535, description="Port of the mail server."
)
MAIL_SECURITY: Final = Setting(
    key="mail.security",
    default=MailSecurity.STARTTLS,
    description="How the connection is protected: starttls (usually port 587), tls (465) or none.",
)
MAIL_USERNAME: Final = Setting(
    key="mail.username", default="", most=300, description="User name at the mail server."
)
MAIL_PASSWORD: Final = Setting(
    key="mail.password",
    default="",
    most=1000,
    secret=True,
    description="Password at the mail server.",
)
MAIL_FROM_ADDRESS: Final = Setting(
    key="mail.from_address",
    default="",
    most=320,
    form=forms.mail_address,
    description="Address that mail comes from.",
)
MAIL_FROM_NAME: Final = Setting(
    key="mail.from_name",
    default="",
    most=100,
    description="Name that mail comes from; empty for the server's name.",
)
MAIL_TIMEOUT: Final = Setting(
    key="mail.timeout",
    default=30,
    least=1,
    most=120,
    description="Seconds to wait for the mail server.",
)
MAIL_VERIFY_CERTIFICATE: Final = Setting(
    key="mail.verify_certificate",
    default=True,
    description="Whether the mail server's certificate has to be valid.",
)
WEBAUTHN_RP_ID: Final = Setting(
    key="webauthn.rp_id",
    default="",
    form=forms.domain,
    description="Domain that passkeys belong to; empty for the host of server.public_url. "
    "Passkeys of another domain stop working.",
)
WEBAUTHN_RP_NAME: Final = Setting(
    key="webauthn.rp_name",
    default="",
    most=100,
    description="Name under which devices list passkeys; empty for the server's name.",
)
WEBAUTHN_ORIGINS: Final = Setting(
    key="webauthn.origins",
    default="",
    most=2000,
    form=forms.passkey_origins,
    description="Origins whose pages may use passkeys, with spaces between; empty for "
    "server.public_url.",
)
RATE: Final = "{what} a second in the long run, {who}."
BURST: Final = "{what} at once, {who}: they count for burst / rate seconds."


def _rate(tier: str, rate: float, what: str, who: str) -> Setting[float]:
    return Setting(
        key=f"limits.{tier}.rate",
        default=rate,
        least=0.01,
        most=100_000,
        description=RATE.format(what=what, who=who),
    )


def _burst(tier: str, burst: int, what: str, who: str) -> Setting[int]:
    return Setting(
        key=f"limits.{tier}.burst",
        default=burst,
        least=1,
        most=100_000,
        description=BURST.format(what=what, who=who),
    )


EACH: Final = "of one address, and of one account"
EITHER: Final = "of one account, or of one address that is signed out"
SECRETS: Final = "Tries at what checks a password, code or token"
LIMITS_GLOBAL_RATE: Final = _rate("global", 50.0, "Requests", EACH)
LIMITS_GLOBAL_BURST: Final = _burst("global", 100, "Requests", EACH)
LIMITS_AUTH_RATE: Final = _rate("auth", 5.0, SECRETS, EACH)
LIMITS_AUTH_BURST: Final = _burst("auth", 10, SECRETS, EACH)
LIMITS_MUTATION_RATE: Final = _rate("mutation", 20.0, "Mutations", EITHER)
LIMITS_MUTATION_BURST: Final = _burst("mutation", 60, "Mutations", EITHER)
LIMITS_SEARCH_RATE: Final = _rate("search", 10.0, "Searches", EITHER)
LIMITS_SEARCH_BURST: Final = _burst("search", 30, "Searches", EITHER)
ACTIVITY_RETENTION_DAYS: Final = Setting(
    key="activity.retention_days",
    default=90,
    least=1,
    most=3650,
    description="Days that the activity log is kept.",
)
AVATAR_MAX_BYTES: Final = Setting(
    key="avatar.max_bytes",
    default=2 << 20,
    least=16 << 10,
    most=20 << 20,
    description="Bytes that an uploaded avatar may have.",
)
APIKEYS_MAX_PER_USER: Final = Setting(
    key="apikeys.max_per_user",
    default=10,
    least=0,
    most=1000,
    description="API keys that one account may have.",
)
MATCH_THRESHOLD: Final = Setting(
    key="scanning.match_threshold",
    default=0.5,
    least=0.0,
    most=1.0,
    description="How sure a scan must be of what a file is, from 0 to 1, to make or join a title; "
    "less sure files wait in `unmatched`. It counts from the next look at a file on.",
)

TRASH_DAYS: Final = Setting(
    key="scanning.trash_days",
    default=30,
    least=1,
    most=3650,
    description="Days for which files that vanished are remembered, with what is known of them.",
)
IMAGES_CACHE_MAX_BYTES: Final = Setting(
    key="images.cache_max_bytes",
    default=5 << 30,
    least=64 << 20,
    most=1 << 50,
    description="Bytes of fetched and scaled pictures that are kept on disk; those that were not "
    "used for longest go first.",
)
TYPESENSE_URL: Final = Setting(
    key="search.typesense.url",
    default="",
    form=forms.base_address,
    description="Address of a Typesense server that answers searches, such as "
    "http://typesense:8108. Empty for that of the environment, and without either PostgreSQL "
    "answers them.",
)
TYPESENSE_API_KEY: Final = Setting(
    key="search.typesense.api_key",
    default="",
    most=500,
    form=forms.key,
    secret=True,
    description="API key of the Typesense server.",
)


def _mail_can_be_sent(values: Values) -> None:
    if values.get(MAIL_ENABLED) and not (values.get(MAIL_HOST) and values.get(MAIL_FROM_ADDRESS)):
        raise BadValue(
            "Mail needs mail.host and mail.from_address: set both before mail.enabled, and turn "
            "mail.enabled off before either is taken away."
        )


def _sessions_outlive_tokens(values: Values) -> None:
    if values.get(ACCESS_TOKEN_EXPIRY) > values.get(REFRESH_TOKEN_EXPIRY):
        raise BadValue("auth.access_token_expiry is at most auth.refresh_token_expiry.")


def _passkeys_fit_their_domain(values: Values) -> None:
    domain = values.get(WEBAUTHN_RP_ID)
    for origin in values.get(WEBAUTHN_ORIGINS).split():
        host = forms.host_of(origin)
        if domain and host != domain and not host.endswith(f".{domain}"):
            raise BadValue(
                f"Browsers refuse passkeys of {domain} at {origin}: the host of an origin of "
                "webauthn.origins is webauthn.rp_id or ends with it."
            )


SERVER: Final = Catalogue(
    (
        SERVER_NAME,
        PUBLIC_URL,
        REGISTRATION_ENABLED,
        OIDC_ENABLED,
        ACCESS_TOKEN_EXPIRY,
        REFRESH_TOKEN_EXPIRY,
        PASSWORD_MIN_LENGTH,
        SESSION_MAX_PER_USER,
        LOCKOUT_THRESHOLD,
        LOCKOUT_WINDOW,
        TRUSTED_DEVICE_DAYS,
        MAIL_ENABLED,
        MAIL_HOST,
        MAIL_PORT,
        MAIL_SECURITY,
        MAIL_USERNAME,
        MAIL_PASSWORD,
        MAIL_FROM_ADDRESS,
        MAIL_FROM_NAME,
        MAIL_TIMEOUT,
        MAIL_VERIFY_CERTIFICATE,
        WEBAUTHN_RP_ID,
        WEBAUTHN_RP_NAME,
        WEBAUTHN_ORIGINS,
        LIMITS_GLOBAL_RATE,
        LIMITS_GLOBAL_BURST,
        LIMITS_AUTH_RATE,
        LIMITS_AUTH_BURST,
        LIMITS_MUTATION_RATE,
        LIMITS_MUTATION_BURST,
        LIMITS_SEARCH_RATE,
        LIMITS_SEARCH_BURST,
        ACTIVITY_RETENTION_DAYS,
        AVATAR_MAX_BYTES,
        APIKEYS_MAX_PER_USER,
        MATCH_THRESHOLD,
        TRASH_DAYS,
        IMAGES_CACHE_MAX_BYTES,
        TYPESENSE_URL,
        TYPESENSE_API_KEY,
        *METADATA,
    ),
    (_mail_can_be_sent, _sessions_outlive_tokens, _passkeys_fit_their_domain),
)
