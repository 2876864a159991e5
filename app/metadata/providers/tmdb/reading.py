"""What TMDb says, as records."""

from collections.abc import Sequence
from typing import Any

from app.images.domain import ArtworkKind
from app.metadata.domain import (
    CollectionRecord,
    EpisodeRecord,
    Hit,
    MovieRecord,
    PersonRecord,
    RecordKind,
    SeasonRecord,
    ShowRecord,
)
from app.metadata.providers import reading as read
from app.metadata.providers.tmdb import parts, wire


def movie(said: wire.Movie, languages: Sequence[str]) -> MovieRecord:
    """A film."""
    part_of = said.belongs_to_collection
    return MovieRecord(
        **_title(said, languages),
        ids=read.ids(
            tmdb=said.id,
            imdb=said.imdb_id or said.external_ids.imdb_id,
            wikidata=said.external_ids.wikidata_id,
        ),
        title=read.line(said.title),
        original_title=read.line(said.original_title),
        release_date=read.day(said.release_date),
        year=read.year_of(said.release_date),
        runtime=read.seconds(said.runtime),
        certifications=parts.certifications(said.release_dates),
        credits=parts.members(said.credits),
        budget=read.count(said.budget, read.MOST_MONEY),
        revenue=read.count(said.revenue, read.MOST_MONEY),
        collection=_collection_hit(part_of) if part_of is not None else None,
        alternative_titles=read.lines(t.title for t in said.alternative_titles.titles),
        keywords=read.lines(k.name for k in said.keywords.keywords),
        recommendations=parts.hits(said.recommendations.results, RecordKind.MOVIE),
        similar=parts.hits(said.similar.results, RecordKind.MOVIE),
    )


def show(said: wire.Show, languages: Sequence[str]) -> ShowRecord:
    """A show; its seasons without their episodes."""
    upcoming = said.next_episode_to_air
    return ShowRecord(
        **_title(said, languages),
        ids=read.ids(
            tmdb=said.id,
            imdb=said.external_ids.imdb_id,
            tvdb=said.external_ids.tvdb_id,
            wikidata=said.external_ids.wikidata_id,
        ),
        title=read.line(said.name),
        original_title=read.line(said.original_name),
        release_date=read.day(said.first_air_date),
        year=read.year_of(said.first_air_date),
        last_air_date=read.day(said.last_air_date),
        next_air_date=read.day(upcoming.air_date) if upcoming is not None else None,
        runtime=read.seconds(next(iter(said.episode_run_time), None)),
        certifications=parts.certifications(said.content_ratings),
        credits=parts.members(said.aggregate_credits),
        networks=parts.companies(said.networks),
        seasons=tuple(season(s, languages) for s in read.firsts(said.seasons, read.MOST_SEASONS)),
        episode_count=read.count(said.number_of_episodes),
        alternative_titles=read.lines(t.title for t in said.alternative_titles.results),
        keywords=read.lines(k.name for k in said.keywords.results),
        recommendations=parts.hits(said.recommendations.results, RecordKind.SHOW),
        similar=parts.hits(said.similar.results, RecordKind.SHOW),
    )


def season(said: wire.Season, languages: Sequence[str]) -> SeasonRecord:
    """A season; `languages` begin with the one that it was asked for in."""
    pictures = parts.pictures(said.images)
    return SeasonRecord(
        source=parts.NAME,
        id=str(said.id),
        number=said.season_number,
        ids=read.ids(
            tmdb=said.id,
            tvdb=said.external_ids.tvdb_id,
            wikidata=said.external_ids.wikidata_id,
        ),
        title=read.line(said.name),
        overview=read.paragraphs(said.overview),
        texts=parts.texts(said.translations, languages),
        release_date=read.day(said.air_date),
        episode_count=read.count(said.episode_count or len(said.episodes)),
        pictures=pictures or parts.single(ArtworkKind.POSTER, said.poster_path),
        credits=parts.members(said.aggregate_credits),
        episodes=tuple(episode(e, languages) for e in said.episodes[: read.MOST_EPISODES]),
    )


def episode(said: wire.Episode, languages: Sequence[str]) -> EpisodeRecord:
    """An episode; what its season says of it, or all that there is."""
    pictures = parts.pictures(said.images)
    all_credits = wire.Credits(
        cast=said.credits.cast,
        crew=said.crew or said.credits.crew,
        guest_stars=said.guest_stars or said.credits.guest_stars,
    )
    return EpisodeRecord(
        source=parts.NAME,
        id=str(said.id),
        season=said.season_number,
        number=said.episode_number,
        ids=read.ids(
            tmdb=said.id,
            imdb=said.external_ids.imdb_id,
            tvdb=said.external_ids.tvdb_id,
            wikidata=said.external_ids.wikidata_id,
        ),
        title=read.line(said.name),
        overview=read.paragraphs(said.overview),
        texts=parts.texts(said.translations, languages),
        release_date=read.day(said.air_date),
        runtime=read.seconds(said.runtime),
        ratings=read.ratings(parts.NAME, said.vote_average, said.vote_count),
        credits=parts.members(all_credits),
        pictures=pictures or parts.single(ArtworkKind.THUMB, said.still_path),
    )


def person(said: wire.Person, languages: Sequence[str]) -> PersonRecord:
    """Somebody."""
    took_part = said.combined_credits
    everything = [*took_part.cast, *took_part.crew]
    known = sorted(everything, key=lambda result: -(result.vote_count or 0))
    return PersonRecord(
        source=parts.NAME,
        id=str(said.id),
        name=read.line(said.name, read.MOST_NAME) or "?",
        ids=read.ids(
            tmdb=said.id,
            imdb=said.imdb_id or said.external_ids.imdb_id,
            wikidata=said.external_ids.wikidata_id,
        ),
        other_names=read.lines(said.also_known_as),
        biographies=parts.texts(said.translations, languages),
        biography=read.paragraphs(said.biography),
        language=languages[0],
        born=read.day(said.birthday),
        died=read.day(said.deathday),
        birthplace=read.line(said.place_of_birth),
        department=read.line(said.known_for_department),
        homepage=read.web(said.homepage),
        popularity=read.finite(said.popularity),
        pictures=parts.pictures(said.images) or parts.single(ArtworkKind.POSTER, said.profile_path),
        known_for=parts.hits(known, None),
    )


def collection(said: wire.Collection, languages: Sequence[str]) -> CollectionRecord:
    """Films that belong together."""
    films = sorted(said.parts, key=lambda part: part.release_date or "9999")
    return CollectionRecord(
        source=parts.NAME,
        id=str(said.id),
        title=read.line(said.name) or "?",
        overview=read.paragraphs(said.overview),
        texts=parts.texts(said.translations, languages),
        pictures=parts.pictures(said.images) or parts.single(ArtworkKind.POSTER, said.poster_path),
        parts=parts.hits(films, RecordKind.MOVIE, most=read.MOST_PICTURES),
    )


def _collection_hit(said: wire.Collection) -> Hit | None:
    name = read.line(said.name)
    if name is None:
        return None
    return Hit(
        source=parts.NAME,
        kind=RecordKind.COLLECTION,
        id=str(said.id),
        title=name,
        picture=parts.address(said.poster_path),
        ids=read.ids(tmdb=said.id),
    )


def _title(said: wire.Title, languages: Sequence[str]) -> dict[str, Any]:
    """The fields that movies and shows share."""
    pictures = parts.pictures(said.images)
    return {
        "source": parts.NAME,
        "id": str(said.id),
        "language": languages[0],
        "original_language": read.language(said.original_language),
        "texts": parts.texts(said.translations, languages),
        "overview": read.paragraphs(said.overview),
        "tagline": read.line(said.tagline),
        "status": read.line(said.status),
        "homepage": read.web(said.homepage),
        "genres": read.lines(g.name for g in said.genres),
        "countries": read.countries(c.iso_3166_1 for c in said.production_countries),
        "studios": parts.companies(said.production_companies),
        "ratings": read.ratings(parts.NAME, said.vote_average, said.vote_count),
        "popularity": read.finite(said.popularity),
        "pictures": pictures
        or (
            *parts.single(ArtworkKind.POSTER, said.poster_path),
            *parts.single(ArtworkKind.BACKDROP, said.backdrop_path),
        ),
        "videos": parts.videos(said.videos.results),
    }
