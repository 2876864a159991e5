select id, name from libraries where id = any($1)
