// Sends random requests to the api and compares each answer with that of graphql-js over the same
// rows. Writes a report as JSON. Reads from the environment: API, TOKEN, ROWS, SCHEMA, SEED, QUERIES.

import { Generator } from './differential/generate.mjs';
import { broken } from './differential/invalid.mjs';
import { chance as from } from './differential/random.mjs';
import { answer, loadRows, loadSchema, rowWith } from './differential/reference.mjs';

const { API, TOKEN, ROWS, SCHEMA, SEED, QUERIES } = process.env;
/** Requests under way at a time. */
const AT_ONCE = 6;

/**
 * What the api says when it refuses by a rule of its own, which graphql-js knows nothing of: pages,
 * cursors, null conditions, ids of another type.
 */
const OWN = /is no cursor of|is no id of|is from 1 to 100|not both|takes at most|the condition of @/;

const schema = loadSchema(SCHEMA);
const dump = loadRows(ROWS);
const chance = from(Number(SEED));
const unread = new Set();
for (const [name, type] of Object.entries(dump.types)) {
  for (const field of Object.keys(type.fields)) {
    if (rowWith(dump, name, field)) unread.add(`${name}.${field}`);
  }
}
const generator = new Generator(schema, dump, chance, unread);
const counts = { answered: 0, refused: 0, different: 0, ruled: 0 };
const differences = [];

/** Sends a request and says how the answer differs from the one expected, if it does. */
async function differs(request) {
  // At once, so that what is asked next hangs on the seed alone.
  const expected = answer(schema, dump, request, (field) => unread.delete(field));
  counts[expected.data === undefined ? 'refused' : 'answered'] += 1;
  const response = await fetch(API, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${TOKEN}`,
      'content-type': 'application/json',
      accept: 'application/graphql-response+json',
    },
    body: JSON.stringify(request),
  });
  const told = await response.text();
  if (expected.data === undefined) {
    const refused = response.status === 400 && !('data' in JSON.parse(told)) && JSON.parse(told).errors?.length > 0;
    return refused ? null : { status: response.status, told, expected };
  }
  if (response.status === 400 && OWN.test(JSON.parse(told).errors[0].message)) {
    counts.ruled += 1;
    return null;
  }
  const data = `"data":${JSON.stringify(expected.data)}`;
  const same = told.endsWith(`${data}}`) || told.includes(`${data},"extensions":`);
  const paths = (errors) => (errors ?? []).map((error) => JSON.stringify(error.path)).sort().join();
  const failed = response.status === 200 && same ? paths(JSON.parse(told).errors) : null;
  return failed === paths(expected.errors) ? null : { status: response.status, told, expected };
}

async function all(requests) {
  const worker = async () => {
    for (let request = requests.next(); !request.done; request = requests.next()) {
      const difference = await differs(request.value);
      if (!difference) continue;
      counts.different += 1;
      differences.push({ request: request.value, ...difference });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function* valid(count) {
  // What cannot be merged after all is one more that is to be refused.
  while (counts.answered < count) yield generator.request();
}

function* invalid(count) {
  for (let made = 0; made < count; made += 1) yield broken(generator, chance);
}

await all(valid(Number(QUERIES)));
// None of them breaks such a rule.
counts.different += counts.ruled;
// What chance has left out.
await all([...unread].map((field) => generator.plain(field)).values());
await all(invalid(Math.ceil(Number(QUERIES) / 4)));
console.log(JSON.stringify({ counts, differences: differences.slice(0, 10), unread: [...unread] }));
