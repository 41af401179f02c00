// What every client must be able to do. A script wraps its client as
//   ask(document, variables): what a query or mutation answers
//   follow(document, hear): begins a subscription, gives each of its answers to `hear`
//   end(): closes everything
// and hands it to `story`, with the documents as text.
//
// The environment names two apis on the same database, `API` and `NEXT`, the process of the first
// as `PID`, and the `TOKEN` to ask with. The client talks to neither: it knows a door in front of
// them, which leads to the first until that stops.
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";

const { API, NEXT, PID, TOKEN } = process.env;

/** The header, or the connection's parameters, that say who asks. */
export const signedIn = { Authorization: `Bearer ${TOKEN}` };

export const OBLIGATIONS = `
  query Obligations($first: Int, $after: String) {
    obligations(first: $first, after: $after) {
      totalCount
      edges { cursor node { id } }
      pageInfo { hasNextPage endCursor }
    }
  }`;
export const ALERT = `
  query Alert($id: ID!) { node(id: $id) { id ... on EngagementAlert { state version } } }`;
const ALERTS = `
  query Alerts { alerts(first: 1, filter: { open: true }) { nodes { id state version } } }`;
const SNOOZE = `
  mutation Snooze($input: AlertSnoozeInput!) {
    alertSnooze(input: $input) {
      alert { id state version }
      userErrors { code field message }
    }
  }`;
const CHANGES = `
  subscription Changes($after: String) {
    alertChanged(after: $after) { cursor alert { id state version } }
  }`;

/** The address of the door, and what is done with it. */
export async function door() {
  const guests = new Set();
  let target = new URL(API);
  let opened;
  let open = Promise.resolve();
  const server = createServer(async (guest) => {
    guest.on("error", () => {});
    await open;
    const host = connect(Number(target.port), target.hostname);
    guests.add(host);
    host.on("error", () => guest.destroy());
    host.on("close", () => {
      guest.destroy();
      guests.delete(host);
      if (guests.size === 0) server.emit("empty");
    });
    guest.on("close", () => host.destroy());
    guest.pipe(host).pipe(guest);
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    address: `127.0.0.1:${server.address().port}`,
    /** Stops the first api as an operator would, and keeps who comes next waiting. */
    async stop() {
      open = new Promise((resolve) => (opened = resolve));
      const empty = new Promise((resolve) => server.once("empty", resolve));
      process.kill(Number(PID), "SIGTERM");
      await empty;
    },
    /** Lets them through to the second one. */
    reopen() {
      target = new URL(NEXT);
      opened();
    },
  };
}

/** Things to come, one after another; `next` waits for one. */
function channel() {
  const come = [];
  let waiting = () => {};
  return {
    put(thing) {
      come.push(thing);
      waiting();
    },
    async next() {
      while (come.length === 0) await new Promise((resolve) => (waiting = resolve));
      return come.shift();
    },
  };
}

/** Asks the second api beside the client. */
async function aside(query, variables) {
  const response = await fetch(`${NEXT}/graphql`, {
    method: "POST",
    headers: { ...signedIn, "content-type": "application/json" },
    body: JSON.stringify({ query, variables }),
  });
  return (await response.json()).data;
}

/** Goes through all pages, five rows at a time. */
async function pages(ask) {
  const ids = [];
  let after;
  for (;;) {
    const { obligations } = await ask(OBLIGATIONS, { first: 5, after });
    ids.push(...obligations.edges.map(({ node }) => node.id));
    if (!obligations.pageInfo.hasNextPage) return { ids, total: obligations.totalCount };
    after = obligations.pageInfo.endCursor;
  }
}

const day = (number) => `2026-11-${String(number).padStart(2, "0")}`;
const snooze = (alertId, until) => ({ input: { alertId, until, reason: "Called the school" } });

/** Tells the story, and what became of it on standard output. */
export async function story(door, client) {
  const { ask, follow, end } = client;
  const all = await (client.pages ?? pages)(ask);
  assert.ok(all.ids.length > 5, "there is more than one page");
  assert.equal(new Set(all.ids).size, all.total, "each row is on one page");

  const [alert] = (await ask(ALERTS)).alerts.nodes;
  const refused = (await ask(SNOOZE, snooze(alert.id, "2025-01-01"))).alertSnooze;
  assert.equal(refused.alert, null);
  assert.deepEqual(refused.userErrors.map(({ field }) => field), ["until"]);

  const heard = channel();
  const stop = follow(CHANGES, ({ data, errors }) => {
    assert.equal(errors, undefined);
    heard.put(data.alertChanged.alert);
  });
  assert.equal(await heard.next(), null, "up to date");
  assert.equal((await ask(ALERT, { id: alert.id })).node.state, alert.state);
  const done = (await ask(SNOOZE, snooze(alert.id, day(2)))).alertSnooze;
  assert.deepEqual(done.userErrors, []);
  const told = await heard.next();
  assert.deepEqual([told.id, told.state], [alert.id, "SNOOZED"]);
  assert.equal((await ask(ALERT, { id: alert.id })).node.state, "SNOOZED", "no stale cache");

  await door.stop();
  const missed = (await aside(SNOOZE, snooze(alert.id, day(3)))).alertSnooze;
  assert.deepEqual(missed.userErrors, []);
  door.reopen();
  const caught = await heard.next();
  assert.deepEqual([caught.id, caught.version], [alert.id, missed.alert.version]);
  assert.equal(await heard.next(), null, "once, and then up to date");
  assert.equal((await ask(ALERTS)).alerts.nodes.length, 1, "queries go on as well");

  stop();
  await end();
  console.log(JSON.stringify({ rows: all.total, version: caught.version }));
  process.exit();
}
