"""What a short run says about a PC: the fastest threads and batch, and speeds that hold for other models."""

import json
from pathlib import Path

import pytest

from assistant.engine.measuring import bench_command, candidates, measured

RUNS = [
    {
        "n_prompt": 256,
        "n_gen": 0,
        "n_threads": 3,
        "n_ubatch": 128,
        "avg_ts": 90.0,
        "model_size": 100,
        "model_n_params": 10,
    },
    {
        "n_prompt": 256,
        "n_gen": 0,
        "n_threads": 7,
        "n_ubatch": 512,
        "avg_ts": 200.0,
        "model_size": 100,
        "model_n_params": 10,
    },
    {
        "n_prompt": 0,
        "n_gen": 32,
        "n_threads": 3,
        "n_ubatch": 128,
        "avg_ts": 30.0,
        "model_size": 100,
        "model_n_params": 10,
    },
    {
        "n_prompt": 0,
        "n_gen": 32,
        "n_threads": 7,
        "n_ubatch": 128,
        "avg_ts": 20.0,
        "model_size": 100,
        "model_n_params": 10,
    },
]


def test_the_fastest_of_each_is_taken() -> None:
    found = measured("pc", json.dumps(RUNS))

    assert (found.threads, found.batch_threads, found.batch) == (3, 7, 512)
    assert found.writing_bytes_per_second == 3000
    assert found.reading_parameters_per_second == 2000


@pytest.mark.parametrize("output", ["", "[]", "{}", "[1]", json.dumps(RUNS[:1]), json.dumps([{"avg_ts": 1}])])
def test_a_run_that_says_nothing_is_no_measurement(output: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        measured("pc", output)


def test_never_more_threads_are_tried_than_leave_a_core_to_others() -> None:
    assert candidates(1, 1) == (1,)
    assert max(candidates(4, 7)) == 7
    assert min(candidates(4, 7)) >= 3


def test_the_run_measures_reading_and_writing_on_the_processor() -> None:
    words = bench_command(Path("/e/llama-bench"), Path("/m/chat.gguf"), (3, 7))

    assert words[words.index("--threads") + 1] == "3,7"
    assert words[words.index("--n-gpu-layers") + 1] == "0"
    assert "--device" not in words
    assert words[words.index("--output") + 1] == "json"


def test_the_run_measures_the_graphics_card_where_that_will_serve() -> None:
    words = bench_command(Path("/e/llama-bench"), Path("/m/chat.gguf"), (3,), device="Vulkan1")

    assert words[words.index("--device") + 1] == "Vulkan1"
    assert int(words[words.index("--n-gpu-layers") + 1]) > 100
    assert measured("pc", json.dumps(RUNS), on_graphics=True).on_graphics
