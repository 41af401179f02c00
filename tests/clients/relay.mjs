// relay-compiler on a refetchable fragment for every connection of `schema.graphql`. Ends with an
// error if it refuses one, and says how many it compiled.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { getNamedType } from "graphql";
import relay from "relay-compiler";
import { connections, schema, schemaFile } from "./shared.mjs";

const capital = (name) => name[0].toUpperCase() + name.slice(1);

/** The other arguments that a connection cannot do without: days, where it asks for them. */
function required(field) {
  const others = field.args.filter((argument) => String(argument.type).endsWith("!"));
  const days = others.filter((argument) => String(argument.type) === "Date!");
  return days.map((argument) => `${argument.name}: "2026-10-05", `).join("");
}

/** What names the row of an edge; what is worked out has no name. */
function named(field) {
  const edges = getNamedType(field.type).getFields().edges;
  const node = getNamedType(edges.type).getFields().node;
  return "id" in getNamedType(node.type).getFields() ? "id" : "";
}

/** A module with the fragment of one connection, for pages in both directions. */
function component({ type, field }) {
  const name = `${type.name}${capital(field.name)}`;
  return [
    name,
    `graphql\`
  fragment ${name}_list on ${type.name}
  @refetchable(queryName: "${name}RefetchQuery")
  @argumentDefinitions(
    first: { type: "Int", defaultValue: 20 }
    after: { type: "String" }
    last: { type: "Int" }
    before: { type: "String" }
  ) {
    ${field.name}(${required(field)}first: $first, after: $after, last: $last, before: $before)
      @connection(key: "${name}__${field.name}") {
      edges {
        node {
          __typename
          ${named(field)}
        }
      }
    }
  }
\`;
`,
  ];
}

const all = connections(schema());
const folder = mkdtempSync(join(tmpdir(), "relay-"));
try {
  const [source, artefacts] = ["source", "artefacts"].map((name) => join(folder, name));
  [source, artefacts].forEach((each) => mkdirSync(each));
  copyFileSync(schemaFile, join(folder, "schema.graphql"));
  for (const [name, text] of all.map(component)) {
    writeFileSync(join(source, `${name}.js`), text);
  }
  const config = { src: "source", schema: "schema.graphql", artifactDirectory: "artefacts" };
  const file = join(folder, "relay.config.json");
  writeFileSync(file, JSON.stringify({ ...config, language: "javascript" }));
  execFileSync(relay, [file], { cwd: folder, stdio: ["ignore", 2, 2] });
  const refetching = readdirSync(artefacts).filter((name) => name.includes("RefetchQuery"));
  console.log(JSON.stringify({ connections: all.length, compiled: refetching.length }));
} finally {
  rmSync(folder, { recursive: true });
}
