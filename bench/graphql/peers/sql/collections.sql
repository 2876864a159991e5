select l.item_id as "itemId", c.id, c.name, c.overview
  from collection_items l join collections c on c.id = l.collection_id
 where l.item_id = any($1)
