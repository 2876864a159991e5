// GraphQL Yoga on node:http with DataLoader and pg.
import { createServer } from 'node:http'
import { createSchema, createYoga } from 'graphql-yoga'
import { context } from './data.js'
import { resolvers, typeDefs } from './schema.js'

const yoga = createYoga({
  schema: createSchema({ typeDefs, resolvers }),
  graphiql: false,
  logging: false,
  context: ({ request }) => context(request.headers.get('x-user-id'))
})
createServer(yoga).listen(Number(process.env.PORT), '127.0.0.1')
