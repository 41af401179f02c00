// What changed of the schema since its last version, and whether SCHEMA_CHANGELOG.md says so. Ends
// with an error that names what is missing there. `AFTER`, `BEFORE` and `CHANGELOG` name other files
// than those of the repository.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { buildSchema, findBreakingChanges, findDangerousChanges, printSchema } from "graphql";
import { root } from "./shared.mjs";

const { AFTER, BEFORE, CHANGELOG } = process.env;
const read = (file, usual) => readFileSync(file ?? `${root}${usual}`, "utf8");
const [before, after] = [
  read(BEFORE, "tests/clients/schema.last.graphql"),
  read(AFTER, "schema.graphql"),
];
const changelog = read(CHANGELOG, "SCHEMA_CHANGELOG.md");

/** The text of each section, by its heading. */
const sections = new Map(
  changelog
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.split("\n", 1)[0].trim(), section.slice(section.indexOf("\n"))]),
);
const [newest] = [...sections.keys()].filter((heading) => heading !== "Not yet released");
const unreleased = sections.get("Not yet released") ?? "";

const missing = [];
const hash = createHash("sha256").update(before).digest("hex");
if (!sections.get(newest)?.includes(hash)) {
  missing.push(`under "${newest}" that schema.last.graphql is the one with the SHA-256 ${hash}`);
}
const [old, now] = [before, after].map((text) => buildSchema(text));
const breaking = findBreakingChanges(old, now).map(({ description }) => `breaking: ${description}`);
const dangerous = findDangerousChanges(old, now).map(({ description }) => `careful: ${description}`);
for (const line of [...breaking, ...dangerous]) {
  if (!unreleased.includes(`- ${line}`)) missing.push(`- ${line}`);
}
if (printSchema(old) !== printSchema(now) && !/^- /m.test(unreleased)) {
  missing.push("what changed, under \"Not yet released\"");
}
if (missing.length > 0) {
  console.error(`SCHEMA_CHANGELOG.md does not say:\n${missing.join("\n")}`);
  process.exitCode = 1;
}
console.log(JSON.stringify({ breaking: breaking.length, careful: dangerous.length }));
