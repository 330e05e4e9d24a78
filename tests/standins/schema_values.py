"""A value that fits a JSON Schema: what a model that knows nothing else would write. Deterministic."""

from typing import Any

_FORMATS = {
    "date": "2025-03-14",
    "date-time": "2025-03-14T09:26:53Z",
    "time": "09:26:53Z",
    "email": "ada@lovelace.dev",
    "uri": "https://lovelace.dev/notes",
    "uuid": "4f9c1de2-3f1a-4a53-9c0b-0d1f8c1e2a77",
    "ipv4": "192.0.2.7",
    "hostname": "lovelace.dev",
}


def value_for(schema: Any, *, name: str = "value", root: dict[str, Any] | None = None, depth: int = 0) -> Any:
    """The smallest ordinary value of ``schema``: required properties only, first enum, first branch that is not null."""
    if not isinstance(schema, dict) or not schema:
        return name
    root = schema if root is None else root
    if "$ref" in schema:
        return value_for(resolved(schema, root), name=name, root=root, depth=depth + 1)
    for word in ("const", "default"):
        if word in schema:
            return schema[word]
    if schema.get("enum"):
        return schema["enum"][0]
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema and not schema.get("properties"):
            branches = [part for part in schema[word] if part != {"type": "null"}] or schema[word]
            return value_for(branches[0], name=name, root=root, depth=depth + 1)
    return _typed(schema, name=name, root=root, depth=depth)


def _typed(schema: dict[str, Any], *, name: str, root: dict[str, Any], depth: int) -> Any:
    kinds = schema.get("type", "object" if "properties" in schema else "string")
    kind = kinds if isinstance(kinds, str) else next((word for word in kinds if word != "null"), "null")
    if kind == "object":
        required = schema.get("required", []) if depth < 12 else []
        parts = schema.get("properties", {})
        return {key: value_for(parts.get(key, {}), name=key, root=root, depth=depth + 1) for key in required}
    if kind == "array":
        count = max(schema.get("minItems", 0), 1 if depth < 12 and "minItems" in schema else 0)
        return [value_for(schema.get("items", {}), name=name, root=root, depth=depth + 1) for _ in range(count)]
    if kind in ("integer", "number"):
        return _number(schema, whole=kind == "integer")
    if kind == "boolean":
        return False
    if kind == "null":
        return None
    return _text(schema, name)


def _number(schema: dict[str, Any], *, whole: bool) -> float | int:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    value = 1 if low is None else low + ("exclusiveMinimum" in schema)
    if high is not None and value > high:
        value = high - ("exclusiveMaximum" in schema)
    step = schema.get("multipleOf")
    if step:
        value = -(-value // step) * step
    return int(value) if whole else value


def _text(schema: dict[str, Any], name: str) -> str:
    text = _FORMATS.get(schema.get("format", ""), f"some {name.replace('_', ' ')}")
    text = text.ljust(schema.get("minLength", 0), "x")
    return text[: schema.get("maxLength", len(text))]


def resolved(schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    """The schema that a local reference points to, or the schema itself."""
    while isinstance(schema, dict) and "$ref" in schema:
        part: Any = root
        for word in schema["$ref"].removeprefix("#").split("/")[1:]:
            part = part[word.replace("~1", "/").replace("~0", "~")]
        schema = part
    return schema if isinstance(schema, dict) else {}
