"""Compares the requantised chat model with the weights as they were shipped: it may not lose answers.

Thirty questions are asked of both. Three figures are compared with bars: how many of the shipped weights' right answers
the requantised ones give as well; how often both would say the same next token, along the shipped weights' own answers;
and how much more surprising the requantised ones find the questions' texts.

LLAMA_CPP_LIB_PATH must name the folder of the engine, as it must wherever the binding is used.
"""

import math
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import llama_cpp
import numpy

from image.build.chat_check import load_processor_variants
from image.build.chat_questions import QUESTIONS
from image.build.chat_verdict import Figures, verdict

_ANSWER_TOKENS = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One question as a model read it, with the shipped weights' answer behind it."""

    says: str
    choices: list[int]
    """The likeliest token at each place of that answer."""
    loss: float
    """Of the question's own text, a token, in nats."""


def compared(shipped: Path, requantised: Path) -> Figures:
    """Ask both."""
    before, reader = _opened(shipped), _opened(shipped, reads=True)
    answers = [_answer(before, text, question) for text, question, _wanted in QUESTIONS]
    read_before = [
        _read(reader, text, question, answer) for (text, question, _), answer in zip(QUESTIONS, answers, strict=True)
    ]
    after, rereader = _opened(requantised), _opened(requantised, reads=True)
    says = [_answer(after, text, question) for text, question, _wanted in QUESTIONS]
    read_after = [
        _read(rereader, text, question, answer) for (text, question, _), answer in zip(QUESTIONS, answers, strict=True)
    ]
    right = [wanted in answer.casefold() for (_, _, wanted), answer in zip(QUESTIONS, answers, strict=True)]
    kept = [was and wanted in said.casefold() for was, (_, _, wanted), said in zip(right, QUESTIONS, says, strict=True)]
    pairs = [
        (a, b)
        for one, other in zip(read_before, read_after, strict=True)
        for a, b in zip(one.choices, other.choices, strict=True)
    ]
    losses = [other.loss - one.loss for one, other in zip(read_before, read_after, strict=True)]
    return Figures(
        right=sum(right),
        kept=sum(kept),
        agreement=sum(a == b for a, b in pairs) / len(pairs),
        perplexity_ratio=math.exp(sum(losses) / len(losses)),
    )


def main(argv: list[str]) -> int:
    """Take the shipped and the requantised model; return 1, with a sentence, where answers were lost."""
    load_processor_variants(Path(os.environ["LLAMA_CPP_LIB_PATH"]))
    figures = compared(Path(argv[0]), Path(argv[1]))
    print(figures)
    if problem := verdict(figures):
        print(problem)
        return 1
    return 0


def _opened(model: Path, *, reads: bool = False) -> Any:
    return llama_cpp.Llama(str(model), n_ctx=256, n_threads=os.cpu_count(), logits_all=reads, verbose=False)


def _asked(text: str, question: str) -> str:
    return f"Context:\n{text}\n\nQuestion: {question}"


def _answer(model: Any, text: str, question: str) -> str:
    messages = [{"role": "user", "content": _asked(text, question)}]
    said = model.create_chat_completion(messages=messages, max_tokens=_ANSWER_TOKENS, temperature=0.0)
    return str(said["choices"][0]["message"]["content"])


def _read(model: Any, text: str, question: str, answer: str) -> Read:
    """One pass over question and answer, with what the model expects at each place."""
    turn = f"<|im_start|>user\n{_asked(text, question)}<|im_end|>\n<|im_start|>assistant\n"
    asked = model.tokenize(turn.encode(), add_bos=False, special=True)
    said = model.tokenize(answer.encode(), add_bos=False, special=False)
    model.reset()
    model.eval([*asked, *said])
    logits = numpy.asarray(model.scores[: len(asked) + len(said)], dtype=numpy.float64)
    highest = logits.max(axis=1, keepdims=True)
    chances = logits - highest - numpy.log(numpy.exp(logits - highest).sum(axis=1, keepdims=True))
    loss = -float(numpy.mean([chances[place, token] for place, token in enumerate(asked[1:])]))
    choices = [int(token) for token in logits[len(asked) - 1 : -1].argmax(axis=1)]
    return Read(says=answer, choices=choices, loss=loss)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
