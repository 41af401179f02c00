// GraphiQL over our own /graphql: queries and mutations by POST, subscriptions over a WebSocket. The
// token stands in the header editor and goes along with both. It is never stored: a token in the
// address, as in /graphiql#token=…, is taken out of it at once.
import "graphiql/setup-workers/vite";
import "graphiql/style.css";
import "./page.css";

import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";

import { FIRST_QUERY } from "./first-query.js";

const { host, protocol, hash, pathname } = window.location;
const token = new URLSearchParams(hash.slice(1)).get("token");
if (token) window.history.replaceState(null, "", pathname);

const fetcher = createGraphiQLFetcher({
  url: "/graphql",
  // For the schema, which is asked for before the header editor stands.
  headers: token ? { Authorization: `Bearer ${token}` } : {},
  subscriptionUrl: `${protocol === "https:" ? "wss" : "ws"}://${host}/graphql`,
  enableIncrementalDelivery: false,
});

const headers = JSON.stringify({ Authorization: `Bearer ${token ?? "<token>"}` }, null, 2);

// Documents come back after a reload; headers, and with them the token, are never kept, which the
// history would do.
const tab = { query: FIRST_QUERY, variables: "{}", headers };

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    initialHeaders={headers}
    defaultHeaders={headers}
    defaultQuery={FIRST_QUERY}
    defaultTabs={[tab]}
    defaultEditorToolsVisibility="headers"
    plugins={[]}
    shouldPersistHeaders={false}
    showPersistHeadersSettings={false}
  >
    <GraphiQL.Logo>Hubs</GraphiQL.Logo>
  </GraphiQL>,
);
