"""What several providers say of one thing, made one: field by field, by who is believed in it.

Lists are taken whole from one provider, since two of them name the same people differently; ids,
ratings, certificates and pictures are put together, for each of them says where it is from.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from msgspec import structs

from app.metadata.domain import (
    Credit,
    EpisodeRecord,
    Gathered,
    Merged,
    MovieRecord,
    Part,
    Priority,
    Rating,
    SeasonRecord,
    ShowRecord,
    Text,
    Wish,
)

Record = MovieRecord | ShowRecord | SeasonRecord | EpisodeRecord
R = TypeVar("R", MovieRecord, ShowRecord, SeasonRecord, EpisodeRecord)
TEXTS: Final = ("title", "overview", "tagline")
# The fields of records by the field whose priority counts for them.
WHOLE: Final[Mapping[str, tuple[str, ...]]] = {
    "original_title": ("original_title", "original_language"),
    "release_date": ("release_date", "year"),
    "runtime": ("runtime",),
    "status": ("status", "last_air_date", "next_air_date"),
    "popularity": ("popularity",),
    "genres": ("genres",),
    "keywords": ("keywords",),
    "studios": ("studios",),
    "networks": ("networks",),
    "collection": ("collection",),
    "trailers": ("videos",),
    "homepage": ("homepage",),
    "countries": ("countries",),
    "alternative_titles": ("alternative_titles",),
    "related": ("recommendations", "similar"),
    "episodes": ("episode_count", "absolute"),
}
PARTS: Final = {"cast": Part.CAST, "guests": Part.GUEST, "crew": Part.CREW}
ALONE: Final = frozenset({"status", "related", "episodes"})  # each of their fields for itself


def merged(gathered: Gathered[R], wish: Wish) -> Merged[R]:
    """One record at least has to be there."""
    records = gathered.records
    values: dict[str, Any] = {}
    given: dict[str, str] = {}
    for field, names in WHOLE.items():
        ordered = _ordered(wish.priority, field, records)
        for group in [(name,) for name in names] if field in ALONE else [names]:
            values |= _first(ordered, group, field, given)
    if gathered.recommended is not None:
        who, values["recommendations"] = gathered.recommended
        given.setdefault("related", who)
    spoken = [(record, _texts(record)) for record in records]
    language = _write_texts(values, given, spoken, wish)
    values["credits"] = _credits(records, wish.priority, given)
    if any(hasattr(record, "certifications") for record in records):
        values["certifications"] = _certifications(records, wish.priority, given)
    told = {name: v for name, v in values.items() if name in records[0].__struct_fields__}
    return Merged(
        record=structs.replace(records[0], **told),
        language=language,
        texts=_others(spoken, wish, language),
        ratings=_ratings(gathered, wish.priority, given),
        pictures=_pictures(gathered, wish.priority),
        ids={**_ids(records), **gathered.ids},
        given=given,
    )


def _source(record: Record) -> str:
    return record.source


def _ordered(priority: Priority, field: str, records: Sequence[Any]) -> list[Any]:
    return priority.sorted(field, records, _source)


def _first(
    ordered: Sequence[Record], names: Sequence[str], field: str, given: dict[str, str]
) -> dict[str, Any]:
    """The values of the first record that has the first of these, all of them from that one."""
    for record in ordered:
        if getattr(record, names[0], None):
            given.setdefault(field, record.source)
            return {name: getattr(record, name, None) for name in names}
    return {}


def _texts(record: Record) -> dict[str, Text]:
    """What a record says by language; its own words are under "" where it says none."""
    found = {text.language: text for text in record.texts}
    language = getattr(record, "language", None) or ""
    own = Text(
        language=language,
        title=record.title,
        overview=record.overview,
        tagline=getattr(record, "tagline", None),
    )
    known = found.get(language)
    found[language] = own if known is None else _joined(known, own)
    return found


def _joined(one: Text, other: Text) -> Text:
    said = {name: getattr(one, name) or getattr(other, name) for name in TEXTS}
    return Text(language=one.language, **said)


def _write_texts(
    values: dict[str, Any],
    given: dict[str, str],
    spoken: Sequence[tuple[Record, Mapping[str, Text]]],
    wish: Wish,
) -> str | None:
    """Title, overview and tagline in the wished language; a title that nobody has in it is as the
    most believed says it. Answers the language of the title.
    """
    language: str | None = None
    for name in TEXTS:
        ordered = wish.priority.sorted(name, spoken, lambda pair: pair[0].source)
        found = _said(ordered, wish.language, name)
        if found is None:
            values[name] = None
            continue
        values[name], given[name], tag = found
        if name == "title":
            language = tag or None
    return language


def _said(
    ordered: Sequence[tuple[Record, Mapping[str, Text]]], language: str, name: str
) -> tuple[str, str, str] | None:
    """A text, who says it, and in which language: the wished one, any of its base, any at all."""
    base = language.partition("-")[0]
    fits: tuple[Callable[[str], bool], ...] = (
        lambda tag: tag == language,
        lambda tag: tag.partition("-")[0] == base,
        lambda _: True,
    )
    for fit in fits:
        for record, texts in ordered:
            own = getattr(record, "language", None) or ""
            for tag, text in sorted(texts.items(), key=lambda pair: pair[0] != own):
                if fit(tag) and (value := getattr(text, name)):
                    return value, record.source, tag
    return None


def _others(
    spoken: Sequence[tuple[Record, Mapping[str, Text]]], wish: Wish, language: str | None
) -> tuple[Text, ...]:
    """What is said in all other languages."""
    tags = dict.fromkeys(tag for _, texts in spoken for tag in texts)
    found = []
    for tag in tags:
        if not tag or tag == language:
            continue
        said: dict[str, str | None] = {}
        for name in TEXTS:
            ordered = wish.priority.sorted(name, spoken, lambda pair: pair[0].source)
            texts = (getattr(t[tag], name) for _, t in ordered if tag in t)
            said[name] = next(filter(None, texts), None)
        if any(said.values()):
            found.append(Text(language=tag, **said))
    return tuple(found)


def _credits(
    records: Sequence[Record], priority: Priority, given: dict[str, str]
) -> tuple[Credit, ...]:
    found: list[Credit] = []
    for field, part in PARTS.items():
        for record in _ordered(priority, field, [r for r in records if hasattr(r, "credits")]):
            mine = [credit for credit in record.credits if credit.part is part]
            if mine:
                found += mine
                given[field] = record.source
                break
    return tuple(found)


def _certifications(
    records: Sequence[Record], priority: Priority, given: dict[str, str]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for record in _ordered(priority, "certification", records):
        said: Mapping[str, str] = getattr(record, "certifications", {})
        if said:
            given.setdefault("certification", record.source)
            found = {**said, **found}
    return found


def _ratings(
    gathered: Gathered[Any], priority: Priority, given: dict[str, str]
) -> tuple[Rating, ...]:
    """Of each source once, in the order in which they are believed."""
    by_source: dict[str, Rating] = {}
    everyone = (r for record in gathered.records for r in getattr(record, "ratings", ()))
    for rating in (*everyone, *gathered.ratings):
        known = by_source.get(rating.source)
        if known is None or (known.votes is None and rating.votes is not None):
            by_source[rating.source] = rating
    ordered = priority.sorted("rating", list(by_source.values()), lambda rating: rating.source)
    if ordered:
        given["rating"] = ordered[0].source
    return tuple(ordered)


def _pictures(gathered: Gathered[Any], priority: Priority) -> tuple[tuple[str, Any], ...]:
    own = [(r.source, picture) for r in gathered.records for picture in r.pictures]
    found = {picture.url: (source, picture) for source, picture in (*gathered.pictures, *own)}
    return tuple(priority.sorted("artwork", list(found.values()), lambda pair: pair[0]))


def _ids(records: Sequence[Record]) -> dict[str, str]:
    found: dict[str, str] = {}
    for record in records:
        found = {**record.ids, **found}
    return found
