// PostGraphile on node:http over the views of postgraphile.sql.
import { createServer } from 'node:http'
import { readFileSync } from 'node:fs'
import { postgraphile } from 'postgraphile'
import { grafserv } from 'postgraphile/grafserv/node'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'
import { makePgService } from 'postgraphile/adaptors/pg'
import { pool } from './data.js'

// Written for Node 22, it misses nothing else in Node 20.
Promise.withResolvers ??= () => {
  const made = {}
  made.promise = new Promise((resolve, reject) => Object.assign(made, { resolve, reject }))
  return made
}

await pool.query(readFileSync(new URL('./postgraphile.sql', import.meta.url), 'utf8'))

const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool, schemas: ['peers'] })],
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false },
  grafast: {
    context: ({ node }) => {
      const user = node?.req?.headers['x-user-id']
      return user ? { pgSettings: { 'peers.user': user } } : {}
    }
  }
})
const server = createServer()
await instance.createServ(grafserv).addTo(server)
server.listen(Number(process.env.PORT), '127.0.0.1')
