"""What benches of reads look at: films with genres and people, the same ones every time."""

from typing import Any, Final

MOVIES: Final = 10_000
PEOPLE: Final = 2_000
GENRES: Final = 20
CAST: Final = 10
# Ids follow from numbers: every run has the same ones.
SEED: Final = """
insert into libraries (id, name, name_key, kind, language)
values (md5('library')::uuid, 'Films', 'films', 'movie', 'en');
insert into genres (id, name, slug)
select md5('genre' || n)::uuid, 'Genre ' || n, 'genre-' || n from generate_series(1, :genres) n;
insert into people (id, name, name_key, portrait_url)
select md5('person' || n)::uuid, 'Person ' || n, 'person ' || n,
       'https://pictures.example/' || n || '.jpg'
  from generate_series(1, :people) n;
insert into items (id, kind, library_id, certification, age, added_at)
select md5('movie' || n)::uuid, 'movie', md5('library')::uuid, 'PG-13', 13,
       timestamptz '2026-01-01' + make_interval(mins => n)
  from generate_series(1, :movies) n;
insert into movies (id, title, sort_title, title_key, year, release_date, overview, tagline,
                    runtime, rating, votes, popularity)
select md5('movie' || n)::uuid, 'Film ' || n, 'film ' || lpad(n::text, 8, '0'),
       'film ' || lpad(n::text, 8, '0'), 1950 + n % 75, make_date(1950 + n % 75, 1 + n % 12, 1),
       repeat('What happens in film ' || n || '. ', 8), 'Tagline ' || n, 5400 + n % 3600,
       n % 100 / 10.0, n % 5000, n % 997
  from generate_series(1, :movies) n;
insert into item_genres (item_id, genre_id, position)
select md5('movie' || n)::uuid, md5('genre' || 1 + (n + p * 7) % :genres)::uuid, p
  from generate_series(1, :movies) n, generate_series(0, 2) p;
insert into credits (id, item_id, person_id, kind, character, position)
select md5('credit' || n || '.' || p)::uuid, md5('movie' || n)::uuid,
       md5('person' || 1 + (n * 31 + p * 17) % :people)::uuid, 'cast', 'Character ' || p, p
  from generate_series(1, :movies) n, generate_series(0, :cast - 1) p;
analyze;
"""


async def seed(connection: Any, movies: int = MOVIES) -> None:
    """Fill an empty, migrated database."""
    numbers = {"movies": movies, "people": PEOPLE, "genres": GENRES, "cast": CAST}
    for statement in SEED.split(";\n"):
        if statement.strip():
            sql = statement
            for name, number in numbers.items():
                sql = sql.replace(f":{name}", str(number))
            await connection.execute(sql, timeout=300)
