// The page: a form to sign in, then GraphiQL.
import * as server from "./server.js";
import { WELCOME } from "./welcome.js";

const at = (id) => document.getElementById(id);
const ENDED = "Your session has ended. Sign in again.";
let bench = null;

function showForm(sentence = "") {
  at("workbench").hidden = true;
  at("sign-in").hidden = false;
  at("password").value = "";
  at("problem").textContent = sentence;
  at(at("username").value ? "password" : "username").focus();
}

const isQuery = (key) => key.startsWith("graphiql:"); // all but the token

/** What GraphiQL keeps, as long as it is open: it writes half a second after the last key. */
function createStorage() {
  let closed = false;
  return {
    getItem: (key) => sessionStorage.getItem(key),
    setItem: (key, value) => closed || sessionStorage.setItem(key, value),
    removeItem: (key) => closed || sessionStorage.removeItem(key),
    clear: () => Object.keys(sessionStorage).filter(isQuery).forEach((k) => sessionStorage.removeItem(k)),
    get length() {
      return sessionStorage.length;
    },
    close: () => {
      closed = true;
    },
  };
}

function showBench(username) {
  at("sign-in").hidden = true;
  at("workbench").hidden = false;
  at("password").value = "";
  at("who").textContent = username ?? "Not signed in";
  at("leave").textContent = username ? "Sign out" : "Sign in";
  const { fetcher, close } = server.createFetcher(checkSession);
  const storage = createStorage();
  const root = ReactDOM.createRoot(at("graphiql"));
  const { createElement } = React;
  root.render(
    createElement(
      GraphiQL,
      { fetcher, storage, defaultQuery: WELCOME, shouldPersistHeaders: false },
      createElement(GraphiQL.Logo, null, " "),
    ),
  );
  bench = { close: () => [close(), storage.close(), root.unmount()] };
}

function closeBench() {
  bench?.close();
  bench = null;
}

/** After a refusal: was it the token, or only this operation? */
async function checkSession() {
  if (!server.token() || !bench) return;
  try {
    if (await server.viewer()) return;
  } catch {
    return; // the server is away: that says nothing about the token
  }
  if (!bench) return;
  closeBench();
  server.forget({ everything: false });
  showForm(ENDED);
}

async function enter(event) {
  event.preventDefault();
  at("problem").textContent = "";
  at("enter").disabled = true;
  try {
    await server.signIn(at("username").value, at("password").value);
    showBench((await server.viewer())?.user.username);
  } catch (error) {
    showForm(error instanceof server.ServerError ? error.message : "This page has failed; load it again.");
    if (!(error instanceof server.ServerError)) throw error;
  } finally {
    at("enter").disabled = false;
  }
}

async function leave() {
  closeBench();
  if (server.token()) await server.signOut().catch(() => {}); // an ended session needs no ending
  server.forget({ everything: true });
  showForm();
}

async function begin() {
  at("form").addEventListener("submit", enter);
  at("leave").addEventListener("click", leave);
  at("skip").addEventListener("click", () => showBench(null));
  if (server.token()) {
    const viewer = await server.viewer().catch(() => null);
    if (viewer) return showBench(viewer.user.username);
    server.forget({ everything: false });
    showForm(ENDED);
  } else {
    showForm();
  }
  at("skip").hidden = !(await server.isOpen());
}

begin();
