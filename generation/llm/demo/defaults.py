"""Values for a parameter that nobody gave: what the schema itself offers, else something of its type and format."""

from typing import Any

from generation.llm.demo.profiles import Parameter, children, item_of

_BY_FORMAT = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T09:00:00Z",
    "time": "09:00:00Z",
    "email": "demo@demo.invalid",
    "uri": "https://demo.invalid/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "hostname": "demo.invalid",
}


def offered(parameter: Parameter) -> Any:
    """What the schema offers: default, const, example or enum; ``None`` when it offers nothing."""
    if "default" in parameter.schema:
        return parameter.schema["default"]
    examples = parameter.schema.get("examples")
    if isinstance(examples, list) and examples:
        return examples[0]
    return parameter.options[0] if parameter.options else None


def of_type(parameter: Parameter) -> Any:
    """Something that fits type, format and bounds, as plain as possible."""
    value = offered(parameter)
    if value is not None:
        return value
    schema, kind = parameter.schema, parameter.type
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return _number(schema, whole=kind == "integer")
    if kind == "array":
        return [of_type(item_of(parameter)) for _ in range(int(schema.get("minItems", 0)))]
    if kind == "object":
        return {child.name: of_type(child) for child in children(schema) if child.required}
    if kind == "null":
        return None
    text = _BY_FORMAT.get(str(schema.get("format")), parameter.name.replace("_", " "))
    while len(text) < int(schema.get("minLength", 0)):
        text += f" {parameter.name}"
    text = text[: int(schema.get("maxLength", len(text)))]
    return text if parameter.accepts(text) else _from_pattern(parameter, text)


def _number(schema: dict[str, Any], *, whole: bool) -> int | float:
    low = schema.get("minimum", schema.get("exclusiveMinimum"))
    high = schema.get("maximum", schema.get("exclusiveMaximum"))
    step = schema.get("multipleOf", 1)
    value = low if low is not None else min(1, high) if high is not None else 1
    if "exclusiveMinimum" in schema and value == schema["exclusiveMinimum"]:
        value += step if high is None or value + step <= high else (high - value) / 2
    if value % step:
        value += step - value % step
    return int(value) if whole or value == int(value) else float(value)


def _from_pattern(parameter: Parameter, text: str) -> str:
    """A text for a pattern: the likeliest few spellings, the last one even when it does not fit."""
    word = text.split()[0] if text.split() else "demo"
    for spelling in (
        word.lower(),
        word.upper(),
        word.replace("_", "-"),
        f"{word}-1",
        f"{word.upper()[:4]}-1",
        "1",
        "a1",
        "aa",
    ):
        if parameter.accepts(spelling):
            return spelling
    return text
