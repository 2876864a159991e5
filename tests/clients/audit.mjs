// The graphql-http audit against one address: `node audit.mjs URL`. Prints one JSON array.
import { auditServer } from "graphql-http";

const results = await auditServer({ url: process.argv[2] });
const shown = await Promise.all(
  results.map(async ({ id, name, status, reason, response }) => ({
    id,
    name,
    status,
    reason: reason ?? null,
    answer: response ? `${response.status} ${response.headers.get("content-type")}` : null,
  })),
);
console.log(JSON.stringify(shown));
