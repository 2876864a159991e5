select id, name from people where id = any($1)
