// The graphql-http audit against one address: `node audit.mjs URL AUTHORIZATION`. Prints one JSON
// array. It asks for `__type` in two of its questions, and the schema is for signed-in callers.
import { auditServer } from "graphql-http";

const [url, authorization] = process.argv.slice(2);
const fetchFn = (address, init = {}) =>
  fetch(address, { ...init, headers: { ...init.headers, authorization } });

const results = await auditServer({ url, fetchFn });
const shown = results.map(({ id, name, status, reason, response }) => ({
  id,
  name,
  status,
  reason: reason ?? null,
  answer: response ? `${response.status} ${response.headers.get("content-type")}` : null,
}));
console.log(JSON.stringify(shown));
