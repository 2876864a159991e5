select count(*)::int as total
  from movies m join items i on i.id = m.id
 where i.state = 'available' and m.year between $1 and $2
   and exists (select from item_genres g where g.item_id = m.id and g.genre_id = $3)
