// What the scripts share: the repository, and its schema as graphql-js understands it.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildSchema, getNamedType } from "graphql";

/** The root of the repository, with a slash at its end. */
export const root = fileURLToPath(new URL("../..", import.meta.url));

/** The file with the schema to look at: the committed one, unless the environment names another. */
export const schemaFile = process.env.SCHEMA ?? `${root}schema.graphql`;

/** The schema to look at. */
export function schema() {
  return buildSchema(readFileSync(schemaFile, "utf8"));
}

/** Every field that is a connection, with the type it is a field of. */
export function connections(schema) {
  const types = Object.values(schema.getTypeMap()).filter((type) => "getFields" in type);
  return types.flatMap((type) =>
    Object.values(type.getFields())
      .filter((field) => getNamedType(field.type).name.endsWith("Connection"))
      .map((field) => ({ type, field })),
  );
}
