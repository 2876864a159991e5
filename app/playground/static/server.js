// How the page talks to the server: over HTTP, and over a websocket for subscriptions. The tokens
// live in sessionStorage alone, so they end with the tab.
const ADDRESS = "/graphql";
const KEY = "revenge:token";
const NEXT = "revenge:refresh";
const UNTIL = "revenge:until"; // when the access token expires
const EARLY = 60_000; // the next one is fetched so long before
const FACTOR =
  "This account has a second factor, which the playground cannot ask for. Sign in elsewhere, or use an API key.";

export const token = () => sessionStorage.getItem(KEY);

/** Forget the tokens, and what GraphiQL has kept of the queries of whoever held them. */
export function forget({ everything }) {
  for (const key of [KEY, NEXT, UNTIL]) sessionStorage.removeItem(key);
  if (everything) sessionStorage.clear();
}

function keep({ accessToken, refreshToken, expiresAt }) {
  sessionStorage.setItem(KEY, accessToken);
  sessionStorage.setItem(NEXT, refreshToken);
  sessionStorage.setItem(UNTIL, expiresAt);
}

export class ServerError extends Error {}

const REFRESH = `mutation Refresh($token: String!) {
  refreshSession(refreshToken: $token) { accessToken refreshToken expiresAt }
}`;
let refreshing = null;

/** Fetch the next tokens where the present one is about to expire; once, however many ask. */
export function fresh() {
  const expires = Date.parse(sessionStorage.getItem(UNTIL) ?? "");
  if (!token() || !(expires - Date.now() < EARLY)) return refreshing;
  refreshing ??= refresh().finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function refresh() {
  const before = sessionStorage.getItem(NEXT);
  try {
    const answer = await send({ query: REFRESH, variables: { token: before } }, null);
    const next = answer.data?.refreshSession;
    if (next && sessionStorage.getItem(NEXT) === before) keep(next);
  } catch {
    // The server is away. The present token may still do.
  }
}

/** One operation over HTTP; the whole answer, errors included. */
export async function post(body, options) {
  await fresh();
  return send(body, token(), options);
}

async function send(body, mine, { headers = {}, signal } = {}) {
  const response = await fetch(ADDRESS, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json", // errors come with status 200: they are answers, not failures
      ...(mine && { authorization: `Bearer ${mine}` }),
      ...headers,
    },
    body: JSON.stringify(body),
    credentials: "omit",
    signal,
  });
  return response.json();
}

/** The data of an operation. Throws a ServerError with the server's sentence. */
async function ask(query, variables) {
  let answer;
  try {
    answer = await post({ query, variables });
  } catch {
    throw new ServerError("The server does not answer.");
  }
  if (answer.errors?.length) throw new ServerError(answer.errors[0].message);
  return answer.data;
}

const LOGIN = `mutation SignIn($username: String!, $password: String!) {
  login(username: $username, password: $password) {
    __typename
    ... on LoginSuccess { accessToken refreshToken expiresAt }
  }
}`;

export async function signIn(username, password) {
  const { login } = await ask(LOGIN, { username, password });
  if (login.__typename !== "LoginSuccess") throw new ServerError(FACTOR);
  keep(login);
}

export const signOut = () => ask("mutation SignOut { logout }");

/** Who the token is good for; null when for nobody. */
export const viewer = async () => (await ask("{ viewer { user { username } } }")).viewer;

/** Whether this server shows its schema to everybody. */
export const isOpen = () => ask("{ __schema { queryType { name } } }").then(() => true, () => false);

const refused = (answer) =>
  answer.errors?.some((error) => error.extensions?.code === "UNAUTHENTICATED");

/**
 * What GraphiQL calls with an operation, and how to end it. `onRefused` hears of every answer that
 * may mean that the token is no longer good.
 */
export function createFetcher(onRefused) {
  const url = new URL(ADDRESS, location.href);
  url.protocol = url.protocol.replace("http", "ws");
  const sockets = graphqlWs.createClient({
    url: url.href,
    connectionParams: async () => {
      await fresh();
      return token() ? { authorization: `Bearer ${token()}` } : {};
    },
    shouldRetry: (event) => event?.code !== undefined && event.code !== 4403,
    on: { closed: (event) => event.code === 4403 && onRefused() },
  });

  async function fetcher(params, options) {
    if (kindOf(params, options) === "subscription") return sockets.iterate(params);
    const answer = await post(params, { headers: options?.headers });
    if (refused(answer)) onRefused();
    return answer;
  }
  return { fetcher, close: () => sockets.dispose() };
}

function kindOf({ operationName }, options) {
  const operations = (options?.documentAST?.definitions ?? []).filter(
    (definition) => definition.kind === "OperationDefinition",
  );
  const named = operations.find((operation) => operation.name?.value === operationName);
  return (named ?? operations[0])?.operation;
}
