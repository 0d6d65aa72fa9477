"""What a model writes, step by step: words, forms and calls, each held to its form."""

import json
from typing import Any

from assistant.generation.events import CallArguments, CallBegun, Ended, Happening, Text
from assistant.generation.plain import written
from assistant.generation.request import Call, Generation, Said, Tool
from assistant.generation.tools import CALL_OPEN, arguments_schema, messages_of
from assistant.generation.whole import collected
from tests.assistant.api.texts import FakeTexts

WEATHER = Tool(name="weather", parameters={"type": "object", "properties": {"city": {"type": "string"}}})
NEWS = Tool(name="news")


def asked(**more: Any) -> Generation:
    return Generation(model="tiny", said=(Said(role="user", text="Hello?"),), **more)


async def happenings(engine: FakeTexts, generation: Generation) -> list[Happening]:
    return [happening async for happening in written(engine, generation)]


async def test_words_come_piece_by_piece_and_end_with_what_they_took() -> None:
    told = await happenings(FakeTexts(), asked())

    assert [one.text for one in told if isinstance(one, Text)] == ["It is ", "blue."]
    assert isinstance(told[-1], Ended)
    assert (told[-1].reason, told[-1].usage.completion) == ("stop", 2)


async def test_max_tokens_and_a_form_are_the_engines_to_keep() -> None:
    engine = FakeTexts()

    await happenings(engine, asked(max_tokens=7, schema={"type": "integer"}, logprobs=2))

    options = engine.asked[0][1]
    assert (options["n_predict"], options["json_schema"], options["n_probs"]) == (7, {"type": "integer"}, 2)


async def test_an_engine_at_its_limit_is_told_as_length() -> None:
    told = await happenings(FakeTexts(why="limit"), asked())

    assert isinstance(told[-1], Ended)
    assert told[-1].reason == "length"


async def test_a_forced_call_chooses_a_name_and_then_writes_arguments_of_its_form() -> None:
    engine = FakeTexts(steps=[('"weather"',), ('{"city": ', '"Paris"}')])

    told = await happenings(engine, asked(tools=(WEATHER, NEWS), tool_choice="required", several_calls=False))

    assert [type(one) for one in told[1:]] == [CallBegun, CallArguments, CallArguments, Ended]
    assert engine.asked[0][1]["grammar"] == 'root ::= "\\"weather\\"" | "\\"news\\""'
    assert engine.asked[1][1]["json_schema"] == WEATHER.parameters
    assert str(engine.asked[1][0]).endswith('{"name": "weather", "arguments": ')
    assert told[-1] == Ended(reason="calls", usage=told[-1].usage) if isinstance(told[-1], Ended) else False


async def test_the_only_tool_needs_no_choice() -> None:
    engine = FakeTexts(steps=[("{}",)])

    whole = await collected(written(engine, asked(tools=(NEWS,), tool_choice="required", several_calls=False)))

    assert [(call.name, call.arguments) for call in whole.calls] == [("news", "{}")]
    assert engine.asked[0][1]["json_schema"]["additionalProperties"] is False


async def test_a_model_that_may_choose_answers_in_words() -> None:
    whole = await collected(written(FakeTexts(), asked(tools=(WEATHER,))))

    assert (whole.text, whole.calls, whole.ended.reason) == ("It is blue.", (), "stop")


async def test_a_model_that_begins_a_call_is_held_to_it_and_may_make_another() -> None:
    engine = FakeTexts(
        steps=[("Let me look. ",), ('{"city": "Paris"}',), (f"\n{CALL_OPEN}",), ('{"city": "Rome"}',), ()],
        words=[CALL_OPEN],
    )

    whole = await collected(written(engine, asked(tools=(WEATHER,))))

    assert whole.text == "Let me look. "
    assert [json.loads(call.arguments)["city"] for call in whole.calls] == ["Paris", "Rome"]
    assert whole.ended.reason == "calls"
    assert CALL_OPEN in engine.asked[0][1]["stop"]


FORM = {"type": "object", "properties": {"degrees": {"type": "integer"}}, "required": ["degrees"]}


async def test_a_model_with_tools_and_a_form_begins_with_a_call_or_answers_in_the_form() -> None:
    calling = FakeTexts(steps=[("<tool",), ('{"city": "Paris"}',), ()])
    answering = FakeTexts(steps=[('{"',), ('{"degrees": 18}',)])
    given = asked(tools=(WEATHER,), schema=FORM)

    called = await collected(written(calling, given))
    answered = await collected(written(answering, given))

    assert ([call.name for call in called.calls], called.text) == (["weather"], "")
    assert (answered.calls, answered.text, answered.ended.reason) == ((), '{"degrees": 18}', "stop")
    assert [options.get("json_schema") for _, options in answering.asked] == [None, FORM]
    assert answering.asked[0][0] == answering.asked[1][0]
    assert answered.ended.usage.completion == 1


async def test_the_token_that_chooses_is_none_of_the_answers() -> None:
    engine = FakeTexts(steps=[('{"',), ('{"degrees": 18}',)], why="limit")

    whole = await collected(written(engine, asked(tools=(WEATHER,), schema=FORM, max_tokens=3)))

    assert (whole.text, whole.ended.reason) == ('{"degrees": 18}', "length")
    assert engine.asked[1][1]["n_predict"] == 3


async def test_a_form_gives_way_to_a_call_that_is_required_and_stands_where_none_is_wished_for() -> None:
    forced = FakeTexts(steps=[('{"city": "Paris"}',)])
    barred = FakeTexts(steps=[('{"degrees": 18}',)])

    called = await collected(
        written(forced, asked(tools=(WEATHER,), schema=FORM, tool_choice="required", several_calls=False))
    )
    answered = await collected(written(barred, asked(tools=(WEATHER,), schema=FORM, tool_choice="none")))

    assert [call.arguments for call in called.calls] == ['{"city": "Paris"}']
    assert (answered.text, barred.asked[0][1]["json_schema"]) == ('{"degrees": 18}', FORM)


async def test_calls_end_where_the_answer_may_not_grow() -> None:
    engine = FakeTexts(steps=[("one ", "two "), ("never",)], words=[CALL_OPEN])

    whole = await collected(written(engine, asked(tools=(WEATHER,), max_tokens=2)))

    assert (whole.calls, whole.ended.reason) == ((), "length")
    assert len(engine.asked) == 1


def test_tools_calls_and_results_stand_in_the_conversation_as_text() -> None:
    call = Call(id="c1", name="weather", arguments='{"city": "Paris"}')
    generation = Generation(
        model="tiny",
        said=(
            Said(role="system", text="Be brief."),
            Said(role="user", text="Weather?"),
            Said(role="assistant", text="", calls=(call,)),
            Said(role="tool", text="18 degrees", call_id="c1"),
            Said(role="tool", text="sunny", call_id="c2"),
        ),
        tools=(WEATHER,),
    )

    told = messages_of(generation)

    assert [message["role"] for message in told] == ["system", "user", "assistant", "user"]
    assert told[0]["content"].startswith("Be brief.\n\nYou can call functions.")
    assert '"name": "weather"' in told[2]["content"]
    assert told[3]["content"].count("<tool_response>") == 2


def test_what_one_side_says_twice_is_one_turn_and_nothing_is_lost() -> None:
    said = [
        Said(role="system", text="Be brief."),
        Said(role="assistant", text="Hello!"),
        Said(role="user", text="A letter."),
        Said(role="user", text="Translate it."),
        Said(role="system", text="Into French."),
        Said(role="assistant", text="Let me look."),
        Said(role="assistant", text="", calls=(Call(id="c1", name="news", arguments="{}"),)),
        Said(role="tool", text="none", call_id="c1"),
        Said(role="user", text="And now?"),
    ]

    told = messages_of(Generation(model="tiny", said=tuple(said)))

    assert [(one["role"], one["content"]) for one in told] == [
        ("system", "Be brief."),
        ("user", ""),
        ("assistant", "Hello!"),
        ("user", "A letter.\n\nTranslate it.\n\nInto French."),
        ("assistant", 'Let me look.\n<tool_call>\n{"name": "news", "arguments": {}}\n</tool_call>'),
        ("user", "<tool_response>\nnone\n</tool_response>\n\nAnd now?"),
    ]


def test_instructions_alone_are_what_is_asked() -> None:
    said = (Said(role="system", text="Greet everybody."),)

    assert messages_of(Generation(model="tiny", said=said)) == [{"role": "user", "content": "Greet everybody."}]
    told = messages_of(Generation(model="tiny", said=said, tools=(NEWS,)))
    assert [one["role"] for one in told] == ["system", "user"]
    assert told[1]["content"] == "Greet everybody."


def test_a_tool_without_parameters_takes_an_empty_object() -> None:
    assert arguments_schema(NEWS) == {"type": "object", "properties": {}, "additionalProperties": False}
    assert arguments_schema(WEATHER) == WEATHER.parameters
