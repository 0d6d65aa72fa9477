"""How much more two nodes write than one, engines with equal shares of the processors; how right the scheduler is.

Each node has a core of its own, of which its engine gets `ENGINE_SHARE`: the rest is for its daemons, and for the one
that asks. Otherwise the first node's engine would have its whole core while it is measured alone, and share it with
the daemons that carry the words of the other one afterwards.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from functools import partial
from pathlib import Path
from typing import Any, Final

from assistant.engine.completion import LlamaCompletion
from assistant.engine.leases import Leases
from assistant.engine.mesh import Place, Work
from assistant.engine.pieces import Piece, Stopped
from assistant.engine.watch import Patience
from assistant.generation.models import digest_of
from assistant.generation.placed import placed
from firmware.probe import probe
from firmware.profile import profile
from mesh.bench import question_text
from tests import gguf
from tests.bench.shares import share
from tests.mesh.network.asking import Assistant, assistant_of
from tests.mesh.network.conftest import Lan
from tests.mesh.network.fake_engine import KEY
from tests.mesh.network.node import joined, running
from tests.mesh.network.real_node import RealNode

ENGINE_SHARE: Final = 0.6
REQUESTS: Final = 48
AT_ONCE: Final = 16
"""As many as both engines work on at a time."""
PROMPT_WORDS: Final = 48
OUTPUT_TOKENS: Final = 48
ROUNDS: Final = 3
Ask = Callable[[int], Awaitable[int]]


class SharingNode(RealNode):
    """A node whose engine gets a share of its core."""

    def __init__(self, folder: Path, name: str, *, share_of_engine: Path, **given: Any) -> None:
        super().__init__(folder, name, **given)
        self._share_of_engine = share_of_engine
        # As the product has it on this machine: as many conversations side by side as memory allows.
        (folder / "device/profile.json").write_text(profile(probe(Path("/"))).to_json())

    async def start_engine(self) -> None:
        """See `Node.start_engine`; what the engine starts shares with it."""
        await super().start_engine()
        assert self.engine is not None
        self._share_of_engine.write_text(str(self.engine.pid))


async def two_against_one(lan: Lan) -> dict[str, float]:
    """The ratio of tokens a second, in turns, and the median share by which a predicted time was wrong."""
    with (
        tempfile.TemporaryDirectory(prefix="hm-") as folder,
        share(ENGINE_SHARE) as of_home,
        share(ENGINE_SHARE) as of_guest,
    ):
        home, guest = (
            SharingNode(
                Path(folder) / name,
                name,
                share_of_engine=share_of_engine,
                enter=(*lan.enter[name], "taskset", "--cpu-list", core),
                address=lan.addresses[name],
                port=7377,
                room_bytes=4 << 30,
            )
            for name, core, share_of_engine in (("alpha", "0", of_home), ("beta", "1", of_guest))
        )
        digest = digest_of(gguf.real_model())
        async with running(home, guest):
            await joined(home, guest)
            await home.until(lambda seen: all(one["report"]["engine"] == "ready" for one in seen["nodes"]))
            leases = Leases(desk=home.folder / "run/engine/desk.sock", key=KEY, patience=Patience())
            try:
                async with assistant_of(home) as assistant, leases.held("chat.gguf") as lease:
                    one = partial(_asked_here, lease.completion)
                    two = partial(_asked_anywhere, assistant, lease.completion, digest)
                    await _tokens_a_second(two, 0)  # both measure themselves by what they are asked
                    rates = [
                        (await _tokens_a_second(one, turn), await _tokens_a_second(two, turn))
                        for turn in range(1, ROUNDS + 1)
                    ]
            finally:
                await leases.close()
            outcomes = (await home.seen())["outcomes"]
    errors = [
        abs(told["predicted_seconds"] - told["seconds"]) / told["seconds"]
        for told in outcomes
        if told["ok"] and told["seconds"]
    ]
    alone, together = (statistics.median(column) for column in zip(*rates, strict=True))
    return {"two_nodes_throughput_vs_one": together / alone, "prediction_error_p50": statistics.median(errors)}


async def _tokens_a_second(ask: Ask, turn: int) -> float:
    places = asyncio.Semaphore(AT_ONCE)

    async def asked(number: int) -> int:
        async with places:
            return await ask(number)

    began = time.monotonic()
    written = await asyncio.gather(*(asked(turn * REQUESTS + number) for number in range(REQUESTS)))
    return sum(written) / (time.monotonic() - began)


async def _asked_here(engine: LlamaCompletion, number: int) -> int:
    return await _written(engine.extend(*_question(number)))


async def _asked_anywhere(assistant: Assistant, engine: LlamaCompletion, digest: str, number: int) -> int:
    def there(place: Place) -> AsyncGenerator[Piece | Stopped, None]:
        return assistant.mesh.completion(place).extend(*_question(number))

    work = Work(digest=digest, prompt_tokens=PROMPT_WORDS, output_tokens=OUTPUT_TOKENS)
    return await _written(
        placed(
            assistant.mesh,
            work,
            here=lambda _is_patient: engine.extend(*_question(number)),
            there=there,
            on_place=lambda _place: None,
        )
    )


def _question(number: int) -> tuple[str, dict[str, Any]]:
    options = {"n_predict": OUTPUT_TOKENS, "cache_prompt": False, "ignore_eos": True, "temperature": 0}
    return question_text(seed=number, prompt_words=PROMPT_WORDS), options


async def _written(pieces: AsyncGenerator[Piece | Stopped, None]) -> int:
    tokens = 0
    async with aclosing(pieces):
        async for piece in pieces:
            if isinstance(piece, Stopped):
                tokens = piece.tokens
    return tokens
