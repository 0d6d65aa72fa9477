"""JSON schemas as llama-server enforces them: of properties beside alternatives, it would hold to neither."""

import json
from collections.abc import Mapping
from typing import Any, Final

from assistant.generation.patterns import FORMATS, readable
from assistant.generation.request import Schema

_ALTERNATIVES: Final = ("oneOf", "anyOf")
_NAMED: Final = frozenset({"properties", "$defs", "definitions"})
_LISTED: Final = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_SINGLE: Final = frozenset({"items", "additionalProperties"})
_DEFINITIONS: Final = ("$defs", "definitions")
_LONGEST: Final = 20_000
"""Characters that an object may take once it is written out for each of its alternatives."""


def enforced(schema: Schema) -> dict[str, Any]:
    """The same form with each alternative of an object written out whole.

    llama-server reads the alternatives alone, so that one which only says what is required would let anything pass.
    Where they are too many, or point elsewhere, the object's properties hold, and which it has is left to the model.
    """
    inner = _spelled({key: _inner(key, value) for key, value in schema.items()})
    key = next((one for one in _ALTERNATIVES if isinstance(inner.get(one), list)), None)
    properties = _mapping(inner.get("properties"))
    if key is None or not (properties or inner.get("type") == "object"):
        return inner
    base = {name: value for name, value in inner.items() if name not in _ALTERNATIVES}
    alternatives = [one for one in inner[key] if _is_object(one)]
    if len(alternatives) < len(inner[key]):
        return base if properties else inner
    object_ = {name: value for name, value in base.items() if name not in _DEFINITIONS}
    if len(json.dumps(object_)) * len(alternatives) > _LONGEST:
        return base
    definitions: dict[str, Any] = {name: base[name] for name in _DEFINITIONS if name in base}
    return {**definitions, "anyOf": [_both(object_, one) for one in alternatives]}


def _spelled(schema: dict[str, Any]) -> dict[str, Any]:
    """A text's pattern as llama-server reads it, and the formats that it does not know as patterns."""
    pattern, form = schema.get("pattern"), schema.get("format")
    if isinstance(pattern, str):
        return {**schema, "pattern": readable(pattern) or pattern}
    if schema.get("type") == "string" and isinstance(form, str) and form in FORMATS:
        return {**{key: value for key, value in schema.items() if key != "format"}, "pattern": FORMATS[form]}
    return schema


def _inner(key: str, value: Any) -> Any:
    if key in _NAMED and isinstance(value, Mapping):
        return {name: enforced(one) if isinstance(one, Mapping) else one for name, one in value.items()}
    if key in _LISTED and isinstance(value, list):
        return [enforced(one) if isinstance(one, Mapping) else one for one in value]
    return enforced(value) if key in _SINGLE and isinstance(value, Mapping) else value


def _is_object(alternative: Any) -> bool:
    return (
        isinstance(alternative, Mapping)
        and not alternative.keys() & {"$ref", "const", "enum"}
        and alternative.get("type", "object") == "object"
    )


def _both(base: Schema, alternative: Schema) -> dict[str, Any]:
    """An object that is what its base and one of its alternatives say."""
    properties = {**_mapping(base.get("properties")), **_mapping(alternative.get("properties"))}
    required = [name for one in (base, alternative) for name in _names(one.get("required"))]
    both = {**base, **alternative, "type": "object"}
    if properties:
        both["properties"] = properties
    if required:
        both["required"] = list(dict.fromkeys(required))
    return enforced(both) if both.keys() & set(_ALTERNATIVES) else both


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []
