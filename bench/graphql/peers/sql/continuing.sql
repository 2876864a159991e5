select m.id, m.title, m.original_title as "originalTitle", m.sort_title as "sortTitle", m.year,
       m.release_date as "releaseDate", m.overview, m.tagline, m.runtime, m.rating, m.votes,
       m.popularity, m.trailer_url as "trailerUrl", i.certification,
       i.state = 'available' as available, i.added_at as "addedAt", i.library_id as "libraryId"
  from watch_progress p join movies m on m.id = p.item_id join items i on i.id = m.id
 where p.user_id = $1 and not p.completed and p.position > 0
   and (p.duration is null or p.position >= 0.05 * p.duration) and i.state = 'available'
 order by p.last_watched_at desc, p.item_id desc
 limit $2
