"""What Schemathesis has to know of the api: which of its random requests can be answered with rows,
and which answers are faults of the server."""

import schemathesis
from graphql import REMOVE, ArgumentNode, DocumentNode, IntValueNode, Visitor, visit


class Pages(Visitor):
    """Asks for pages that exist: the first, of a size in range."""

    def enter_argument(self, node, *_):
        name = node.name.value
        if name in ("after", "before", "last"):
            return REMOVE
        if name == "first":
            wished = node.value.value if isinstance(node.value, IntValueNode) else "0"
            size = IntValueNode(value=str(1 + abs(int(wished)) % 100))
            return ArgumentNode(name=node.name, value=size)
        return None


@schemathesis.hook
def map_body(context, body):
    """Sizes of pages and cursors at random would be refused, and nothing behind them be tried."""
    return visit(body, Pages()) if isinstance(body, DocumentNode) else body


@schemathesis.check
def no_fault_of_the_server(ctx, response, case):
    """No status of 500 or more, an answer that is JSON, and no error that says the fault is ours."""
    assert response.status_code < 500, f"{response.status_code}: {response.text}"
    codes = [
        error.get("extensions", {}).get("code") for error in response.json().get("errors", [])
    ]
    assert "INTERNAL" not in codes, response.text
