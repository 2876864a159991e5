select v.item_id as "itemId", v.id, v.edition, v.resolution, v.height, v.duration, p.part,
       f.id as "fileId", f.name as "fileName"
  from item_versions v
  join version_files p on p.version_id = v.id
  join library_files f on f.id = p.file_id
 where v.item_id = any($1)
 order by v.item_id, v.height desc, v.id, p.part
