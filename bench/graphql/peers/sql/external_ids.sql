select item_id as "itemId", source, value
  from external_ids
 where item_id = any($1)
 order by item_id, source
