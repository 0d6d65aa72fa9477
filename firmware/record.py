"""Owns the JSON form of the package's frozen dataclasses, in both directions."""

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from firmware.errors import RecordDamagedError

T = TypeVar("T")


def to_json(record: Any) -> str:
    """`record`, a dataclass of this package, as indented JSON that ends with a newline."""
    return json.dumps(asdict(record), ensure_ascii=False, indent=2) + "\n"


def from_json(kind: type[T], text: str) -> T:
    """The `kind` that `to_json` wrote. Unknown fields are passed over: a newer Hearth wrote them.

    Raises RecordDamagedError where the text is not JSON or a value does not fit its field.
    """
    try:
        value = json.loads(text)
    except ValueError as problem:
        raise RecordDamagedError(kind.__name__.lower()) from problem
    built: T = _built(kind, value, kind.__name__.lower())
    return built


def _built(kind: Any, value: object, where: str) -> Any:
    origin = get_origin(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return _dataclass(kind, value, where)
    if origin in (Union, types.UnionType):
        if value is None and type(None) in get_args(kind):
            return None
        (inner,) = (choice for choice in get_args(kind) if choice is not type(None))
        return _built(inner, value, where)
    if origin is tuple:
        if not isinstance(value, list):
            raise RecordDamagedError(where)
        inner = get_args(kind)[0]
        return tuple(_built(inner, item, where) for item in value)
    if origin is Literal:
        if value not in get_args(kind):
            raise RecordDamagedError(where)
        return value
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise RecordDamagedError(where)
    return value


def _dataclass(kind: Any, value: object, where: str) -> Any:
    if not isinstance(value, Mapping):
        raise RecordDamagedError(where)
    hints = get_type_hints(kind)
    arguments = {}
    for field in fields(kind):
        if field.name in value:
            arguments[field.name] = _built(hints[field.name], value[field.name], f"{where}.{field.name}")
        elif field.default is MISSING and field.default_factory is MISSING:
            raise RecordDamagedError(f"{where}.{field.name}")
    return kind(**arguments)
