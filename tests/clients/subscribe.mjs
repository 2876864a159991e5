// graphql-ws as people use it: `node subscribe.mjs '{"url", "authorization", "query", "variables"}'`.
// Prints what happens, one JSON object a line; ends with the operation or the connection.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

const { url, authorization, query, variables } = JSON.parse(process.argv[2]);
const say = (what) => console.log(JSON.stringify(what));

const client = createClient({
  url,
  webSocketImpl: WebSocket,
  connectionParams: authorization ? { authorization } : undefined,
  retryAttempts: 0,
  onNonLazyError: () => {},
  on: {
    connected: () => say({ connected: true }),
    closed: (event) => say({ closed: event.code, reason: event.reason }),
  },
});

client.subscribe(
  { query, variables },
  {
    next: (result) => say({ next: result }),
    error: (error) => {
      say(Array.isArray(error) ? { errors: error } : { broken: error.code ?? String(error) });
      client.dispose();
    },
    complete: () => {
      say({ complete: true });
      client.dispose();
    },
  },
);
