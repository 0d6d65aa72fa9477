"""What a model thinks before its answer is told to nobody, however it came to think."""

import json
from collections.abc import AsyncGenerator

import pytest

from assistant.engine.chat_events import events
from assistant.engine.client import CAREFUL, LlamaServer
from assistant.engine.message import Message
from assistant.engine.pieces import Piece, Stopped
from assistant.engine.thoughts import answer_of, answering
from assistant.generation.plain import written
from assistant.generation.request import Generation, Said
from assistant.generation.whole import collected
from tests.assistant.api.texts import FakeTexts
from tests.engine.real_server import KEY, client_of, serving
from tests.engine.test_chat_events import TIMINGS, chunk, streamed

TURNS = "{%- for m in messages -%}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{%- endfor -%}"
BEGINS = "{%- if add_generation_prompt -%}<|im_start|>assistant\n"
LEFT_EMPTY = TURNS + BEGINS + "{%- if not enable_thinking %}{{ '<think>\\n\\n</think>\\n\\n' }}{% endif %}{% endif %}"
"""As Qwen3: thoughts that the template itself leaves empty where they are not wished for."""
BEGUN = TURNS + BEGINS + "{{ '<think>\\n' }}{% endif %}"
"""As DeepSeek-R1: thoughts that the template begins whatever is asked for."""
CHANNELS = (
    "{#- <|channel|> -#}{%- for m in messages -%}<|start|>{{ m.role }}<|message|>{{ m.content }}<|end|>{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|start|>assistant{%- endif -%}"
)
"""As gpt-oss: an answer of several parts, each in a channel."""
IN_CHANNELS = (
    "<|channel|>analysis<|message|>They greet me.<|end|><|start|>assistant<|channel|>final<|message|>Good morning."
)
ASKED = Generation(model="tiny", said=(Said(role="user", text="Hello?"),), max_tokens=12, sampling=CAREFUL)


async def words(*texts: str) -> AsyncGenerator[Piece | Stopped, None]:
    for text in texts:
        yield Piece(text=text)
    yield Stopped(why="eos", word="", prompt_tokens=1, cached_tokens=0, tokens=len(texts), prompt_seconds=0, seconds=0)


async def told(*texts: str) -> list[str]:
    pieces = [piece async for piece in answer_of(words(*texts))]

    assert isinstance(pieces[-1], Stopped)
    return [piece.text for piece in pieces if isinstance(piece, Piece)]


@pytest.mark.parametrize(
    ("texts", "answer"),
    [
        (("It is ", "<think>", " blue."), ["It is ", "<think>", " blue."]),
        (("\n", "<th", "ink>", "Hm", "m.\n", "</thi", "nk>", "\n\n", "It is ", "blue."), ["It is ", "blue."]),
        (("[THINK]Hm.[/THINK]It is ", "blue."), ["It is ", "blue."]),
        (("<", "b>Blue", "</b>"), ["<", "b>Blue", "</b>"]),
        (("<think>I never", " end"), []),
        (("<th",), ["<th"]),
        ((), []),
    ],
)
async def test_an_answer_begins_where_the_thoughts_before_it_end(texts: tuple[str, ...], answer: list[str]) -> None:
    assert await told(*texts) == answer


async def test_thoughts_are_no_answer_where_a_stop_sequence_is_asked_for() -> None:
    engine = FakeTexts(steps=[("<think>", "Hm.", "</think>", "It is ", "blue.")])

    assert (await collected(written(engine, ASKED))).text == "It is blue."


async def test_what_a_program_has_begun_itself_goes_on_as_it_is() -> None:
    engine = FakeTexts(steps=[("<think>", "Hm.", "</think>")])
    generation = Generation(model="tiny", prompt="Write: ")

    assert (await collected(written(engine, generation))).text == "<think>Hm.</think>"


async def test_thoughts_that_the_engine_tells_apart_only_say_that_it_is_at_work() -> None:
    lines = streamed(
        chunk({"reasoning_content": "They greet"}),
        chunk({"content": "Hello."}),
        chunk({}, finish="stop", timings=TIMINGS),
    )

    assert [one.text async for one in events(lines) if isinstance(one, Piece)] == ["", "Hello."]


@pytest.mark.parametrize(
    ("prompt", "ends"),
    [
        ("<|Assistant|><think>\n", "<think>\n</think>\n\n"),
        ("<|end|><|start|>assistant", "<|start|>assistant<|channel|>final<|message|>"),
        ("assistant\n<think>\n\n</think>\n\n", "assistant\n<think>\n\n</think>\n\n"),
    ],
)
def test_a_rendered_conversation_leaves_no_room_for_thoughts(prompt: str, ends: str) -> None:
    assert answering(prompt).endswith(ends)


@pytest.mark.journey
@pytest.mark.timeout(300)
async def test_a_real_engine_tells_an_answer_alone_after_thoughts_that_were_left_empty() -> None:
    asked = [{"role": "user", "content": "Which colour?"}]
    with serving(LEFT_EMPTY) as socket:
        async with client_of(socket) as engine:
            pieces = [piece async for piece in engine.converse(asked, {"grammar": 'root ::= "It is blue."'})]
            prompt = await engine.render(asked)

    assert "".join(piece.text for piece in pieces if isinstance(piece, Piece)) == "It is blue."
    assert prompt.rstrip().endswith("</think>")


@pytest.mark.journey
@pytest.mark.timeout(300)
async def test_a_real_engine_answers_at_once_where_the_template_begins_with_thoughts() -> None:
    with serving(BEGUN) as socket:
        async with client_of(socket) as engine:
            in_one = await collected(written(engine, ASKED))
            prompt = await engine.render([{"role": "user", "content": "Hello?"}])
        server = LlamaServer(socket=socket, key=KEY)
        asked = [Message(role="user", text="Hello?")]
        from_files = "".join([piece async for piece in server.complete(asked, max_tokens=12)])
        await server.close()

    assert in_one.text.strip()
    assert from_files.strip()
    assert "think>" not in in_one.text + from_files
    assert prompt.rstrip().endswith("</think>")


@pytest.mark.journey
@pytest.mark.timeout(300)
async def test_a_real_engine_tells_the_last_channel_alone() -> None:
    asked = [{"role": "user", "content": "Hello?"}]
    given = {"grammar": f"root ::= {json.dumps(IN_CHANNELS)}", "n_predict": 100, "reasoning_budget_tokens": -1}
    with serving(CHANNELS) as socket:
        async with client_of(socket) as engine:
            pieces = [piece async for piece in engine.converse(asked, given)]
            prompt = await engine.render(asked)

    assert "".join(piece.text for piece in pieces if isinstance(piece, Piece)) == "Good morning."
    assert prompt.endswith("<|start|>assistant<|channel|>final<|message|>")
