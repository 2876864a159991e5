"""Seasons and episodes as TMDb tells them."""

from collections.abc import Iterable

from bench.metadata.records import Episode, Job, Season, Show
from bench.metadata.speaking import tmdb_parts as parts
from bench.metadata.speaking.speaker import Asked, Said, Shelf, of_ten


class Seasons:
    """Of all shows."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf, self._made = shelf, shelf.catalogue

    def counted(self, its: Show) -> Said:
        """How many there are, and the last of them."""
        last = its.regular[-1].episodes[-1]
        return {
            "last_episode_to_air": self._told(last, "en"),
            "number_of_episodes": sum(len(one.episodes) for one in its.regular),
            "number_of_seasons": len(its.regular),
        }

    def named(self, its: Season, tag: str) -> Said:
        """As a show names it."""
        said = parts.told(its.texts, tag)
        return {
            "air_date": its.episodes[0].aired.isoformat(),
            "episode_count": len(its.episodes),
            "id": int(its.ids["tmdb"]),
            "name": said.title,
            "overview": said.overview,
            "poster_path": parts.file("poster", "season", its.key, "en0"),
            "season_number": its.number,
            "vote_average": 7.0,
        }

    def season(self, asked: Asked) -> Said | None:
        """A season with its episodes; each tells its title in the one language."""
        its = self._season(asked)
        if its is None:
            return None
        tag = parts.language(asked)
        said = self.named(its, tag) | {"_id": f"s{its.key}"}
        said["episodes"] = [self._told(one, tag) for one in its.episodes]
        for part in _appended(asked):
            found = self._part_of_season(its, part, asked)
            said |= {part: found} if found is not None else {}
        return said

    def episode(self, asked: Asked) -> Said | None:
        """An episode with all that belongs to it."""
        season = self._season(asked)
        wanted = asked.path["episode"]
        episodes = season.episodes if season is not None else ()
        its = next((one for one in episodes if str(one.number) == wanted), None)
        if its is None:
            return None
        said = self._told(its, parts.language(asked))
        for part in _appended(asked):
            found = self._part_of_episode(its, part)
            said |= {part: found} if found is not None else {}
        return said

    def _season(self, asked: Asked) -> Season | None:
        show = self._shelf.show("tmdb", asked.path["id"])
        number = asked.path["season"]
        seasons = show.seasons if show is not None else ()
        return next((one for one in seasons if str(one.number) == number), None)

    def _told(self, its: Episode, tag: str) -> Said:
        said = parts.told(its.texts, tag)
        show = (its.key // 100) // 10
        return {
            "air_date": its.aired.isoformat(),
            "crew": parts.making(self._made, _crew(its)),
            "episode_number": its.number,
            "episode_type": "standard",
            "guest_stars": parts.acting(self._made, its.guests),
            "id": int(its.ids["tmdb"]),
            "name": said.title,
            "overview": said.overview,
            "production_code": "",
            "runtime": its.runtime,
            "season_number": its.season,
            "show_id": int(self._made.show(show).ids["tmdb"]),
            "still_path": parts.file("still", "episode", its.key),
            "vote_average": of_ten(its.rating.value),
            "vote_count": its.rating.votes,
        }

    def _part_of_season(self, its: Season, part: str, asked: Asked) -> Said | None:
        show = self._made.show(its.key // 10)
        if part == "images":
            return {"posters": parts.images("season", its.key, asked)["posters"]}
        if part == "translations":
            return parts.translations(its.texts, "name")
        if part == "external_ids":
            return {"tvdb_id": int(its.ids["tvdb"]), "wikidata_id": None}
        if part == "aggregate_credits":
            return parts.aggregated(self._made, show.cast, show.crew, len(its.episodes))
        return None

    def _part_of_episode(self, its: Episode, part: str) -> Said | None:
        show = self._made.show(its.key // 1000)
        if part == "images":
            return {"stills": [parts.image("still", "episode", its.key, None, 0)]}
        if part == "translations":
            return parts.translations(its.texts, "name")
        if part == "external_ids":
            return {"imdb_id": its.ids["imdb"], "tvdb_id": int(its.ids["tvdb"]),
                    "wikidata_id": None}  # fmt: skip
        if part == "credits":
            return {
                "cast": parts.acting(self._made, show.cast),
                "crew": parts.making(self._made, _crew(its)),
                "guest_stars": parts.acting(self._made, its.guests),
            }
        return None


def _crew(its: Episode) -> tuple[Job, Job]:
    return Job(its.director, "Director", "Directing"), Job(its.writer, "Writer", "Writing")


def _appended(asked: Asked) -> Iterable[str]:
    return filter(None, asked.params.get("append_to_response", "").split(",")[:20])
