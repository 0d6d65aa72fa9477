"""The lines that the page of programs offers."""

import ast

import pytest

from webui.household_messages import Key
from webui.snippets import snippets, trust
from webui.wording import key_facts


@pytest.mark.parametrize("snippet", snippets("https://hearth.local", "sk-1")[:3], ids=lambda one: one.title)
def test_a_python_snippet_is_whole_and_names_address_and_key(snippet: object) -> None:
    code = str(getattr(snippet, "code", ""))

    ast.parse(code)
    assert "https://hearth.local" in code
    assert "sk-1" in code


def test_the_certificate_is_fetched_from_the_address_that_the_person_came_by() -> None:
    assert "-connect hearth.local:443 " in trust("https://hearth.local")
    assert "-connect 10.0.0.7:8443 " in trust("https://10.0.0.7:8443")


def test_a_key_says_how_it_begins_and_when_it_was_used() -> None:
    key = Key(id="k", name="editor", beginning="sk-hearth-ab", created_at="2026-11-20T10:00:00+00:00")

    assert key_facts(key) == "sk-hearth-ab… · made 20 November 2026 · never used"
    assert "last used 21 November 2026" in key_facts(key.model_copy(update={"used_at": "2026-11-21T12:00:00+00:00"}))
