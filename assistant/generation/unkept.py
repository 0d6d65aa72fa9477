"""Which words of a JSON schema no grammar of llama-server keeps to, so that a strict request can be refused."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from assistant.generation.errors import UnfitRequestError
from assistant.generation.patterns import FORMATS, readable
from assistant.generation.request import Schema

_NEVER: Final = frozenset(
    {
        "contains",
        "dependentRequired",
        "dependentSchemas",
        "else",
        "if",
        "maxProperties",
        "minProperties",
        "multipleOf",
        "not",
        "patternProperties",
        "propertyNames",
        "then",
        "unevaluatedItems",
        "unevaluatedProperties",
        "uniqueItems",
    }
)
_BOUNDS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
"""Kept for whole numbers alone."""
_LENGTHS: Final = frozenset({"minLength", "maxLength"})
"""Kept where there is no pattern beside them."""
_FORMATS: Final = frozenset({"date", "date-time", "time", "uuid", *FORMATS})
_NAMED: Final = ("properties", "$defs", "definitions")
_LISTED: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE: Final = ("items", "additionalProperties")


def refuse_unkept(field: str, schema: Schema) -> None:
    """Raises `UnfitRequestError` where an answer of the model could break the schema, with what is in the way."""
    if words := sorted(set(_unkept(schema))):
        listed = ", ".join(words)
        message = (
            f"This box cannot hold a model to {listed} of this schema. Leave that out, or leave out `strict`: the "
            "answer then keeps to all the rest."
        )
        raise UnfitRequestError(field, message)


def _unkept(schema: Schema) -> Iterator[str]:
    kinds = _kinds(schema)
    for word, value in schema.items():
        if word in _NEVER and value and not (word == "multipleOf" and value == 1):
            yield f"`{word}`"
        elif word in _BOUNDS and "number" in kinds:
            yield f"`{word}` of numbers with decimals"
        elif word == "format" and "string" in kinds and isinstance(value, str) and value not in _FORMATS:
            yield f"`format` “{value[:40]}”"
        elif word == "pattern" and isinstance(value, str) and readable(value) is None:
            yield "a `pattern` of this kind"
        elif word in _LENGTHS and "pattern" in schema:
            yield f"`{word}` beside a `pattern`"
    for inner in _inner(schema):
        yield from _unkept(inner)


def _kinds(schema: Schema) -> frozenset[str]:
    kind = schema.get("type")
    kinds = kind if isinstance(kind, list) else [kind]
    return frozenset(one for one in kinds if isinstance(one, str))


def _inner(schema: Schema) -> Iterator[Schema]:
    for word in _NAMED:
        if isinstance(named := schema.get(word), Mapping):
            yield from (one for one in named.values() if isinstance(one, Mapping))
    for word in _LISTED:
        if isinstance(listed := schema.get(word), list):
            yield from (one for one in listed if isinstance(one, Mapping))
    for word in _SINGLE:
        single: Any = schema.get(word)
        if isinstance(single, Mapping):
            yield single
