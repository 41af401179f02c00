// What `schema.graphql` is held to: everything that @graphql-eslint recommends for schemas, and
// everything that Relay asks for. Each exception says why.
import graphql from "@graphql-eslint/eslint-plugin";
import { schemaFile } from "./shared.mjs";

/** Findings about names that only look as if they repeated their type's. */
const MISREAD = ['Field "visitor" starts with the name of the parent type "Visit"'];

export default [
  {
    files: ["**/*.graphql"],
    languageOptions: {
      parser: graphql.parser,
      parserOptions: { graphQLConfig: { schema: schemaFile } },
    },
    plugins: { "@graphql-eslint": graphql },
    // The file is printed by a program, so no comment in it can excuse a line.
    processor: {
      meta: { name: "misread", version: "1" },
      preprocess: (text) => [text],
      postprocess: ([found]) => found.filter(({ message }) => !MISREAD.includes(message)),
    },
    rules: {
      ...graphql.configs["flat/schema-recommended"].rules,
      ...graphql.configs["flat/schema-relay"].rules,
      // The rule wants either all descriptions in one line or all in blocks. Ours are printed as
      // they read best: a sentence in a line, a paragraph in a block.
      "@graphql-eslint/description-style": "off",
      // Rows have an `id`. What is no row has none: pages and edges, what a mutation answers, what
      // a subscription tells, and values that are part of the row they are found in.
      "@graphql-eslint/strict-id-in-types": [
        "error",
        {
          exceptions: {
            suffixes: ["Connection", "Edge", "Payload", "Change", "Progress", "Update"],
            types: [
              "AlertEvidence",
              "OptionTally",
              "PageInfo",
              "PreviewedRecipient",
              "Question",
              "QuestionOption",
              "QuestionTally",
              "QuestionnairePage",
              "ReminderAccount",
              "SelfAssessmentLevel",
              "SelfAssessmentTheme",
              "SendPreview",
              "Standstill",
              "UnreachedSetting",
              "UserError",
              "VisitAttendee",
            ],
          },
        },
      ],
      // Connections offer `nodes` beside `edges`, for whoever needs no cursor of each row.
      // A `ReminderAccount` is worked out, and no row to be fetched again; a test of ours looks at all
      // other edges.
      "@graphql-eslint/relay-edge-types": [
        "error",
        { listTypeCanWrapOnlyEdgeType: false, shouldImplementNode: false },
      ],
    },
  },
];
