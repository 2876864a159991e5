"""SQL that writes many files at once.

Arrays instead of a row of parameters per file: a protocol message holds 32,767 of those.
"""

from sqlalchemy import text

CHANGE = """
update library_files f set size = n.size, mtime_ns = n.mtime_ns, inode = n.inode,
       missing_since = null, {more}
  from unnest(cast(:ids as uuid[]), cast(:sizes as bigint[]), cast(:times as bigint[]),
              cast(:inodes as bigint[])) as n(id, size, mtime_ns, inode)
 where f.id = n.id returning f.kind
"""
# Whatever could not be read before it went away gets another chance.
RETURNED = text(
    CHANGE.format(more="probe = case f.probe when 'failed' then 'pending' else f.probe end")
)
CHANGED = text(
    CHANGE.format(
        more="content_hash = null, problem = null,"
        " probe = case f.kind when 'video' then 'pending' else 'none' end"
    )
)
MOVE = text("""
update library_files f set library_id = n.library_id, folder_id = n.folder_id, dir = n.dir,
       name = n.name, role = n.role, mtime_ns = n.mtime_ns, inode = n.inode, missing_since = null
  from unnest(cast(:ids as uuid[]), cast(:libraries as uuid[]), cast(:folders as uuid[]),
              cast(:dirs as text[]), cast(:names as text[]), cast(:roles as text[]),
              cast(:times as bigint[]), cast(:inodes as bigint[]))
       as n(id, library_id, folder_id, dir, name, role, mtime_ns, inode)
 where f.id = n.id
""")

# Rows that take each other's places leave them first: the path is unique at every moment.
PARK = text("update library_files set dir = '', name = id::text where id = any(:ids)")
# A file that changed while or since it was looked into is asked about again. One that cannot be
# read has no streams to show; what it is recognised by stays while its content does.
PROBED = text("""
update library_files f set media = cast(n.media as jsonb), probe = n.probe, problem = n.problem,
       content_hash = coalesce(n.hash, f.content_hash)
  from unnest(cast(:ids as uuid[]), cast(:sizes as bigint[]), cast(:times as bigint[]),
              cast(:medias as text[]), cast(:hashes as bytea[]), cast(:probes as text[]),
              cast(:problems as text[])) as n(id, size, mtime_ns, media, hash, probe, problem)
 where f.id = n.id and f.size = n.size and f.mtime_ns = n.mtime_ns
returning f.id
""")

# Directories that are among `dirs` or lie below one of them, as ranges of the index of paths: that
# of what begins with `/` ends where `0`, its next character, begins.
_BELOW = """
  from unnest(cast(:dirs as text[])) as top(dir)
  join lateral (
       select f.dir from library_files f
        where f.folder_id = :folder and f.missing_since is null and f.dir = top.dir
       union all
       select f.dir from library_files f
        where f.folder_id = :folder and f.missing_since is null
          and f.dir >= top.dir || '/' and f.dir < top.dir || '0') below on true
"""
BELOW = text(f"select distinct below.dir {_BELOW}")
ANY_BELOW = text(f"select below.dir {_BELOW} limit 1")

# A few videos of each of those directories that lie in none of `without`: the same two ranges, each
# of the index, which a condition of both would not be. Below '' lies everything.
SOME_VIDEOS = text("""
select top.dir as top, below.id
  from (select dir, case dir when '' then chr(1) else dir || '/' end as low,
               case dir when '' then chr(1114111) else dir || '0' end as high
          from unnest(cast(:dirs as text[])) as given(dir)) top
  join lateral (
       select f.id from (
              select f.id, f.dir from library_files f
               where f.folder_id = :folder and f.missing_since is null and f.kind = 'video'
                 and f.dir = top.dir
               union all
              select f.id, f.dir from library_files f
               where f.folder_id = :folder and f.missing_since is null and f.kind = 'video'
                 and f.dir >= top.low and f.dir < top.high) f
        where f.dir <> all(cast(:without as text[]))
        limit :most) below on true
""")
