"""A pattern that llama-server would pass over is written so that it holds to it, or a strict request is refused."""

import json
import re

import pytest

from assistant.engine.pieces import Piece, Stopped
from assistant.generation.errors import UnfitRequestError
from assistant.generation.forms import enforced
from assistant.generation.patterns import FORMATS, readable
from assistant.generation.unkept import refuse_unkept
from tests.engine.real_server import client_of, serving

KEPT: dict[str, tuple[list[str], list[str]]] = {
    r"^\d{3}-\w+$": (["123-ab_1"], ["12-a", "abc-1", "123-"]),
    "[0-9]{3}": (["123", "a 123 b"], ["12", '1"23']),
    "^https://": (["https://a.b/c"], ["http://a", 'https://"']),
    r"\.pdf$": (["a.pdf"], ["apdf", "a.pdf "]),
    "^(?:cat|dog)s?$": (["cat", "dogs"], ["cow"]),
    "cat|dog": (["a cat", "dog"], ["cow"]),
    "^[^,]{2}$": (["ab"], ["a,", 'a"', "a\n", "a\\"]),
    r"^[\d.,-]+$": (["1.000,5-"], ["a", ""]),
    "^.$": (["x"], ['"', "\n", "xx"]),
    r"^\$\d+$": (["$5"], ["5"]),
    "^[]a]$": (["]", "a"], ["b"]),
    r"^\S+@\S+$": (["a@b"], ["a b@c", '"@b']),
}


@pytest.mark.parametrize("pattern", list(KEPT))
def test_what_a_pattern_allows_is_what_it_allowed_and_ends_no_text(pattern: str) -> None:
    fits, unfit = KEPT[pattern]

    told = readable(pattern)

    assert told is not None
    assert re.compile(told)
    assert all(re.search(told, one) and re.search(pattern, one) for one in fits)
    assert not [one for one in unfit if re.search(told, one)]
    assert not re.search(r"\\[dDwWsS]", told)


@pytest.mark.parametrize(
    "pattern",
    ["^(?=a)a$", r"\bword\b", r"^(a)\1$", "^a^b$", "[ -~]", '"', r"^\\$", r"\p{L}", "(", "a{,3}", r"[\D]", r"^\n$"],
)
def test_what_cannot_be_written_so_is_known(pattern: str) -> None:
    assert readable(pattern) is None


@pytest.mark.parametrize(
    ("form", "good"),
    [
        ("email", "ada.l@example.org"),
        ("ipv4", "192.168.0.1"),
        ("ipv6", "0:0:0:0:0:0:0:1"),
        ("hostname", "a-b.example"),
        ("duration", "P3DT4H"),
    ],
)
def test_a_format_is_a_pattern(form: str, good: str) -> None:
    told = enforced({"properties": {"v": {"type": "string", "format": form}}})["properties"]["v"]

    assert told == {"type": "string", "pattern": FORMATS[form]}
    assert re.search(told["pattern"], good)
    assert not re.search(told["pattern"], "no such thing")


def test_what_can_be_kept_is_not_refused() -> None:
    form = {
        "$defs": {"name": {"type": "string", "pattern": r"^\w+$"}},
        "type": "object",
        "properties": {
            "minimum": {"$ref": "#/$defs/name"},
            "age": {"type": "integer", "minimum": 0, "exclusiveMaximum": 150, "multipleOf": 1},
            "when": {"type": "string", "format": "date-time"},
            "mail": {"type": "string", "format": "email"},
            "tags": {"type": "array", "items": {"type": "string", "maxLength": 5}, "uniqueItems": False},
        },
        "additionalProperties": False,
    }

    refuse_unkept("schema", form)
    with pytest.raises(UnfitRequestError):
        refuse_unkept("schema", {**form, "minProperties": 2})


@pytest.mark.journey
@pytest.mark.timeout(300)
async def test_a_real_engine_keeps_to_patterns_and_formats_that_it_does_not_know() -> None:
    broken = []
    with serving() as socket:
        async with client_of(socket) as engine:
            for pattern in [r"^\d{3}-\w{2}$", "[0-9]{3}", r"\.pdf$", "^(?:cat|dog)s?$", "^[^,]{9}$", *FORMATS.values()]:
                schema = enforced({"type": "string", "pattern": pattern})
                wish = {"temperature": 1.0, "seed": 7, "n_predict": 120, "json_schema": schema}
                told = [one async for one in engine.extend("JSON: ", wish)]
                text = "".join(piece.text for piece in told if isinstance(piece, Piece))
                last = told[-1]
                if isinstance(last, Stopped) and last.why != "limit" and not re.search(pattern, json.loads(text)):
                    broken.append((pattern, text))

    assert broken == []
