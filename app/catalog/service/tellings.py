"""What providers say together, as items have it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from msgspec import to_builtins

from app.catalog.domain import MOST_NUMBER, popularity_of
from app.catalog.domain.said import Elsewhere, MetadataField, Organisation, RelatedKind, Told
from app.catalog.service.values import MOST_TITLE, titled
from app.images.domain import Offered
from app.items.domain import age_of
from app.metadata.domain import Company, Hit, Merged, Picture, Text

PREFERRED: Final = ("US", "GB", "DE", "FR")
MOST_RELATED: Final = 20
KEPT: Final = frozenset(MetadataField)
TRAILER: Final = "trailer"
COPIED: Final = ("original_title", "original_language", "overview", "tagline", "runtime")
FACTS: Final = ("alternative_titles", "countries", "homepage", "budget", "revenue")


def told_of(merged: Merged[Any], country: str) -> Told:
    """`country` is whose certification counts, as ISO 3166 writes it."""
    record = merged.record
    given = {field: who for field, who in merged.given.items() if field in KEPT}
    certifications: Mapping[str, str] = getattr(record, "certifications", {})
    return Told(
        given=given,
        values=_values(merged, certifications),
        texts=_texts(merged.texts),
        language=merged.language,
        certification=certified(certifications, country),
        genres=getattr(record, "genres", ()),
        keywords=getattr(record, "keywords", ()),
        studios=_organisations(getattr(record, "studios", ())),
        networks=_organisations(getattr(record, "networks", ())),
        credits=record.credits,
        collection=_collection(getattr(record, "collection", None)),
        related=_related(record) if "related" in given else {},
        ids=merged.ids,
        pictures=merged.pictures,
    )


def certified(said: Mapping[str, str], country: str) -> str | None:
    """The certification that counts: that of the country, else one of another whose age is known,
    with its country before it; that of the country is better than none where its age is not known.
    """
    own = said.get(country)
    if age_of(own) is not None:
        return own
    ordered = sorted(said, key=lambda c: (PREFERRED.index(c) if c in PREFERRED else 9, c))
    known = next((c for c in ordered if age_of(said[c]) is not None), None)
    return f"{known}:{said[known]}" if known is not None else own


def _values(merged: Merged[Any], certifications: Mapping[str, str]) -> dict[str, Any]:
    record = merged.record
    values: dict[str, Any] = {name: getattr(record, name, None) for name in COPIED}
    values |= {name: getattr(record, name, None) for name in FACTS}
    if record.title:
        values |= titled(record.title)
    if values["original_title"]:
        values["original_title"] = values["original_title"][:MOST_TITLE]
    if record.release_date is not None:
        values |= {"release_date": record.release_date, "year": record.release_date.year}
    elif getattr(record, "year", None):
        values["year"] = record.year
    absolute = getattr(record, "absolute", None)
    if absolute is not None and absolute <= MOST_NUMBER:
        values["absolute"] = absolute
    for name in ("last_air_date", "next_air_date"):
        values[name] = getattr(record, name, None)
    if certifications:
        values["certifications"] = dict(certifications)
    return {name: value for name, value in values.items() if value} | _rated(merged) | _seen(record)


def _rated(merged: Merged[Any]) -> dict[str, Any]:
    if not merged.ratings:
        return {}
    first = merged.ratings[0]
    return {
        "rating": first.value,
        "votes": first.votes,
        "popularity": popularity_of(first.value, first.votes),
        "ratings": to_builtins(merged.ratings),
    }


def _seen(record: Any) -> dict[str, Any]:
    videos = getattr(record, "videos", ())
    if not videos:
        return {}
    trailer = next((v for v in videos if v.kind == TRAILER), videos[0])
    return {"trailer_url": trailer.url, "videos": to_builtins(videos)}


def _texts(texts: Sequence[Text]) -> dict[str, dict[str, str]]:
    names = ("title", "overview", "tagline")
    said = {t.language: {n: v for n in names if (v := getattr(t, n))} for t in texts}
    return {language: text for language, text in said.items() if text}


def _organisations(companies: Iterable[Company]) -> tuple[Organisation, ...]:
    return tuple(
        Organisation(name=one.name, logo_url=one.logo, country=one.country) for one in companies
    )


def _collection(hit: Hit | None) -> Elsewhere | None:
    return elsewhere(hit) if hit is not None else None


def offered_of(provider: str, picture: Picture) -> Offered:
    """A picture as a provider names it."""
    return Offered(
        kind=picture.kind,
        provider=provider,
        url=picture.url,
        language=picture.language,
        width=picture.width,
        height=picture.height,
        score=picture.score,
    )


def elsewhere(hit: Hit) -> Elsewhere:
    """What a provider names, by its id there."""
    return Elsewhere(
        source=hit.source,
        value=hit.id,
        title=hit.title,
        year=hit.year,
        picture_url=hit.picture,
        release_date=hit.release_date,
    )


def _related(record: Any) -> dict[RelatedKind, tuple[Elsewhere, ...]]:
    said = {
        RelatedKind.SIMILAR: record.similar,
        RelatedKind.RECOMMENDED: record.recommendations,
    }
    return {kind: tuple(elsewhere(h) for h in hits[:MOST_RELATED]) for kind, hits in said.items()}
