"""Owns one engine of another make at work: its models, how fast it was measured, and whether it can be used now."""

import asyncio
import contextlib
import json
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any, Final

import httpx

from mesh.errors import ForeignEngineError
from mesh.foreign.engine import ForeignEngine, shown_name
from mesh.foreign.stream import Event, Pace, SilentError, has_end, has_words, kept_watch
from mesh.foreign.wire import RequestRefusedError, Wire
from mesh.ledger import MEMORY, Speed, measured
from mesh.relay import AWAY, BROKE_OFF, Answer
from mesh.report import ModelOffer, NodeReport
from mesh.scheduler import Candidate, Need

log = logging.getLogger(__name__)

ASSUMED_SLOTS: Final = 4
"""Such an engine does not tell how many requests it serves side by side."""
LOOK_SECONDS: Final = 10.0
WELL_SECONDS: Final = 3.0
TRIAL_SECONDS: Final = 8.0
PROBE_SECONDS: Final = 20.0
LONGEST_PAUSE_SECONDS: Final = 60.0
TRIAL_TEXT: Final = "The house has a garden, a kitchen and a cellar. Count from one to ten."
TRIAL_TOKENS: Final = 12
PATHS: Final = {"chat": "/chat/completions", "text": "/completions"}
NOT_ASKED_YET: Final = "was not reached yet"
FILES: Final = "may not see files"
_REFUSALS: Final = frozenset({400, 413, 422})
"""The request's own fault: another engine would refuse it as well."""


class Watched:
    """An engine and what is known of it now."""

    def __init__(self, engine: ForeignEngine) -> None:
        self.engine = engine
        self.models: dict[str, str] = {}
        """By the name that people see: the id that the engine knows."""
        self.problem = NOT_ASKED_YET
        """Why it cannot be used now, as the end of a sentence; empty where it can."""
        self.trouble: ForeignEngineError | None = None
        """The same with its sentence, where the engine itself is the reason."""
        self.round_trip_seconds = 0.0
        self.first_token_seconds = 0.0
        self.speeds: dict[str, Speed] = {}
        self.gone = asyncio.Event()
        """Set when the owner removed it: whatever runs there has to end."""
        self._turn_seconds = 5.0
        self._failed = ""
        """The model that the last failed request was for."""
        self._probe_pause = LOOK_SECONDS / 2
        self._wire = Wire(engine)

    async def close(self) -> None:
        """Let go of the connections."""
        await self._wire.close()

    async def look(self) -> None:
        """Ask for its models; raises ForeignEngineError, which stays known as its problem."""
        began = time.monotonic()
        try:
            ids = await self._wire.models()
        except ForeignEngineError as error:
            self.problem, self.trouble = _PROBLEMS.get(error.code, "does not answer"), error
            raise
        self.round_trip_seconds = time.monotonic() - began
        self.models = {name: one for one in ids if (name := shown_name(one))}
        if not self._failed:
            self.problem, self.trouble = "", None

    async def try_out(self) -> None:
        """Let its first model write a little, as a request would; raises ForeignEngineError where it is no use.

        One that is slow to begin, such as since it loads the model, is believed and measured later.
        """
        try:
            async with asyncio.timeout(TRIAL_SECONDS):
                await self._tried(next(iter(self.models), ""))
        except TimeoutError:
            return
        if self.trouble is not None:
            raise self.trouble

    async def run(self) -> None:
        """Look again and again until cancelled; after a failed request, prove by a real one that it works again."""
        while True:
            with contextlib.suppress(ForeignEngineError):
                await self.look()
                if self._failed:
                    await self._probe()
            await asyncio.sleep(self._probe_pause if self._failed else LOOK_SECONDS)

    def candidate(self, need: Need) -> Candidate:
        """The engine as the scheduler sees a node."""
        name = self._known(need.name) if need.name else ""
        models: tuple[ModelOffer, ...] = ()
        if name:
            speed = self.speeds.get(name, Speed())
            models = (
                ModelOffer(
                    name=name,
                    digest=need.digest,
                    is_loaded=True,
                    prefill_rate=speed.prefill_rate,
                    decode_rate=speed.decode_rate,
                ),
            )
        hidden = FILES if need.holds_files and not self.engine.may_read_files else ""
        return Candidate(
            report=NodeReport(
                node_id=self.engine.engine_id,
                version="",
                clock=0.0,
                port=0,
                engine="ready",
                slots=ASSUMED_SLOTS,
                turn_seconds=self._turn_seconds,
                models=models,
            ),
            name=self.engine.name,
            role="worker",
            round_trip_seconds=self.round_trip_seconds,
            problem=hidden or self.problem,
        )

    async def carried(self, kind: str, model: str, body: bytes) -> Answer:
        """A request's answer: it has begun when this returns, or it has failed and may go elsewhere."""
        asked, model = json.loads(body), self._known(model)
        asked["model"] = self.models.get(model, model)
        pace = Pace(begun_at=time.monotonic())
        wanted = self._wire.answer(PATHS[kind], json.dumps(asked).encode())
        events = kept_watch(wanted, self._is_well)
        first: list[Event] = []
        try:
            async for event in events:
                if event is None or "error" in event:
                    break
                pace.note(event)
                first.append(event)
                if has_words(event):
                    return Answer(status=200, pieces=self._rest(first, events, pace, model))
        except RequestRefusedError as refused:
            return self._refused(refused.status, refused.body, model)
        except (ForeignEngineError, SilentError, httpx.HTTPError) as error:
            return self._away(error, model)
        except BaseException:
            await events.aclose()
            raise
        await events.aclose()
        return self._away(self._wire_error("no_openai"), model)

    async def _rest(
        self,
        first: list[Event],
        events: AsyncGenerator[Event | None, None],
        pace: Pace,
        model: str,
    ) -> AsyncGenerator[bytes, None]:
        ended = any(map(has_end, first))
        async with aclosing(events):
            for event in first:
                yield _line(event)
            try:
                async for told in events:
                    if self.gone.is_set():
                        break
                    if told is None:
                        ended = True
                        break
                    if "error" in told:
                        ended = False
                        break
                    pace.note(told)
                    ended = ended or has_end(told)
                    yield _line(told)
            except (ForeignEngineError, SilentError, httpx.HTTPError) as error:
                self._away(error, model)
                ended = False
            if ended:
                self._note(model, pace)
                yield b"data: [DONE]\n\n"
            else:
                log.warning("An engine of another make broke off in the middle of an answer")
                self._failed_with(model, "broke off in the middle of an answer")
                yield BROKE_OFF

    def _known(self, name: str) -> str:
        """The model's name as it is known here, whatever the case it was asked for in; empty where it is not."""
        return next((one for one in self.models if one.casefold() == name.casefold()), "")

    async def _is_well(self) -> bool:
        if self.gone.is_set():
            return False
        try:
            await self._wire.models(WELL_SECONDS)
        except ForeignEngineError:
            return False
        return True

    async def _probe(self) -> None:
        failed, self._failed = self._failed, ""
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                await self._tried(failed)
        except TimeoutError:
            self._failed_with(failed, "does not answer")
        if self._failed:
            self._probe_pause = min(LONGEST_PAUSE_SECONDS, 2 * self._probe_pause)
        else:
            self._probe_pause = LOOK_SECONDS / 2
            self.problem, self.trouble = "", None

    async def _tried(self, model: str) -> None:
        """Let a model write a little, to the end; what fails is noted as with any request."""
        answer = await self.carried("chat", model, _trial())
        if answer.pieces is not None:
            async with aclosing(answer.pieces) as pieces:
                async for _ in pieces:
                    pass

    def _refused(self, status: int, body: bytes, model: str) -> Answer:
        if status in _REFUSALS:
            return Answer(status=status, body=body)
        code = "wrong_key" if status in {401, 403} else "silent" if status in {429, 503} else "no_openai"
        if status == httpx.codes.NOT_FOUND and model:
            self._failed_with(model, "does not have this model any more")
            return AWAY
        return self._away(self._wire_error(code), model)

    def _away(self, error: Exception, model: str) -> Answer:
        self.trouble = error if isinstance(error, ForeignEngineError) else self._wire_error("silent")
        self._failed_with(model, _PROBLEMS.get(self.trouble.code, "did not answer a request"))
        return AWAY

    def _failed_with(self, model: str, problem: str) -> None:
        self._failed, self.problem = model or next(iter(self.models), ""), problem

    def _wire_error(self, code: str) -> ForeignEngineError:
        return ForeignEngineError(code, host=self.engine.host, port=self.engine.port)

    def _note(self, model: str, pace: Pace) -> None:
        self.speeds[model] = measured(
            self.speeds.get(model, Speed()),
            read_tokens=pace.prompt_tokens,
            read_seconds=pace.first_seconds,
            written_tokens=pace.written,
            written_seconds=pace.writing_seconds,
        )
        old, new = self.first_token_seconds, pace.first_seconds
        self.first_token_seconds = new if old == 0 else old + MEMORY * (new - old)
        self._turn_seconds += MEMORY * (time.monotonic() - pace.begun_at - self._turn_seconds)


def _trial() -> bytes:
    told: dict[str, Any] = {
        "messages": [{"role": "user", "content": TRIAL_TEXT}],
        "max_tokens": TRIAL_TOKENS,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    return json.dumps(told).encode()


def _line(event: Event) -> bytes:
    return b"data: " + json.dumps(event).encode() + b"\n\n"


_PROBLEMS: Final = {
    "wrong_key": "refuses its key",
    "no_openai": "answers with what is not the OpenAI API",
    "no_model": "has no model",
    "certificate": "shows a certificate that nobody vouches for",
    "other_certificate": "shows another certificate",
    "away": "is outside this house now",
    "unknown_host": "is not found by its name",
    "barred": "may not be reached from here",
}
