"""From Ollama's requests to ours; pure."""

import json
from typing import Any

from assistant.api.ollama.wire import GenerateRequest, OllamaChatRequest, OllamaMessage, Options
from assistant.engine.sampling import Sampling
from assistant.generation.errors import UnfitRequestError
from assistant.generation.request import Call, Generation, Said, Schema, Tool

_THINK = "The models of this box do not think aloud. Leave out `think`."


def chat_asked(given: OllamaChatRequest) -> Generation:
    """A chat request in our form; raises `UnfitRequestError`."""
    tools = tuple(
        Tool(
            name=one.function.name,
            description=one.function.description or "",
            parameters=one.function.parameters or {},
        )
        for one in given.tools or ()
    )
    return Generation(
        model=given.model,
        said=tuple(_said(message) for message in given.messages),
        tools=tools,
        schema=_form(given.format),
        **_common(given),
    )


def generate_asked(given: GenerateRequest) -> Generation:
    """A generate request in our form; raises `UnfitRequestError`."""
    for field, value in (("suffix", given.suffix), ("template", given.template), ("context", given.context)):
        if value:
            raise UnfitRequestError(field, f"This box does not take `{field}`. Leave it out, or use /api/chat.")
    if given.images:
        raise UnfitRequestError("images", "The models of this box read text alone. Leave out `images`.")
    if given.raw and given.system:
        message = (
            "With `raw` the model reads the prompt and nothing else. Leave out `system`, or put it into the prompt."
        )
        raise UnfitRequestError("system", message)
    prompt = given.prompt or ""
    system = (Said(role="system", text=given.system),) if given.system else ()
    return Generation(
        model=given.model,
        said=() if given.raw else (*system, Said(role="user", text=prompt)),
        prompt=prompt if given.raw else None,
        schema=_form(given.format),
        **_common(given),
    )


def _common(given: OllamaChatRequest | GenerateRequest) -> dict[str, Any]:
    if given.think:
        raise UnfitRequestError("think", _THINK)
    if given.top_logprobs and not given.logprobs:
        raise UnfitRequestError("top_logprobs", "`top_logprobs` needs `logprobs` to be true.")
    options = given.options or Options()
    _refuse(options)
    limit = options.num_predict
    if limit == 0:
        raise UnfitRequestError("options.num_predict", "An answer of no tokens is none. Leave out `num_predict`.")
    return {
        "sampling": _sampling(options),
        "max_tokens": limit if limit is not None and limit > 0 else None,
        "logprobs": (given.top_logprobs or 0) if given.logprobs else None,
    }


def _sampling(options: Options) -> Sampling:
    stop = options.stop or ()
    return Sampling(
        temperature=options.temperature,
        top_p=options.top_p,
        top_k=options.top_k,
        min_p=options.min_p,
        seed=None if options.seed is None else options.seed % 2**32,
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        presence_penalty=options.presence_penalty,
        frequency_penalty=options.frequency_penalty,
        repeat_penalty=options.repeat_penalty,
        repeat_last_n=options.repeat_last_n,
    )


def _refuse(options: Options) -> None:
    if options.mirostat:
        raise UnfitRequestError("options.mirostat", "This box does not offer `mirostat`. Leave it out.")
    if options.typical_p not in {None, 1.0}:
        raise UnfitRequestError("options.typical_p", "This box does not offer `typical_p`. Leave it out.")


def _form(form: str | dict[str, Any] | None) -> Schema | None:
    if not form:
        return {} if form == {} else None
    return {} if form == "json" or isinstance(form, str) else form


def _said(message: OllamaMessage) -> Said:
    if message.images:
        raise UnfitRequestError("messages", "The models of this box read text alone. Leave out `images`.")
    calls = tuple(
        Call(id="", name=call.function.name, arguments=json.dumps(call.function.arguments, ensure_ascii=False))
        for call in message.tool_calls or ()
    )
    return Said(role=message.role, text=message.content or "", calls=calls)
