"""The catalogue's anime as AniDB tells them: XML, and a dump of all titles."""

import gzip
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.responses import Response

from bench.metadata import words
from bench.metadata.ids import id_of
from bench.metadata.records import Episode, Film, Show
from bench.metadata.speaking.speaker import KEYS, Asked, Document, Shelf

LANGUAGE: Final = "xml:lang"
REGULAR: Final = "1"


class Anidb:
    """Films and shows with their episodes, by id alone."""

    name, path = "anidb", ""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._made = shelf, shelf.catalogue

    def documents(self) -> Mapping[str, Document]:
        return {"/httpapi": self._anime, "/api/anime-titles.dat.gz": self._titles}

    def refusal(self, asked: Asked) -> Response | None:
        named = asked.params.get("client")
        if named is None or named == KEYS["anidb"]["client_name"]:
            return None
        return _error("302", "client version missing or invalid")

    def missing(self, _: Asked) -> Response:
        return _error("330", "anime not found")

    def _titles(self, _: Asked) -> Response:
        lines = ["# created: today", "# <aid>|<type>|<language>|<title>"]
        for its in self._all():
            aid = its.ids["anidb"]
            lines += [f"{aid}|1|x-jat|{its.romaji}", f"{aid}|4|ja|{its.original_title}"]
            lines += [f"{aid}|4|{tag}|{_grave(its.texts[tag].title)}" for tag in ("en", "de")]
        return Response(gzip.compress("\n".join(lines).encode()), media_type="application/gzip")

    def _all(self) -> Iterator[Film | Show]:
        made = self._made
        yield from (made.film(n) for n in range(made.films) if made.is_anime_film(n))
        yield from (made.show(n) for n in range(made.shows) if made.is_anime(n))

    def _anime(self, asked: Asked) -> Response | None:
        if asked.params.get("request") != "anime" or "client" not in asked.params:
            return _error("300", "request missing or invalid")
        its = self._shelf.title("anidb", asked.params.get("aid", ""))
        if its is None:
            return None
        return _document(self._told(its))

    def _told(self, its: Film | Show) -> Element:
        root = Element("anime", {"id": its.ids["anidb"], "restricted": "false"})
        episodes = its.seasons[-1].episodes if isinstance(its, Show) else ()
        ended = its.last_aired if isinstance(its, Show) else its.released
        _add(root, "type", "TV Series" if episodes else "Movie")
        _add(root, "episodecount", str(len(episodes) or 1))
        _add(root, "startdate", its.released.isoformat())
        _add(root, "enddate", ended.isoformat())
        _titles(root, its)
        similar = SubElement(root, "similaranime")
        for one in self._shelf.liked(its):
            about = {"id": one.ids["anidb"], "approval": "5", "total": "6"}
            _add(similar, "anime", one.romaji or "", about)
        _add(root, "url", f"https://anime{its.ids['anidb']}.example/")
        self._people(root, its)
        _add(root, "description", _grave(its.texts["en"].overview))
        score = its.ratings["anidb"]
        about = {"count": str(score.votes)}
        _add(SubElement(root, "ratings"), "permanent", f"{score.value:.2f}", about)
        _add(root, "picture", f"{its.ids['anidb']}.jpg")
        _elsewhere(root, its)
        tags = SubElement(root, "tags")
        for genre in its.genres:
            tag = SubElement(tags, "tag", {"id": str(genre + 1), "weight": "600"})
            _add(tag, "name", words.GENRES[genre].en.lower())
        listed = SubElement(root, "episodes")
        for number, each in enumerate(episodes, 1):
            _episode(listed, number, each)
        if isinstance(its, Film):
            whole = SubElement(listed, "episode", {"id": str(90_000_000 + its.number)})
            _add(whole, "epno", "1", {"type": REGULAR})
            _add(whole, "length", str(its.runtime))
        return root

    def _people(self, root: Element, its: Film | Show) -> None:
        creators = SubElement(root, "creators")
        for job in its.crew:
            who = self._made.person(job.person)
            type_ = "Direction" if job.job == "Director" else job.job
            _add(creators, "name", who.name, {"id": who.ids["anidb"], "type": type_})
        for studio in its.studios:
            about = {"id": id_of("studio", "anidb", studio), "type": "Animation Work"}
            _add(creators, "name", words.STUDIOS[studio][0], about)
        characters = SubElement(root, "characters")
        for place, role in enumerate(its.cast):
            about = {"id": str(1 + place), "type": "main character in"}
            character = SubElement(characters, "character", about)
            _add(character, "name", role.character)
            who = self._made.person(role.person)
            id_ = who.ids["anidb"]
            _add(character, "seiyuu", who.name, {"id": id_, "picture": f"{id_}.jpg"})


def _titles(root: Element, its: Film | Show) -> None:
    titles = SubElement(root, "titles")
    _add(titles, "title", its.romaji or "", {LANGUAGE: "x-jat", "type": "main"})
    for tag, text in its.texts.items():
        _add(titles, "title", _grave(text.title), {LANGUAGE: tag, "type": "official"})


def _elsewhere(root: Element, its: Film | Show) -> None:
    resources = SubElement(root, "resources")
    tmdb = (its.ids["tmdb"], "movie" if isinstance(its, Film) else "tv")
    for type_, ids in (("2", (its.ids["mal"],)), ("43", (its.ids["imdb"],)), ("44", tmdb)):
        resource = SubElement(resources, "resource", {"type": type_})
        entity = SubElement(resource, "externalentity")
        for id_ in ids:
            _add(entity, "identifier", id_)


def _episode(episodes: Element, number: int, its: Episode) -> None:
    one = SubElement(episodes, "episode", {"id": its.ids["anidb"]})
    _add(one, "epno", str(number), {"type": REGULAR})
    _add(one, "length", str(its.runtime))
    _add(one, "airdate", its.aired.isoformat())
    _add(one, "rating", f"{its.rating.value:.2f}", {"votes": str(its.rating.votes)})
    for tag, text in its.texts.items():
        _add(one, "title", _grave(text.title), {LANGUAGE: tag})
    _add(one, "summary", _grave(its.texts["en"].overview))


def _add(to: Element, name: str, text: str, about: Mapping[str, str] | None = None) -> None:
    SubElement(to, name, dict(about or {})).text = text


def _grave(text: str) -> str:
    """Apostrophes as AniDB writes them."""
    return text.replace("'", "`")


def _error(code: str, why: str) -> Response:
    root = Element("error", {"code": code})
    root.text = why
    return _document(root)


def _document(root: Element) -> Response:
    body = tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(body, media_type="text/xml")
