// urql: queries and mutations over HTTP with its cache, subscriptions over graphql-ws.
import { Client, cacheExchange, fetchExchange, subscriptionExchange } from "@urql/core";
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { resuming } from "./resuming.mjs";
import { door, signedIn, story } from "./story.mjs";

const entrance = await door();
const sockets = resuming(
  createClient({
    url: `ws://${entrance.address}/graphql`,
    connectionParams: signedIn,
    webSocketImpl: WebSocket,
    retryWait: () => new Promise(setImmediate),
  }),
);
const client = new Client({
  url: `http://${entrance.address}/graphql`,
  fetchOptions: { headers: signedIn },
  exchanges: [
    cacheExchange,
    fetchExchange,
    subscriptionExchange({
      forwardSubscription: ({ query, variables }) => ({
        subscribe: (sink) => ({ unsubscribe: sockets.subscribe({ query, variables }, sink) }),
      }),
    }),
  ],
});

await story(entrance, {
  async ask(document, variables) {
    const kind = document.trim().startsWith("mutation") ? "mutation" : "query";
    const { data, error } = await client[kind](document, variables).toPromise();
    if (error) throw error;
    return data;
  },
  follow(document, hear) {
    const following = client.subscription(document, {}).subscribe(({ data, error }) => {
      hear({ data, errors: error });
    });
    return () => following.unsubscribe();
  },
  end: () => sockets.dispose(),
});
