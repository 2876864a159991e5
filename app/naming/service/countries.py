"""Countries behind the title of a series, by which remakes are told apart: "(US)", "UK"."""

COUNTRIES = {
    "us": "US", "usa": "US", "uk": "GB", "gb": "GB", "au": "AU", "nz": "NZ", "ca": "CA",
    "ie": "IE", "za": "ZA", "in": "IN", "de": "DE", "fr": "FR", "es": "ES", "it": "IT",
    "nl": "NL", "be": "BE", "se": "SE", "dk": "DK", "no": "NO", "fi": "FI", "pl": "PL",
    "pt": "PT", "br": "BR", "mx": "MX", "ar": "AR", "jp": "JP", "kr": "KR", "cn": "CN",
    "tw": "TW", "tr": "TR", "ru": "RU", "il": "IL",
}  # fmt: skip
BARE = frozenset({"us", "usa", "uk", "au", "nz"})
"""Trusted without brackets, when they are in capitals and end a title."""
SPOKEN = {"GB": "UK"}
"""How a country is written behind a title, where that is not its code."""


def spoken(country: str) -> str:
    return SPOKEN.get(country, country)
