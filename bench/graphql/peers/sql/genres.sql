select l.item_id as "itemId", g.id, g.name
  from item_genres l join genres g on g.id = l.genre_id
 where l.item_id = any($1)
 order by l.item_id, l.position
