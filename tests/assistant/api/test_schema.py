"""Whatever is sent, fitting or not: no answer is a 5xx, and none is undocumented."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.assistant.api.box import LOCAL_KEY, Box

CHECKS: Any = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
KEY = {"Authorization": f"Bearer {LOCAL_KEY}"}
EXAMPLES = 4


@pytest.fixture
def claimed(box: Box) -> Box:
    """A box that has an owner, for whom a program asks."""
    with box.database.transaction() as connection:
        connection.execute("INSERT INTO people VALUES ('ada', 'Ada', 'ada', 'owner', 'hash', '2027-01-01')")
        connection.execute(
            "INSERT INTO shelves (id, kind, person_id, name) VALUES ('private-ada', 'private', 'ada', 'Ada')"
        )
    return box


@pytest.mark.journey
@pytest.mark.timeout(900)
def test_no_answer_is_undocumented_or_an_accident(claimed: Box, tmp_path: Path) -> None:
    schema: Any = schemathesis.openapi.from_asgi("/api/openapi.json", claimed.app, headers=KEY)
    operations = [found.ok() for found in schema.get_all_operations()]

    problems = []
    for operation in operations:
        for mode in schemathesis.GenerationMode:
            try:
                _try(operation, mode)
            except Unsatisfiable:
                assert mode is schemathesis.GenerationMode.NEGATIVE  # there is nothing that could be wrong
            except (AssertionError, FailureGroup) as error:
                problems.append(f"{operation.label}: {error}")

    assert len(operations) >= 45
    assert not problems, "\n\n".join(problems)


def _try(operation: Any, mode: schemathesis.GenerationMode) -> None:
    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def one(case: Any) -> None:
        case.call_and_validate(headers=KEY, checks=CHECKS)

    one()
