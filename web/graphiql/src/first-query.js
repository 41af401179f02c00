export const FIRST_QUERY = `# Write queries, mutations and subscriptions here and run them with Ctrl-Enter.
#
# The token stands under "Headers" below; \`cargo up\` prints one for each role. What you see depends on
# whose it is. Ctrl-Space offers what may stand at the cursor; the book on the left is the whole schema.

query FirstLook {
  viewer {
    name
  }
  hubs(first: 2) {
    totalCount
    nodes {
      name
      enrolments(first: 3) {
        nodes {
          partner {
            name
          }
          obligations(first: 3, filter: { overdue: true }) {
            nodes {
              title
              dueOn
            }
          }
        }
      }
    }
  }
}

# Alerts as they change: run this in a tab of its own and acknowledge one in another.
subscription Alerts {
  alertChanged {
    cursor
    alert {
      id
      state
      summary
    }
  }
}
`;
