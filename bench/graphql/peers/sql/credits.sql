select "itemId", "personId", character, job
  from (select item_id as "itemId", person_id as "personId", character, job, position,
               row_number() over (partition by item_id order by position) as place
          from credits
         where item_id = any($1) and kind = $2) c
 where place <= $3
 order by "itemId", position
