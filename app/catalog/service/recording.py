"""Writes what providers say of items: what is news, where nobody who is believed more says it."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from msgspec import structs

from app.catalog.domain import Credit, CreditKind, Label, TitleSource
from app.catalog.domain.said import COLUMNS, Held, MetadataState, Organisation, Told
from app.catalog.repository import ContentWriting
from app.catalog.service.details import DetailsWriters
from app.catalog.service.tellings import offered_of
from app.core.clock import Clock
from app.core.ids import new_id
from app.core.tx import Tx
from app.images.domain import ArtworkKind, Offered, Owner, OwnerKind
from app.items.domain import ItemId, age_of
from app.metadata.domain import Credit as SaidCredit
from app.people.domain import NamedPerson, PersonId

KINDS: Final[Mapping[str, CreditKind]] = {
    "cast": CreditKind.CAST,
    "guests": CreditKind.GUEST,
    "crew": CreditKind.CREW,
}
LABELS: Final[Mapping[str, Label]] = {
    "genres": Label.GENRE,
    "keywords": Label.KEYWORD,
    "studios": Label.STUDIO,
    "networks": Label.NETWORK,
}
LOGOS: Final[Mapping[Label, OwnerKind]] = {
    Label.STUDIO: OwnerKind.STUDIO,
    Label.NETWORK: OwnerKind.NETWORK,
}
Of = Mapping[ItemId, Told]
# The columns of what is said no more, but for titles and years: there is no other yet.
NOTHING: Final[Mapping[str, Any]] = {
    **dict.fromkeys(("original_title", "original_language", "overview", "tagline", "runtime")),
    **dict.fromkeys(("status", "last_air_date", "next_air_date", "rating", "votes", "popularity")),
    **dict.fromkeys(("trailer_url", "homepage", "budget", "revenue")),
    **dict.fromkeys(("alternative_titles", "countries", "videos", "ratings"), ()),
    "certifications": {},
}


class Recorder:
    """Many items of one kind at once; the number of statements does not depend on how many."""

    def __init__(self, needs: DetailsWriters, clock: Clock) -> None:
        self._items, self._catalog = needs.items, needs.catalog
        self._people, self._artwork = needs.people, needs.artwork
        self._clock = clock

    async def write(self, tx: Tx, content: ContentWriting, told: Of) -> set[ItemId]:
        """Answers the items of which anything changed that one sees."""
        if not told:
            return set()
        held = await self._catalog.hold_metadata(tx, list(told))
        told = {i: _with_silent(t, held[i]) for i, t in told.items() if i in held}
        changed: dict[ItemId, set[str]] = defaultdict(set)
        await self._write_values(tx, content, told, held, changed)
        await self._write_labels(tx, told, held, changed)
        await self._write_credits(tx, told, held, changed)
        await self._write_others(tx, told, held, changed)
        await self._write_metadata(tx, told, held, changed)
        return {item_id for item_id, fields in changed.items() if fields}

    async def forget(self, tx: Tx, content: ContentWriting, ids: Collection[ItemId]) -> None:
        """Take back what providers said of items that are something else: nobody's locks, nothing
        of NFO files, and no title, for there is no other yet.
        """
        held = await self._catalog.hold_metadata(tx, ids)
        said = {i: [f for f in known.provenance if known.free(f)] for i, known in held.items()}
        told = {
            i: Told(given=dict.fromkeys(fields, ""), values=NOTHING, texts={})
            for i, fields in said.items()
        }
        await self.write(tx, content, told)
        left = {
            i: {f: v for f, v in known.provenance.items() if f not in said[i]}
            for i, known in held.items()
        }
        await self._catalog.write_metadata(tx, {i: {"provenance": p} for i, p in left.items()})
        alone = [i for i, fields in said.items() if "collection" in fields]
        await self._catalog.join_collections(tx, dict.fromkeys(alone))
        await self._unrate(tx, [i for i, fields in said.items() if "certification" in fields])
        bare = [i for i in held if "artwork" not in held[i].locks]
        await self._artwork.offer(tx, {Owner(OwnerKind.ITEM, i): [] for i in bare})

    async def _unrate(self, tx: Tx, ids: Collection[ItemId]) -> None:
        """Nobody knows for whom these are, nor what is below them and was for the same."""
        if ids:
            rated = await self._items.within(tx, ids)
            await self._items.rate(tx, [(i, None, None) for i in rated])
            before = [(i, item.certification, None, None) for i, item in rated.items()]
            await self._items.pass_on(tx, before)

    async def _write_values(
        self,
        tx: Tx,
        content: ContentWriting,
        told: Of,
        held: Mapping[ItemId, Held],
        changed: dict[ItemId, set[str]],
    ) -> None:
        current = await content.current(tx, list(told))
        written: dict[ItemId, dict[str, Any]] = {}
        for item_id, said in told.items():
            row = current.get(item_id, {})
            news: dict[str, Any] = {}
            for field in _free(said, held[item_id]):
                mine = _values(said, field)
                others = {c: v for c, v in mine.items() if c in row and row[c] != v}
                if others:
                    changed[item_id].add(field)
                news |= others
                if field == "title" and row.get("title_from") != TitleSource.PROVIDER:
                    news["title_from"] = TitleSource.PROVIDER.value
            if "absolute" in said.values and row.get("absolute", 0) is None:
                news["absolute"] = said.values["absolute"]
            if news:
                written[item_id] = news
        if written:
            await content.describe(tx, written)

    async def _write_labels(
        self, tx: Tx, told: Of, held: Mapping[ItemId, Held], changed: dict[ItemId, set[str]]
    ) -> None:
        for field, label in LABELS.items():
            said = {i: getattr(t, field) for i, t in told.items() if field in _free(t, held[i])}
            if not said:
                continue
            names = {i: [_name(one) for one in some] for i, some in said.items()}
            distinct = dict.fromkeys(name for some in names.values() for name in some)
            ids = await self._catalog.ensure_labels(tx, label, list(distinct))
            of_items = {i: [ids[n] for n in some if n in ids] for i, some in names.items()}
            for item_id in await self._catalog.write_labels(tx, label, of_items):
                changed[item_id].add(field)
            organisations = [
                (ids[one.name], one, told[item_id].given[field])
                for item_id, some in said.items()
                for one in some
                if isinstance(one, Organisation) and one.name in ids
            ]
            await self._describe(tx, label, organisations)

    async def _describe(
        self, tx: Tx, label: Label, said: Sequence[tuple[UUID, Organisation, str]]
    ) -> None:
        """What studios or networks are, and the provider that says so."""
        told = {id_: (one.logo_url, one.country) for id_, one, _ in said}
        await self._catalog.describe_organisations(tx, label, told)
        logos: dict[Owner, list[Offered]] = defaultdict(list)
        for id_, one, provider in said:
            if one.logo_url:
                logo = Offered(kind=ArtworkKind.LOGO, provider=provider, url=one.logo_url)
                logos[Owner(LOGOS[label], id_)].append(logo)
        if logos:
            await self._artwork.offer_beside(tx, logos)

    async def _write_credits(
        self, tx: Tx, told: Of, held: Mapping[ItemId, Held], changed: dict[ItemId, set[str]]
    ) -> None:
        kinds: dict[ItemId, list[CreditKind]] = {}
        said: list[tuple[ItemId, SaidCredit]] = []
        for item_id, of_item in told.items():
            free = [field for field in KINDS if field in _free(of_item, held[item_id])]
            if free:
                kinds[item_id] = [KINDS[field] for field in free]
            said += [
                (item_id, credit)
                for credit in of_item.credits
                if CreditKind(credit.part.value) in kinds.get(item_id, ())
            ]
        if not kinds:
            return
        people = await self._people.recognise(
            tx, [_named(credit, told[item_id].given) for item_id, credit in said]
        )
        of_items = _credits(said, people)
        fields = {kind: field for field, kind in KINDS.items()}
        for item_id, kind in await self._catalog.write_credits(tx, of_items, kinds):
            changed[item_id].add(fields[kind])

    async def _write_others(
        self, tx: Tx, told: Of, held: Mapping[ItemId, Held], changed: dict[ItemId, set[str]]
    ) -> None:
        catalog = self._catalog
        await catalog.fill_external_ids(tx, {i: t.ids for i, t in told.items() if t.ids})
        related = {i: t.related for i, t in told.items() if "related" in _free(t, held[i])}
        for item_id in await catalog.replace_related(tx, related):
            changed[item_id].add("related")
        in_one = {
            i: t.collection
            for i, t in told.items()
            if t.collection is not None and "collection" in _free(t, held[i])
        }
        known = {(c.source, c.value): c.title for c in in_one.values()}
        collections = await catalog.recognise_collections(tx, known, self._clock.now())
        of_items = {i: collections[c.source, c.value] for i, c in in_one.items()}
        for item_id in await catalog.write_collections(tx, of_items):
            changed[item_id].add("collection")
        await self._certify(tx, told, held, changed)
        await self._picture(tx, told, held)

    async def _picture(self, tx: Tx, told: Of, held: Mapping[ItemId, Held]) -> None:
        """What providers name, unless somebody has locked it; what those named who are silent now
        is not taken away.
        """
        offered = {
            Owner(OwnerKind.ITEM, i): [offered_of(name, picture) for name, picture in t.pictures]
            for i, t in told.items()
            if t.pictures and not t.silent and "artwork" not in held[i].locks
        }
        if offered:
            await self._artwork.offer(tx, offered)

    async def _certify(
        self, tx: Tx, told: Of, held: Mapping[ItemId, Held], changed: dict[ItemId, set[str]]
    ) -> None:
        said = {
            i: t.certification
            for i, t in told.items()
            if t.certification and "certification" in _free(t, held[i])
        }
        items = await self._items.within(tx, list(said)) if said else {}
        news = [(i, c, age_of(c)) for i, c in said.items() if items[i].certification != c]
        await self._items.rate(tx, news)
        for item_id, *_ in news:
            changed[item_id].add("certification")
        shows = [(i, items[i].certification, c, age) for i, c, age in news]
        if shows:
            await self._items.pass_on(tx, shows)

    async def _write_metadata(
        self, tx: Tx, told: Of, held: Mapping[ItemId, Held], changed: dict[ItemId, set[str]]
    ) -> None:
        now = self._clock.now()
        written: dict[ItemId, dict[str, Any]] = {}
        for item_id, said in told.items():
            known = held[item_id]
            news: dict[str, Any] = {}
            for field in _free(said, known):
                row, mine = known.values, _values(said, field)
                plain = {c: _plain(v) for c, v in mine.items() if c in row}
                others = {c: v for c, v in plain.items() if row[c] != v}
                if others:
                    changed[item_id].add(field)
                news |= others
            texts = _unlocked(said, known)
            if texts != known.texts:
                changed[item_id].add("title")
                news["texts"] = texts
            ratings = _plain(said.values.get("ratings"))  # each says whose it is
            if ratings is not None and ratings != known.values["ratings"]:
                changed[item_id].add("rating")
                news["ratings"] = ratings
            if said.language is not None and said.language != known.values["language"]:
                news["language"] = said.language
            given = _provenance(said, known, changed[item_id], now)
            if given != known.provenance:
                news["provenance"] = given
            if known.values["state"] != MetadataState.MATCHED:  # of titles more is known later
                news |= {"state": MetadataState.MATCHED.value, "problem": None}
            if news:
                written[item_id] = news | {"refreshed_at": now}
        await self._catalog.write_metadata(tx, written)


def _free(said: Told, known: Held) -> list[str]:
    """The fields that are said, and that nobody who is believed more has said."""
    return [field for field in said.given if known.free(field, said.silent)]


def _with_silent(said: Told, known: Held) -> Told:
    """What was said before goes on being said, where somebody could not be asked now."""
    if not said.silent:
        return said
    tags = {*known.texts, *(said.texts or {})}
    before = known.texts
    texts = {tag: {**(said.texts or {}).get(tag, {}), **before.get(tag, {})} for tag in tags}
    ratings = {one["source"]: one for one in known.values["ratings"]}
    ratings |= {one["source"]: one for one in said.values.get("ratings", ())}
    values = {**said.values, "ratings": list(ratings.values())} if ratings else said.values
    rated = known.provenance.get("rating", {}).get("source")
    kept = rated in ratings and rated not in {
        one["source"] for one in said.values.get("ratings", ())
    }
    given = {field: who for field, who in said.given.items() if field != "rating" or not kept}
    return structs.replace(said, given=given, texts=texts, values=values)


def _unlocked(said: Told, known: Held) -> Mapping[str, Mapping[str, str]]:
    """The texts in other languages: of locked fields as they were."""
    if said.texts is None or not (known.locks & said.given.keys()):
        return known.texts if said.texts is None else said.texts
    texts = {
        tag: {n: v for n, v in said.texts.get(tag, {}).items() if n not in known.locks}
        | {n: v for n, v in known.texts.get(tag, {}).items() if n in known.locks}
        for tag in {**known.texts, **said.texts}
    }
    return {tag: text for tag, text in texts.items() if text}


def _values(said: Told, field: str) -> dict[str, Any]:
    """What is said of the columns of a field."""
    return {c: said.values[c] for c in COLUMNS.get(field, ()) if c in said.values}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _name(one: str | Organisation) -> str:
    return one if isinstance(one, str) else one.name


def _named(credit: SaidCredit, given: Mapping[str, str]) -> NamedPerson:
    fields = {kind.value: field for field, kind in KINDS.items()}
    return NamedPerson(
        name=credit.name,
        ids=credit.ids,
        portrait_url=credit.portrait,
        provider=given[fields[credit.part.value]],
    )


def _credits(
    said: Sequence[tuple[ItemId, SaidCredit]], people: Sequence[PersonId]
) -> dict[ItemId, list[Credit]]:
    found: dict[ItemId, list[Credit]] = defaultdict(list)
    places: dict[tuple[ItemId, str], int] = defaultdict(int)
    for (item_id, credit), person_id in zip(said, people, strict=True):
        place = item_id, credit.part.value
        found[item_id].append(
            Credit(
                id=new_id(),
                item_id=item_id,
                person_id=person_id,
                kind=CreditKind(credit.part.value),
                character=credit.character,
                job=credit.job,
                position=places[place],
                department=credit.department,
            )
        )
        places[place] += 1
    return found


def _provenance(
    said: Told, known: Held, changed: Collection[str], now: datetime
) -> dict[str, Mapping[str, str]]:
    """Who says what: a source keeps its time as long as what it says stays the same."""
    found: dict[str, Mapping[str, str]] = dict(known.provenance)
    for field in _free(said, known):
        source, before = said.given[field], known.provenance.get(field)
        if before is None or before["source"] != source or field in changed:
            found[field] = {"source": source, "at": now.isoformat()}
    return found
