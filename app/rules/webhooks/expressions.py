"""Evaluates JMESPath expressions on the body of a webhook request, within bounds.

JMESPath has no loops, but `[@, @]` doubles a value, and can be chained: an expression of a line can ask for more memory
than a machine has. Every step, and the size of every value that an expression makes or compares, is paid for from a
budget for the whole body.
"""

from typing import Any

import jmespath
from jmespath import functions, visitor
from jmespath.exceptions import JMESPathError

from app.errors import Invalid
from app.rules.webhooks.json_values import storable

MAX_EXPRESSION = 1000
MAX_DEPTH = 40
BUDGET = 3_000_000
"""Enough for 10,000 alerts with twenty fields each; all of it takes a few seconds."""
CHARACTERS_A_NODE = 10
FAULTS = (JMESPathError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)
"""What the library raises for an expression that does not fit its data."""
Node = Any
"""A node of a syntax tree: an object with `type`, `value` and `children`."""


class TooMuchWork(ValueError):
    """The budget is used up."""

    def __init__(self) -> None:
        super().__init__("it makes too much of this body")


def compile_expression(text: str, field: str) -> Node:
    """Return the syntax tree of an expression. Raises Invalid for `field`."""
    if len(text) > MAX_EXPRESSION:
        raise Invalid(field, f"The expression must not be longer than {MAX_EXPRESSION} characters.")
    try:
        tree: Node = jmespath.compile(text).parsed
    except FAULTS as error:
        raise Invalid(field, f"The expression is not valid JMESPath: {reason_of(error)}") from None
    nodes, depth = _walk(tree)
    if depth > MAX_DEPTH:
        raise Invalid(field, f"The expression must not be nested deeper than {MAX_DEPTH} levels.")
    for node in nodes:
        if node["type"] == "function_expression" and node["value"] not in _Functions.FUNCTION_TABLE:
            raise Invalid(field, f"JMESPath has no function {node['value'][:100]}().")
        # Bodies are made storable before they are read; what an expression adds must be so too.
        if storable(node.get("value")) != node.get("value"):
            raise Invalid(field, "The expression must not contain a NUL character or a lone surrogate.")
    return tree


def reason_of(error: Exception) -> str:
    """Return the first line of the library's message, which it may follow by a drawing."""
    return str(error).partition("\n")[0][:300] or type(error).__name__


class Evaluation(visitor.TreeInterpreter):
    """Evaluates expressions on one body; `body()` in an expression is that body."""

    def __init__(self, body: object, budget: int = BUDGET) -> None:
        super().__init__(visitor.Options(custom_functions=_Functions(body)))
        self._left = budget

    def visit(self, node: Node, *args: Any, **kwargs: Any) -> Any:
        """Evaluate a node. Raises TooMuchWork, and what the library raises."""
        self._pay(1)
        return super().visit(node, *args, **kwargs)

    def visit_function_expression(self, node: Node, value: Any) -> Any:
        """Call a function; its arguments and its result are paid for."""
        result = super().visit_function_expression(self._with_values(node, value), value)
        if node["value"] != "body":
            self._pay_for(result)
        return result

    def visit_comparator(self, node: Node, value: Any) -> Any:
        """Compare two values, which are paid for."""
        return super().visit_comparator(self._with_values(node, value), value)

    def visit_multi_select_list(self, node: Node, value: Any) -> Any:
        """Make a list, which is paid for."""
        return self._paid(super().visit_multi_select_list(node, value))

    def visit_multi_select_dict(self, node: Node, value: Any) -> Any:
        """Make an object, which is paid for."""
        return self._paid(super().visit_multi_select_dict(node, value))

    def _with_values(self, node: Node, value: Any) -> Node:
        """Return the node with its children evaluated, after their values are paid for."""
        values = [self.visit(child, value) for child in node["children"]]
        for each in values:
            self._pay_for(each)
        return {**node, "children": [{"type": "literal", "value": each, "children": []} for each in values]}

    def _paid(self, value: Any) -> Any:
        self._pay_for(value)
        return value

    def _pay_for(self, value: Any) -> None:
        """Pay for all parts of a value, each as often as the value contains it."""
        rest = [value]
        while rest:
            each = rest.pop()
            if isinstance(each, str):
                self._pay(len(each) // CHARACTERS_A_NODE)
            elif isinstance(each, list):
                self._pay(len(each))
                rest += each
            elif isinstance(each, dict):
                self._pay(len(each))
                rest += each.values()

    def _pay(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            raise TooMuchWork


class _Functions(functions.Functions):
    def __init__(self, body: object) -> None:
        super().__init__()
        self._body = body

    @functions.signature()
    def _func_body(self) -> object:
        """Return the whole body: fields that all alerts of a list share are beside the list."""
        return self._body


def _walk(tree: Node) -> tuple[list[Node], int]:
    """Return all nodes of a syntax tree, and its depth."""
    nodes, level, depth = [tree], [tree], 0
    while level:
        level, depth = [child for node in level for child in node["children"]], depth + 1
        nodes += level
    return nodes, depth
