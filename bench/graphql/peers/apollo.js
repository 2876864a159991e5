// Apollo Server, standalone, with DataLoader and pg.
import { ApolloServer } from '@apollo/server'
import { startStandaloneServer } from '@apollo/server/standalone'
import { context } from './data.js'
import { resolvers, typeDefs } from './schema.js'

await startStandaloneServer(new ApolloServer({ typeDefs, resolvers }), {
  listen: { port: Number(process.env.PORT), host: '127.0.0.1' },
  context: async ({ req }) => context(req.headers['x-user-id'])
})
