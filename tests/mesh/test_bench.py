"""What `hearth bench` asks of a node is the same for the same seed, and what the engine says of itself is believed."""

import json
from collections.abc import AsyncGenerator

import pytest

from mesh.bench import FIRST_BYTES, MOST_BYTES, measured_run, piece_bytes, question
from mesh.errors import BenchRefusedError
from mesh.relay import Answer

END = {"prompt_n": 250, "prompt_ms": 500.0, "predicted_n": 32, "predicted_ms": 1000.0}


async def stream(*told: dict[str, object]) -> AsyncGenerator[bytes, None]:
    for one in told:
        yield b"data: " + json.dumps(one).encode() + b"\n\n"


def answered(*told: dict[str, object]) -> Answer:
    return Answer(status=200, pieces=stream(*told))


def test_a_prompt_follows_from_its_seed_and_nothing_of_it_was_read_before() -> None:
    one, same, other = (question(seed=seed, prompt_words=64, output_tokens=16) for seed in (7, 7, 8))

    assert one == same != other
    told = json.loads(one)
    assert len(told["prompt"].split()) == 64
    assert (told["n_predict"], told["cache_prompt"], told["ignore_eos"]) == (16, False, True)


async def test_a_run_takes_the_engines_own_clock_and_ours_for_the_whole() -> None:
    answer = answered({"content": "a"}, {"content": "", "stop": True, "timings": END})

    run = await measured_run(answer, began=10.0, monotonic=lambda: 11.75)

    assert (run.prompt_tokens, run.prompt_seconds) == (250, 0.5)
    assert (run.output_tokens, run.output_seconds) == (32, 1.0)
    assert run.seconds == 1.75


@pytest.mark.parametrize("told", [(), ({"content": "a"},), ({"timings": {**END, "predicted_n": 0}},)])
async def test_a_stream_that_breaks_off_or_says_nothing_of_use_is_no_measurement(
    told: tuple[dict[str, object]],
) -> None:
    with pytest.raises(BenchRefusedError, match="did not say how long"):
        await measured_run(answered(*told), began=0.0, monotonic=lambda: 1.0)


async def test_a_refusal_is_told_in_the_nodes_own_words() -> None:
    refusal = Answer(status=503, body=b'{"error": {"message": "The node did not answer."}}')

    with pytest.raises(BenchRefusedError, match=r"The node did not answer\."):
        await measured_run(refusal, began=0.0, monotonic=lambda: 1.0)


def test_a_slow_link_is_measured_with_little_and_a_fast_one_with_no_more_than_the_port_takes() -> None:
    assert piece_bytes(1_000.0) == FIRST_BYTES
    assert piece_bytes(2_000_000.0) == 1_000_000
    assert piece_bytes(1e12) == MOST_BYTES
