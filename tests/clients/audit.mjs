// The graphql-http audit against one address: `node audit.mjs URL AUTHORIZATION`. Prints the
// results, and every pair of an asked and an answered media type. Two of the questions are about
// `__type`, and the schema is for signed-in callers.
import { auditServer } from "graphql-http";

const [url, authorization] = process.argv.slice(2);
const kinds = new Set();

async function fetchFn(address, init = {}) {
  const headers = { ...init.headers, authorization };
  const response = await fetch(address, { ...init, headers });
  kinds.add(`${init.headers?.accept} -> ${response.headers.get("content-type")}`);
  return response;
}

const results = await auditServer({ url, fetchFn });
const shown = results.map(({ id, name, status, reason }) => ({ id, name, status, reason }));
console.log(JSON.stringify({ results: shown, kinds: [...kinds].sort() }));
