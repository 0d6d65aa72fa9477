"""From what happened to OpenAI's plain completions, whole and in chunks; pure."""

from collections.abc import Sequence
from typing import Any

from assistant.api.openai.chat import Head, usage_told
from assistant.api.openai.citing import citations_of, in_full, read_told
from assistant.generation.events import Choice, Ended, Reason, Usage
from assistant.generation.whole import Whole

Json = dict[str, Any]
_FINISH: dict[Reason, str] = {"stop": "stop", "length": "length", "calls": "stop"}


def completion(head: Head, answers: Sequence[Whole], *, echoes: Sequence[str], logprobs: int | None, n: int) -> Json:
    """A whole `text_completion`; `echoes` are what stands before each answer, `n` answers go to one prompt."""
    told: Json = {
        **_frame(head),
        "choices": [
            _choice(
                index,
                echo + answer.text,
                _FINISH[answer.ended.reason],
                None if logprobs is None else chances_told(answer.choices, logprobs, len(echo)),
            )
            for index, (answer, echo) in enumerate(zip(answers, echoes, strict=True))
        ],
        "usage": usages_told([answer.ended.usage for answer in answers], n),
    }
    if citations := citations_of(answers[0].quotations):
        told["citations"] = [in_full(citation) for citation in citations]
    if answers[0].read:
        told["hearth"] = read_told(answers[0].read)
    return told


def chunk(head: Head, index: int, text: str, choices: Sequence[Choice], logprobs: int | None, offset: int) -> Json:
    """A piece of a streamed answer, which begins at character `offset` of it."""
    chances = None if logprobs is None else chances_told(choices, logprobs, offset)
    return {**_frame(head), "choices": [_choice(index, text, None, chances)]}


def last_chunk(head: Head, index: int, ended: Ended) -> Json:
    """The end of one streamed answer."""
    return {**_frame(head), "choices": [_choice(index, "", _FINISH[ended.reason], None)]}


def usage_chunk(head: Head, usages: Sequence[Usage], n: int) -> Json:
    """The tokens of all answers, after the last of them."""
    return {**_frame(head), "choices": [], "usage": usages_told(usages, n)}


def usages_told(usages: Sequence[Usage], n: int) -> Json:
    """All tokens: each prompt's once, however many answers it has."""
    told = [usage_told(usages[at : at + n]) for at in range(0, len(usages), n)]
    prompt = sum(one["prompt_tokens"] for one in told)
    answer = sum(one["completion_tokens"] for one in told)
    return {"prompt_tokens": prompt, "completion_tokens": answer, "total_tokens": prompt + answer}


def chances_told(choices: Sequence[Choice], tops: int, offset: int) -> Json:
    """Probabilities in the old form: four lists of one length."""
    offsets = []
    for choice in choices:
        offsets.append(offset)
        offset += len(choice.token)
    return {
        "tokens": [choice.token for choice in choices],
        "token_logprobs": [choice.logprob for choice in choices],
        "top_logprobs": [{other.token: other.logprob for other in choice.others[:tops]} for choice in choices],
        "text_offset": offsets,
    }


def _choice(index: int, text: str, finish: str | None, logprobs: Json | None) -> Json:
    return {"index": index, "text": text, "finish_reason": finish, "logprobs": logprobs}


def _frame(head: Head) -> Json:
    return {"id": head.id, "object": "text_completion", "created": head.created, "model": head.model}
