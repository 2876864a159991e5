// Mercurius on Fastify with its JIT and its own loaders.
import Fastify from 'fastify'
import mercurius from 'mercurius'
import { lists, progress, singles, versions } from './data.js'
import { resolvers, typeDefs } from './schema.js'

const ids = (queries) => queries.map(({ obj }) => obj.id)
const { addedAt } = resolvers.Movie

// The arguments of one field are those of one place in a document, but aliases may differ.
async function credits (kind, queries) {
  const answers = new Array(queries.length)
  for (const first of new Set(queries.map(({ params }) => params.first))) {
    const places = queries.flatMap(({ params }, place) => (params.first === first ? [place] : []))
    const found = await lists('credits', kind, first)(places.map((place) => queries[place].obj.id))
    places.forEach((place, number) => { answers[place] = found[number] })
  }
  return answers
}

// Nothing is asked for twice here: the loaders' cache would cost more than it saves.
const uncached = (loader) => ({ loader, opts: { cache: false } })

const distinct = (load, key) => uncached(async (queries) => {
  const wanted = [...new Set(queries.map(({ obj }) => obj[key]))]
  const found = await load(wanted)
  const by = new Map(wanted.map((id, place) => [id, found[place]]))
  return queries.map(({ obj }) => by.get(obj[key]))
})

const app = Fastify()
app.register(mercurius, {
  schema: typeDefs,
  resolvers: {
    Query: resolvers.Query,
    MovieConnection: resolvers.MovieConnection,
    Movie: { addedAt }
  },
  loaders: {
    Movie: {
      library: distinct(singles('libraries', 'id'), 'libraryId'),
      genres: uncached((queries) => lists('genres')(ids(queries))),
      cast: uncached((queries) => credits('cast', queries)),
      crew: uncached((queries) => credits('crew', queries)),
      versions: uncached((queries) => versions(ids(queries))),
      collection: uncached((queries) => singles('collections', 'itemId')(ids(queries))),
      externalIds: uncached((queries) => lists('external_ids')(ids(queries))),
      progress: uncached((queries, { user }) => progress(user)(ids(queries)))
    },
    Credit: { person: distinct(singles('people', 'id'), 'personId') }
  },
  context: (request) => ({ user: request.headers['x-user-id'] }),
  jit: 1
})
await app.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
