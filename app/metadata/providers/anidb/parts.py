"""The parts of AniDB's records: ids, tags, people, pictures."""

import re
from typing import Final
from xml.etree.ElementTree import Element

from app.metadata.domain import Company, Credit, Part, RecordKind
from app.metadata.providers import anime
from app.metadata.providers import reading as read
from app.metadata.providers.anidb.document import straight, text

NAME: Final = "anidb"
IMAGES: Final = "cdn.anidb.net"
FILE: Final = re.compile(r"[0-9]{1,12}\.(?:jpe?g|png)", re.ASCII)
LINK: Final = re.compile(r"https?://anidb\.net/[^\s\[\]]{1,100} ?\[([^\[\]]{1,200})\]", re.ASCII)
STYLE: Final = re.compile(r"\[/?(?:i|b|u|s|br|ul|ol|li|url|spoiler)(?:=[^\[\]]{0,200})?\]")
STUDIO: Final = "Animation Work"
TELLING: Final = 200  # what less of it a tag means is hardly there
MAIN_ROLE: Final = "main character in"
MYANIMELIST, IMDB, TMDB = "2", "43", "44"
TMDB_KINDS: Final = {RecordKind.MOVIE: "movie", RecordKind.SHOW: "tv"}


def overview(value: str | None) -> str | None:
    """What is told, without its links and its markup."""
    said = (straight(value) or "")[: read.MOST_TEXT * 4]
    return anime.plain(STYLE.sub("", LINK.sub(r"\1", said)))


def address(file: str | None) -> str | None:
    """Of a picture in full size."""
    name = (file or "").strip()
    if FILE.fullmatch(name) is None:
        return None
    return read.picture(f"https://{IMAGES}/images/main/{name}", (IMAGES,))


def tags(said: Element) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Genres, and other tags that tell something and give nothing away; the weightiest first."""
    weighed = []
    for tag in read.firsts(said.iterfind("tags/tag"), 1000):
        spoils = "true" in (tag.get("globalspoiler"), tag.get("localspoiler"))
        digits = tag.get("weight", "")[:6]
        weight = int(digits) if read.DIGITS.fullmatch(digits) else 0
        name = (text(tag, "name") or "").strip()
        if not spoils and (weight >= TELLING or name.casefold() in anime.GENRES):
            weighed.append((weight, name))
    ordered = sorted(weighed, key=lambda pair: -pair[0])
    return anime.sorted_tags(name for _, name in ordered)


def elsewhere(said: Element, kind: RecordKind) -> dict[str, str]:
    """Its ids elsewhere, where it is one thing there as well; TMDb's say of what kind they are."""
    found: dict[str, list[str]] = {}
    for resource in read.firsts(said.iterfind("resources/resource"), read.MOST_NAMES):
        entities = resource.findall("externalentity")[:2]
        if len(entities) == 1:
            ids = [(one.text or "").strip() for one in entities[0].findall("identifier")[:4]]
            found.setdefault(resource.get("type", ""), ids)
    tmdb = found.get(TMDB, [])
    return read.ids(
        mal=_single(found.get(MYANIMELIST, [])),
        imdb=_single(found.get(IMDB, [])),
        tmdb=_single([one for one in tmdb if one.isdigit()]) if TMDB_KINDS[kind] in tmdb else None,
    )


def studios(said: Element) -> tuple[Company, ...]:
    """Who animated it."""
    return tuple(
        Company(name=name, ids=read.ids(anidb=one.get("id")))
        for one in read.firsts(said.iterfind("creators/name"), read.MOST_CREDITS)
        if one.get("type") == STUDIO
        and (name := read.line(straight(one.text), read.MOST_NAME)) is not None
    )


def cast(said: Element) -> list[Credit]:
    """Who speaks whom, main characters first."""
    characters = read.firsts(said.iterfind("characters/character"), read.MOST_CREDITS * 4)
    characters.sort(key=lambda one: one.get("type") != MAIN_ROLE)
    found = []
    for character in characters[: read.MOST_CREDITS]:
        speaker = character.find("seiyuu")
        name = read.line(straight(speaker.text), read.MOST_NAME) if speaker is not None else None
        if speaker is not None and name is not None:
            found.append(
                Credit(
                    name=name,
                    part=Part.CAST,
                    ids=read.ids(anidb=speaker.get("id")),
                    character=read.line(text(character, "name")),
                    portrait=address(speaker.get("picture")),
                )
            )
    return found


def crew(said: Element) -> list[Credit]:
    """Who made it, without the studios."""
    found = []
    for one in read.firsts(said.iterfind("creators/name"), read.MOST_CREDITS):
        name = read.line(straight(one.text), read.MOST_NAME)
        job, department = anime.job(one.get("type"))
        if name is not None and one.get("type") != STUDIO:
            ids = read.ids(anidb=one.get("id"))
            found.append(Credit(name=name, part=Part.CREW, ids=ids, job=job, department=department))
    return found


def _single(ids: list[str]) -> str | None:
    return ids[0] if len(ids) == 1 else None
