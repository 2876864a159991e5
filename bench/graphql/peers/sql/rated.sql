select m.id, m.title, m.original_title as "originalTitle", m.sort_title as "sortTitle", m.year,
       m.release_date as "releaseDate", m.overview, m.tagline, m.runtime, m.rating, m.votes,
       m.popularity, m.trailer_url as "trailerUrl", i.certification,
       i.state = 'available' as available, i.added_at as "addedAt", i.library_id as "libraryId"
  from movies m join items i on i.id = m.id
 where i.state = 'available' and m.year between $2 and $3
   and exists (select from item_genres g where g.item_id = m.id and g.genre_id = $4)
 order by m.rating desc nulls last, m.id desc
 limit $1
