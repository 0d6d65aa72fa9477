"""Owns models that no node can hold: whether they run over several, and the one of them that does."""

import asyncio
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping, Sequence, Set
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal, Protocol

from mesh.belonging import Belonging
from mesh.errors import EngineGoneError, SplitRefusedError
from mesh.ledger import Lease
from mesh.links import Links
from mesh.report import EngineState, ModelOffer
from mesh.routing import Router
from mesh.scheduler import SERVING_ROLES, Candidate, Need, Prediction, unfit, unwell
from mesh.split_plan import GUESSED_WEIGHTS_A_SECOND, Part, Rival, SplitModel, SplitPlan, SplitRefused, planned
from mesh.split_session import House, Link, Session
from mesh.wires import Wires

log = logging.getLogger(__name__)

SPLIT: Final = "split"
"""In place of a node's id, where several compute."""
PROMPT_FACTOR: Final = 8
"""Prompts are read so many times as fast as answers are written, where nothing better is known."""
SWEEP_SECONDS: Final = 1.0


class SplitHouse(House, Protocol):
    """See `House`."""

    def split_models(self, digest: str) -> Sequence[SplitModel]:
        """The model with longer and shorter conversations, the longest first; none where its file is not here."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitStatus:
    """A model of this box that no node can hold, for the person."""

    digest: str
    name: str
    state: Literal["ready", "loading", "possible", "refused"]
    where: str = ""
    tokens_per_second: float | None = None
    """As predicted."""
    layers: tuple[tuple[str, int], ...] = ()
    """How many layers each box computes, this one first."""
    refusal: str = ""
    left_out: Mapping[str, str] = field(default_factory=dict)
    """Why each node that computes no part does not, by its name."""


class Split:
    """Decides, and keeps the one split model; for an EngineDoor it is an engine."""

    def __init__(
        self,
        *,
        belonging: Belonging,
        links: Links,
        router: Router,
        house: SplitHouse,
        wires: Wires | None,
        is_ours: Callable[[socket.socket, tuple[str, int]], bool],
        monotonic: Callable[[], float],
        least_tokens_per_second: float,
        idle_seconds: float,
    ) -> None:
        self._belonging = belonging
        self._links = links
        self._router = router
        self._house = house
        self._wires = wires
        self._is_ours = is_ours
        self._monotonic = monotonic
        self._least_tokens_per_second = least_tokens_per_second
        self._idle_seconds = idle_seconds
        self._session: Session | None = None
        self._used_at = 0.0
        self._preparing = asyncio.Lock()
        self.notice = ""
        """Why the last split model ended before its time; empty where none did."""

    def considered(self, digest: str) -> SplitPlan | SplitRefused | None:
        """How this model would run over several nodes, or why not; None where that is no question."""
        candidates = self._router.candidates()
        here = next((one for one in candidates if one.is_here), None)
        models = self._house.split_models(digest)
        if here is None or not models or len(candidates) < 2:
            return None
        out = {one.name: why for one in candidates if not one.is_here and (why := _problem(one, here))}
        others = [_part(one) for one in candidates if not one.is_here and one.name not in out]
        found: SplitPlan | SplitRefused | None = None
        for model in models:
            found = planned(
                model,
                _part(here),
                others,
                rivals=_rivals(candidates, model),
                least_tokens_per_second=self._least_tokens_per_second,
                left_out=out,
            )
            if isinstance(found, SplitPlan):
                return found
        return found

    def lease(self, need: Need, without: Set[str]) -> Lease | str:
        """A place for a request, or why there is none, as a sentence; empty where that is no question."""
        if SPLIT in without:
            return self.notice
        if self._belonging.identity.node_id in without:
            return ""  # this box has the model and failed for once
        if need.stays_here:
            return "It may not run on other nodes, since words of a shelf that stays on this box are in it."
        session = self._alive(need.digest)
        plan = session.plan if session else self.considered(need.digest)
        if plan is None or isinstance(plan, SplitRefused):
            return plan.reason if plan else ""
        lease = Lease(
            lease_id=secrets.token_urlsafe(12),
            need=need,
            choice=_prediction(plan, need, is_loaded=session is not None),
            begun_at=self._monotonic(),
            reason=(
                f"Computed on {plan.names}, since no box alone has the memory: "
                f"{plan.tokens_per_second:.2g} tokens a second were predicted."
            ),
            limit_tokens=need.output_tokens,
        )
        self._router.ledger.open(lease)
        return lease

    async def prepared(self, digest: str) -> None:
        """Bring the model into the memory of the nodes; raises SplitRefusedError."""
        async with self._preparing:
            session = self._alive(digest) or await self._begun(digest)
        await session.served_at()
        self.notice, self._used_at = "", self._monotonic()

    def link(self, digest: str) -> Link:
        """How the boxes of this model reach each other; empty where it runs over none."""
        session = self._alive(digest)
        return session.link if session else ""

    @asynccontextmanager
    async def held(self, digest: str, *, is_use: bool = True) -> AsyncIterator[Path]:
        """See `Engines.held`; only a model that was prepared can be held."""
        session = self._alive(digest)
        if session is None:
            raise EngineGoneError("This model is not in memory.")
        session.holders += 1
        try:
            yield await session.served_at()
        except SplitRefusedError as error:
            raise EngineGoneError(str(error)) from error
        finally:
            session.holders -= 1
            self._used_at = self._monotonic() if is_use else self._used_at

    def offers(self) -> tuple[ModelOffer, ...]:
        """See `Engines.offers`; what is split is offered to nobody else."""
        return ()

    def file(self, digest: str) -> Path | None:  # noqa: ARG002 - see below
        """See `Engines.file`; who wants to copy the model asks the engine that has it."""
        return None

    async def state(self) -> EngineState:
        """See `Engines.state`."""
        return "ready" if self._session is not None and not self._session.is_over else "down"

    def is_well(self, digest: str) -> bool:
        """Whether the model still runs, for whoever waits in a long silence."""
        return self._alive(digest) is not None

    def broke_off(self) -> None:
        """A request was not answered to its end: what has not ended yet is let go, so that the next begins anew."""
        if self._session is not None:
            self._session.end("It stopped in the middle of an answer.")

    async def let_go(self) -> None:
        """End the split model now; the other nodes get their memory back."""
        if self._session is not None:
            self._session.end("The owner let it go.", is_wished=True)
            await self._session.gone()

    def statuses(self) -> list[SplitStatus]:
        """Every model of this box that no node can hold: where it runs, would run, or why it does not."""
        candidates = self._router.candidates()
        own = next((one.report for one in candidates if one.is_here), None)
        found = []
        for model in own.models if own else ():
            if not any(not unfit(one, model.digest) for one in candidates):
                session = self._alive(model.digest)
                plan = session.plan if session else self.considered(model.digest)
                if plan is not None:
                    found.append(_status(model, plan, session))
        return found

    async def run(self) -> None:
        """Give the other nodes their memory back when nobody asks any more, until cancelled."""
        try:
            while True:
                await asyncio.sleep(min(SWEEP_SECONDS, self._idle_seconds))
                session = self._session
                if session is None:
                    continue
                if session.is_loaded and not session.holders and self._monotonic() - self._used_at > self._idle_seconds:
                    session.end("Nobody used it.", is_wished=True)
                if session.is_over:
                    await session.gone()
                    self._session = None if self._session is session else self._session
        finally:
            if self._session is not None:
                self._session.end("This box stops.", is_wished=True)
                await self._session.gone()

    def _alive(self, digest: str) -> Session | None:
        session = self._session
        return session if session is not None and session.digest == digest and not session.is_over else None

    async def _begun(self, digest: str) -> Session:
        old = self._session
        if old is not None:
            if old.holders and not old.is_over:
                raise SplitRefusedError("Another model runs over these boxes and is answering now. Try again later.")
            old.end("Another model takes its place.", is_wished=True)
            await old.gone()
        plan = self.considered(digest)
        if not isinstance(plan, SplitPlan):
            raise SplitRefusedError(plan.reason if plan else "This model cannot be split here.")
        self._used_at = self._monotonic()
        self._session = Session(
            digest,
            plan,
            belonging=self._belonging,
            links=self._links,
            house=self._house,
            wires=self._wires,
            is_ours=self._is_ours,
            on_broken=self._broken,
        )
        return self._session

    def _broken(self, why: str) -> None:
        self.notice = why


def _status(model: ModelOffer, plan: SplitPlan | SplitRefused, session: Session | None) -> SplitStatus:
    if isinstance(plan, SplitRefused):
        return SplitStatus(
            digest=model.digest,
            name=model.name,
            state="refused",
            tokens_per_second=plan.tokens_per_second,
            refusal=plan.reason,
        )
    return SplitStatus(
        digest=model.digest,
        name=model.name,
        state="possible" if session is None else "ready" if session.is_loaded else "loading",
        where=plan.names,
        tokens_per_second=plan.tokens_per_second,
        layers=(("this box", plan.here_layers), *((share.name, share.layers) for share in plan.shares)),
        left_out=plan.left_out,
    )


def _problem(candidate: Candidate, here: Candidate) -> str:
    """Why a node cannot compute a part, as the end of a sentence; empty where it can."""
    report = candidate.report
    if candidate.problem:
        return candidate.problem
    if candidate.role not in SERVING_ROLES:
        return f"is a {candidate.role} and computes for nobody else"
    if report.version != here.report.version:
        return "runs another version of Hearth"
    return unwell(report.vitals) or ("" if report.lends else "lends no memory now")


def _part(candidate: Candidate) -> Part:
    report = candidate.report
    return Part(
        node_id=report.node_id,
        name=candidate.name,
        room_bytes=report.room_bytes,
        weights_per_second=report.weights_per_second,
        round_trip_seconds=0.0 if candidate.is_here else candidate.round_trip_seconds,
        bytes_per_second=candidate.bytes_per_second,
    )


def _rivals(candidates: Sequence[Candidate], model: SplitModel) -> list[Rival]:
    """Smaller models that a node can run alone now."""
    return [
        Rival(
            name=offer.name,
            tokens_per_second=offer.decode_rate
            or (candidate.report.weights_per_second or GUESSED_WEIGHTS_A_SECOND) / max(1, offer.size_bytes),
        )
        for candidate in candidates
        for offer in candidate.report.models
        if offer.size_bytes < model.weight_bytes and not unfit(candidate, offer.digest)
    ]


def _prediction(plan: SplitPlan, need: Need, *, is_loaded: bool) -> Prediction:
    load = 0.0 if is_loaded else plan.load_seconds
    prompt = need.prompt_tokens / plan.tokens_per_second / PROMPT_FACTOR
    output = need.output_tokens / plan.tokens_per_second
    return Prediction(
        node_id=SPLIT,
        name=plan.names,
        is_here=False,
        waiting=0.0,
        fixed=load,
        prompt=prompt,
        output=output,
        total=load + prompt + output,
    )
