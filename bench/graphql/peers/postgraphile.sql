-- What PostGraphile serves: views in a schema of their own, with smart tags for keys.
drop schema if exists peers cascade;
create schema peers;

create view peers.libraries as select id, name from libraries;
comment on view peers.libraries is '@primaryKey id';
create view peers.people as select id, name from people;
comment on view peers.people is E'@primaryKey id\n@name person';
create view peers.genres as select id, name from genres;
comment on view peers.genres is '@primaryKey id';
create view peers.collections as select id, name, overview from collections;
comment on view peers.collections is '@primaryKey id';

create view peers.movies as
  select m.id, m.title, m.original_title, m.sort_title, m.year, m.release_date, m.overview,
         m.tagline, m.runtime, m.rating, m.votes, m.popularity, m.trailer_url, i.certification,
         i.state = 'available' as available, i.added_at, i.library_id, l.collection_id
    from movies m join items i on i.id = m.id left join collection_items l on l.item_id = m.id
   where i.state = 'available';
comment on view peers.movies is E'@primaryKey id
@foreignKey (library_id) references libraries (id)|@fieldName library
@foreignKey (collection_id) references collections (id)|@fieldName collection';

create view peers.movie_genres as select item_id, genre_id, position from item_genres;
comment on view peers.movie_genres is E'@primaryKey item_id,genre_id
@foreignKey (item_id) references movies (id)|@foreignFieldName genres
@foreignKey (genre_id) references genres (id)|@fieldName genre';

create view peers.cast_members as
  select id, item_id, person_id, character, position from credits where kind = 'cast';
comment on view peers.cast_members is E'@primaryKey id
@foreignKey (item_id) references movies (id)|@foreignFieldName cast
@foreignKey (person_id) references people (id)|@fieldName person';
create view peers.crew_members as
  select id, item_id, person_id, job, position from credits where kind = 'crew';
comment on view peers.crew_members is E'@primaryKey id
@foreignKey (item_id) references movies (id)|@foreignFieldName crew
@foreignKey (person_id) references people (id)|@fieldName person';

create view peers.versions as
  select id, item_id, edition, resolution, height, duration from item_versions;
comment on view peers.versions is E'@primaryKey id
@foreignKey (item_id) references movies (id)|@foreignFieldName versions';
create view peers.files as select id, name from library_files;
comment on view peers.files is '@primaryKey id';
create view peers.parts as select version_id, file_id, part from version_files;
comment on view peers.parts is E'@primaryKey file_id,version_id
@foreignKey (version_id) references versions (id)|@foreignFieldName parts
@foreignKey (file_id) references files (id)|@fieldName file';

create view peers.external_ids as select item_id, source, value from external_ids;
comment on view peers.external_ids is E'@primaryKey item_id,source
@foreignKey (item_id) references movies (id)|@foreignFieldName externalIds';

create view peers.progress as
  select item_id, position, duration, completed from watch_progress
   where user_id = nullif(current_setting('peers.user', true), '')::uuid;
comment on view peers.progress is E'@primaryKey item_id
@foreignKey (item_id) references movies (id)|@foreignSingleFieldName progress';

create function peers.rated_movies(genre uuid, year_from int, year_to int)
returns setof peers.movies language sql stable as $$
  select m.* from peers.movies m
   where m.year between year_from and year_to
     and exists (select from item_genres g where g.item_id = m.id and g.genre_id = genre)
   order by m.rating desc nulls last, m.id desc
$$;

create function peers.continue_watching()
returns setof peers.movies language sql stable as $$
  select m.* from peers.movies m join watch_progress p on p.item_id = m.id
   where p.user_id = nullif(current_setting('peers.user', true), '')::uuid
     and not p.completed and p.position > 0
     and (p.duration is null or p.position >= 0.05 * p.duration)
   order by p.last_watched_at desc, p.item_id desc
$$;
