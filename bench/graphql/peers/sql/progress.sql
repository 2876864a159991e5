select item_id as "itemId", position, duration, completed
  from watch_progress
 where user_id = $1 and item_id = any($2)
