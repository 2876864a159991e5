// The statements and DataLoaders of the peers that resolve field by field.
import { readdirSync, readFileSync } from 'node:fs'
import DataLoader from 'dataloader'
import pg from 'pg'

const FOLDER = new URL('./sql/', import.meta.url)
const DATE = 1082
pg.types.setTypeParser(DATE, (day) => day) // as PostgreSQL writes it, not a moment

export const SQL = Object.fromEntries(
  readdirSync(FOLDER).map((file) => [
    file.replace('.sql', ''),
    readFileSync(new URL(file, FOLDER), 'utf8')
  ])
)

export const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 })

// Named statements are prepared once per connection.
export async function rows (name, ...values) {
  return (await pool.query({ name, text: SQL[name], values })).rows
}

export function grouped (keys, found) {
  const lists = new Map(keys.map((key) => [key, []]))
  for (const row of found) lists.get(row.itemId).push(row)
  return keys.map((key) => lists.get(key))
}

export function matched (keys, found, key) {
  const by = new Map(found.map((row) => [row[key], row]))
  return keys.map((one) => by.get(one) ?? null)
}

export function versionsOf (found) {
  const versions = new Map()
  for (const row of found) {
    if (!versions.has(row.id)) versions.set(row.id, { ...row, parts: [] })
    const file = { id: row.fileId, name: row.fileName }
    versions.get(row.id).parts.push({ part: row.part, file })
  }
  return [...versions.values()]
}

export const lists = (name, ...values) => async (keys) =>
  grouped(keys, await rows(name, keys, ...values))

export const singles = (name, key) => async (keys) => matched(keys, await rows(name, keys), key)

export const versions = async (keys) => (await lists('versions')(keys)).map(versionsOf)

export const progress = (user) => async (keys) =>
  matched(keys, await rows('progress', user, keys), 'itemId')

// What one request has: new loaders, so that nothing is kept from one viewer to the next.
export function context (user) {
  const credits = new Map()
  return {
    user,
    genres: new DataLoader(lists('genres')),
    externalIds: new DataLoader(lists('external_ids')),
    collections: new DataLoader(singles('collections', 'itemId')),
    people: new DataLoader(singles('people', 'id')),
    libraries: new DataLoader(singles('libraries', 'id')),
    versions: new DataLoader(versions),
    progress: new DataLoader(progress(user)),
    credits (kind, first) {
      const name = `${kind} ${first}`
      if (!credits.has(name)) credits.set(name, new DataLoader(lists('credits', kind, first)))
      return credits.get(name)
    }
  }
}

function page (found, first, counted) {
  const nodes = found.slice(0, first)
  const last = nodes.at(-1)
  const endCursor = last ? Buffer.from(last.id + last.sortTitle).toString('base64url') : null
  return { nodes, pageInfo: { hasNextPage: found.length > first, endCursor }, counted }
}

export async function movies ({ filter, sort, first, after }) {
  if (filter && sort === 'RATING') {
    const wanted = [filter.yearFrom, filter.yearTo, filter.genreIds[0]]
    return page(await rows('rated', first + 1, ...wanted), first, wanted)
  }
  if (after) {
    const text = Buffer.from(after, 'base64url').toString()
    return page(await rows('page_after', first + 1, text.slice(36), text.slice(0, 36)), first)
  }
  return page(await rows('page', first + 1), first)
}

export async function movie ({ id }) {
  return (await rows('movies', [id]))[0] ?? null
}

export async function continueWatching ({ first }, user) {
  return page(await rows('continuing', user, first + 1), first)
}

export async function totalCount ({ counted }) {
  return (await rows('rated_count', ...counted))[0].total
}
