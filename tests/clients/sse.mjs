// graphql-sse in its distinct connections mode: a stream for everything.
import { createClient } from "graphql-sse";
import { resuming } from "./resuming.mjs";
import { door, signedIn, story } from "./story.mjs";

const entrance = await door();
const client = resuming(
  createClient({
    url: `http://${entrance.address}/graphql`,
    headers: signedIn,
    retry: () => new Promise(setImmediate),
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
  throw error;
}
