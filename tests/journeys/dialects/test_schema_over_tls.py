"""The dialects as their description says, asked over TLS through the page's door, with the real models behind it."""

import time
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance

from assistant.api.dialects import dialect_of
from tests.journeys.dialects.conftest import CHAT_MODEL, EMBEDDING_MODEL, House

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300)]

EXAMPLES = 2
MOST_SECONDS = 90.0
SHORT: dict[str, dict[str, Any]] = {
    "/v1/chat/completions": {"max_tokens": 4, "max_completion_tokens": 4, "n": 1},
    "/v1/completions": {"max_tokens": 4, "n": 1},
    "/v1/responses": {"max_output_tokens": 4},
    "/v1/messages": {"max_tokens": 4},
    "/api/chat": {"options": {"num_predict": 4}},
    "/api/generate": {"options": {"num_predict": 4}},
}
"""No answer may take long: it is their form that is looked at."""
BY_DESIGN: Any = [positive_data_acceptance]
"""Many a request is well formed and yet asks for what this box cannot do; it is refused with a sentence."""


@pytest.fixture
def key(house: House, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A program's key, over TLS that trusts this box alone."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", house.certificate)
    return {"Authorization": f"Bearer {house.key}"}


def test_no_answer_over_the_network_is_undocumented_or_an_accident(house: House, key: dict[str, str]) -> None:
    schema: Any = schemathesis.openapi.from_url(f"{house.url}/api/openapi.json", headers=key)
    operations = [found.ok() for found in schema.get_all_operations()]
    operations = [one for one in operations if dialect_of(one.path, {}) != "hearth"]
    began = time.monotonic()

    problems = []
    for operation in operations:
        for mode in schemathesis.GenerationMode:
            try:
                _try(operation, mode, key)
            except Unsatisfiable:
                assert mode is schemathesis.GenerationMode.NEGATIVE  # there is nothing that could be wrong
            except (AssertionError, FailureGroup) as error:
                problems.append(f"{operation.label}, {mode.value}: {error}")

    assert len(operations) >= 20
    assert not problems, "\n\n".join(problems)
    assert time.monotonic() - began < MOST_SECONDS


def _try(operation: Any, mode: schemathesis.GenerationMode, key: dict[str, str]) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def one(case: Any) -> None:
        if isinstance(case.body, dict) and mode is schemathesis.GenerationMode.POSITIVE:
            case.body.update(SHORT.get(operation.path, {}))
            if "model" in case.body:
                case.body["model"] = EMBEDDING_MODEL if "embed" in operation.path else CHAT_MODEL
        case.call_and_validate(headers=key, excluded_checks=BY_DESIGN, timeout=60)

    one()
