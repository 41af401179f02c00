// graphql-ws: everything over one socket.
import { createClient } from "graphql-ws";
import WebSocket from "ws";
import { resuming } from "./resuming.mjs";
import { door, signedIn, story } from "./story.mjs";

const entrance = await door();
const client = resuming(
  createClient({
    url: `ws://${entrance.address}/graphql`,
    connectionParams: signedIn,
    webSocketImpl: WebSocket,
    retryWait: () => new Promise(setImmediate),
  }),
);

await story(entrance, {
  ask: (query, variables) =>
    new Promise((resolve, reject) => {
      let answer;
      client.subscribe(
        { query, variables },
        { next: ({ data }) => (answer = data), error: reject, complete: () => resolve(answer) },
      );
    }),
  follow: (query, hear) =>
    client.subscribe({ query }, { next: hear, error: fail, complete: () => {} }),
  end: () => client.dispose(),
});

function fail(error) {
  throw new Error(`the subscription ended: ${JSON.stringify(error)}`);
}
