"""The OpenAPI document as 3.0.4, for gateways and generators that do not support 3.1 yet."""

from typing import Any, cast

_NULL = {"type": "null"}


def as_3_0(document: dict[str, Any]) -> dict[str, Any]:
    """The same document in OpenAPI 3.0.4."""
    return {**_rewritten(document), "openapi": "3.0.4"}


def _rewritten(node: Any) -> Any:
    if isinstance(node, list):
        return [_rewritten(item) for item in cast("list[Any]", node)]
    if not isinstance(node, dict):
        return node
    entry: dict[str, Any] = {
        key: value if key in ("example", "examples") else _rewritten(value)
        for key, value in cast("dict[str, Any]", node).items()
    }
    if "in" in entry and "schema" in entry:  # a parameter has its example outside its schema
        for example in entry["schema"].pop("examples", [])[:1]:
            entry["example"] = example
    if isinstance(entry.get("const"), str):
        entry["enum"] = [entry.pop("const")]
    if _NULL in entry.get("anyOf", []):  # no other union of the document may be null
        [choice] = [choice for choice in entry.pop("anyOf") if choice != _NULL]
        entry |= {"allOf": [choice]} if "$ref" in choice else choice
        entry["nullable"] = True
    if "$ref" in entry and len(entry) > 1:  # 3.0 ignores whatever is next to a reference
        entry["allOf"] = [{"$ref": entry.pop("$ref")}]
    return entry
