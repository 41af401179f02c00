// The audits of graphql-http against the api: whether it is a server as the specification of GraphQL
// over HTTP has it. Prints each with its outcome, as JSON.
//
// API: the address of the api. TOKEN: a token in force.

import { serverAudits } from "graphql-http";

const { API, TOKEN } = process.env;

const audits = serverAudits({
  url: `${API}/graphql`,
  fetchFn: (url, options = {}) =>
    fetch(url, { ...options, headers: { ...options.headers, authorization: `Bearer ${TOKEN}` } }),
});

const outcomes = [];
for (const audit of audits) {
  const result = await audit.fn();
  outcomes.push({ id: audit.id, name: audit.name, status: result.status, reason: result.reason });
}
console.log(JSON.stringify(outcomes));
