"""The settings of metadata providers: the same few for each, and its own keys."""

from typing import Final

from msgspec import Struct

from app.settings.domain import forms
from app.settings.domain.setting import Setting

MOST_KEY: Final = 500


class ProviderSettings(Struct, frozen=True, kw_only=True):
    """Those of one provider. It works once it is enabled and all that it `needs` is set."""

    name: str
    enabled: Setting[bool]
    address: Setting[str]
    proxy: Setting[str]
    keys: tuple[Setting[str], ...] = ()
    needs: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[Setting[bool] | Setting[str], ...]:
        """In the order of the catalogue."""
        return (self.enabled, *self.keys, self.address, self.proxy)


class Key(Struct, frozen=True):
    """One thing that a provider gives to those who register there."""

    name: str
    description: str
    needed: bool = True
    secret: bool = True


def _provider(name: str, label: str, *keys: Key) -> ProviderSettings:
    start = f"metadata.{name}"
    return ProviderSettings(
        name=name,
        enabled=Setting(
            key=f"{start}.enabled",
            default=True,
            description=f"Whether {label} is asked"
            + (", as soon as it can be." if any(key.needed for key in keys) else "."),
        ),
        address=Setting(
            key=f"{start}.address",
            default="",
            form=forms.base_address,
            description=f"Address under which {label} is asked instead of its own: a mirror, or "
            "a server of yours. Empty for its own.",
        ),
        proxy=Setting(
            key=f"{start}.proxy",
            default="",
            form=forms.proxy,
            secret=True,
            description=f"HTTP proxy to {label}, such as http://user:password@proxy.lan:3128. "
            "Empty for `metadata.proxy`.",
        ),
        keys=tuple(
            Setting(
                key=f"{start}.{key.name}",
                default="",
                most=MOST_KEY,
                form=forms.key,
                secret=key.secret,
                description=key.description,
            )
            for key in keys
        ),
        needs=tuple(key.name for key in keys if key.needed),
    )


METADATA_PROVIDERS: Final = {
    one.name: one
    for one in (
        _provider("tmdb", "TMDb", Key("api_key", "API key (v3) or read access token of TMDb.")),
        _provider(
            "tvdb",
            "TheTVDB",
            Key("api_key", "Project API key of TheTVDB (v4)."),
            Key("pin", "Subscriber PIN, where the key asks for one.", needed=False),
        ),
        _provider(
            "fanarttv",
            "fanart.tv",
            Key("api_key", "Project API key of fanart.tv."),
            Key("client_key", "Personal key: shows newer pictures.", needed=False),
        ),
        _provider("tvmaze", "TVmaze"),
        _provider("anilist", "AniList"),
        _provider(
            "anidb",
            "AniDB",
            Key("client_name", "Name of the HTTP API client registered at AniDB.", secret=False),
            Key("client_version", "Version of that client.", needed=False, secret=False),
        ),
        _provider("mal", "MyAnimeList", Key("client_id", "Client ID of MyAnimeList.")),
        _provider("kitsu", "Kitsu"),
        _provider("omdb", "OMDb", Key("api_key", "API key of OMDb.")),
        _provider("trakt", "Trakt", Key("client_id", "Client ID of Trakt.")),
        _provider("simkl", "Simkl", Key("client_id", "Client ID of Simkl.")),
        _provider(
            "letterboxd",
            "Letterboxd",
            Key("api_key", "API key (client ID) of Letterboxd."),
            Key("api_secret", "API shared secret of Letterboxd."),
        ),
    )
}
METADATA_PROXY: Final = Setting(
    key="metadata.proxy",
    default="",
    form=forms.proxy,
    secret=True,
    description="HTTP proxy to all metadata providers, such as http://proxy.lan:3128. Empty for "
    "none.",
)
METADATA_PRIORITY: Final = Setting(
    key="metadata.priority",
    default="",
    form=forms.priority,
    description="Which providers are believed first, such as `tvdb, tmdb; overview: tmdb; rating: "
    "imdb`: in general, and for single fields. Empty for their own order. Libraries may have one "
    "of their own.",
)
METADATA_COUNTRY: Final = Setting(
    key="metadata.country",
    default="",
    form=forms.country,
    description="Country whose age certifications count, such as DE. Empty for that of each "
    "library's language.",
)
METADATA_LANGUAGES: Final = Setting(
    key="metadata.languages",
    default="",
    form=forms.languages,
    description="Languages that titles and descriptions are fetched and shown in, with spaces "
    "between, such as `en de pt-BR`; at most 10. Empty for those of users and libraries.",
)
METADATA: Final = (
    METADATA_LANGUAGES,
    METADATA_PROXY,
    METADATA_PRIORITY,
    METADATA_COUNTRY,
    *(setting for one in METADATA_PROVIDERS.values() for setting in one.all),
)
