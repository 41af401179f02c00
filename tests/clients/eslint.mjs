// @graphql-eslint on `schema.graphql`: see eslint.config.mjs. Ends with an error if it finds
// anything, and says how many rules looked.
import { ESLint } from "eslint";
import { root, schemaFile } from "./shared.mjs";

process.chdir(root);
const eslint = new ESLint({ cwd: root, overrideConfigFile: "tests/clients/eslint.config.mjs" });
const [result] = await eslint.lintFiles([schemaFile]);
for (const { line, ruleId, message } of result.messages) {
  console.error(`schema.graphql:${line}: ${message} (${ruleId})`);
}
const { rules } = await eslint.calculateConfigForFile(schemaFile);
const looked = Object.values(rules).filter(([severity]) => severity === 2).length;
console.log(JSON.stringify({ rules: looked }));
process.exitCode = result.messages.length > 0 ? 1 : 0;
