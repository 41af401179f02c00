// Trusted documents over every transport, and nothing else. The environment names an api in the mode
// `trusted-only` as `API`, its `MANIFEST`, and the `TOKEN` to ask with. The manifest has the
// operations Hubs, Acknowledge and Changes,
// made with --add-typename.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { getIntrospectionQuery, parse } from "graphql";
import { createClient as createStream } from "graphql-sse";
import { createClient as createSocket } from "graphql-ws";
import WebSocket from "ws";

const { API, MANIFEST, TOKEN } = process.env;
const headers = { Authorization: `Bearer ${TOKEN}`, "content-type": "application/json" };

/** Hashes by the names of the operations, as a client's build would look them up. */
const hashes = Object.fromEntries(
  Object.entries(JSON.parse(readFileSync(MANIFEST, "utf8"))).map(([hash, text]) => [
    parse(text).definitions[0].name.value,
    hash,
  ]),
);
const byId = (name, variables) => ({ documentId: `sha256:${hashes[name]}`, variables });
const byHash = (name, variables) => ({
  extensions: { persistedQuery: { version: 1, sha256Hash: hashes[name] } },
  variables,
});

/** What may not be executed, in every form it can take. */
const refused = [
  { query: "{ viewer { id } }" },
  { query: "{ viewer { nmae } }" },
  { query: "{ hubs { nodes { id " },
  { query: getIntrospectionQuery() },
  { query: "{ __typename }" },
  { documentId: `sha256:${"0".repeat(64)}` },
  { documentId: "Hubs" },
  { extensions: { persistedQuery: { version: 1, sha256Hash: "0".repeat(64) } } },
  {},
];

async function post(request) {
  const body = JSON.stringify(request);
  return (await fetch(`${API}/graphql`, { method: "POST", headers, body })).json();
}

async function get(request) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(request)) {
    if (value !== undefined) {
      parameters.set(name, typeof value === "string" ? value : JSON.stringify(value));
    }
  }
  const { Authorization } = headers;
  return (await fetch(`${API}/graphql?${parameters}`, { headers: { Authorization } })).json();
}

/** Over a client that subscribes; its answers, or the errors it was refused with. */
const over = (client) => (request) =>
  new Promise((resolve, reject) => {
    let last;
    client.subscribe(request, {
      next: (result) => (last = result),
      error: (errors) => (Array.isArray(errors) ? resolve({ errors }) : reject(errors)),
      complete: () => resolve(last),
    });
  });

/** The first event of a subscription. */
const firstOf = (client, request) =>
  new Promise((resolve, reject) => {
    const stop = client.subscribe(request, {
      next(result) {
        resolve(result);
        stop();
      },
      error: reject,
      complete: () => {},
    });
  });

const socket = createSocket({
  url: `${API.replace("http", "ws")}/graphql`,
  connectionParams: headers,
  webSocketImpl: WebSocket,
});
const stream = createStream({ url: `${API}/graphql`, headers });

// graphql-ws itself insists on a document; an empty one stands for none.
const overSocket = (request) => over(socket)({ query: "", ...request });
const transports = { post, get, socket: overSocket, stream: over(stream) };
for (const [name, ask] of Object.entries(transports)) {
  for (const named of [byId, byHash]) {
    const { data, errors } = await ask(named("Hubs", { first: 1 }));
    assert.equal(errors, undefined, name);
    assert.equal(data.hubs.nodes.length, 1, name);
  }
  for (const request of refused) {
    const { data, errors } = await ask(request);
    assert.equal(data, undefined, name);
    const codes = errors.map(({ extensions }) => extensions.code);
    assert.deepEqual(codes, ["DOCUMENT_NOT_TRUSTED"], `${name}: ${JSON.stringify(request)}`);
    assert.doesNotMatch(JSON.stringify(errors), /did you mean|viewer|nmae/i);
  }
}

const input = { alertId: "nonsense", note: "" };
const acted = await post(byId("Acknowledge", { input }));
assert.equal(acted.data.alertAcknowledge.userErrors[0].code, "NOT_FOUND");
const byGet = await get(byId("Acknowledge", { input }));
assert.equal(byGet.data, undefined, "a mutation is not for GET, trusted or not");
const wrong = await post(byId("Hubs", { first: "one" }));
assert.equal(wrong.data, undefined, "variables are checked as ever");

for (const client of [socket, stream]) {
  const { data } = await firstOf(client, { query: "", ...byId("Changes") });
  assert.equal(data.alertChanged.alert, null);
}

// Apollo Client as a front end would set it up: the hash by the operation's name, never the text.
// Its cache files rows under the `__typename` that the manifest's documents ask for.
const apollo = new ApolloClient({
  link: new PersistedQueryLink({
    generateHash: (document) => hashes[document.definitions[0].name.value],
  }).concat(new HttpLink({ uri: `${API}/graphql`, headers })),
  cache: new InMemoryCache(),
});
const query = gql`
  query Hubs($first: Int!) { hubs(first: $first) { nodes { ...HubName } } }
  fragment HubName on Hub { id name }
`;
const { data } = await apollo.query({ query, variables: { first: 1 } });
const [hub] = data.hubs.nodes;
assert.equal(apollo.cache.extract()[`Hub:${hub.id}`].name, hub.name);
apollo.stop();

await socket.dispose();
stream.dispose();
console.log(JSON.stringify({ transports: Object.keys(transports).length + 1, refused: refused.length }));
process.exit();
