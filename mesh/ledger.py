"""Owns what became of requests: what is reserved, what was predicted, what came, and how fast a model really is."""

from collections import Counter, OrderedDict, deque
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mesh.scheduler import Need, Prediction

KEPT: Final = 200
CONVERSATIONS: Final = 512
MEMORY: Final = 0.3
"""How much the latest request says about the next one's speed."""
LEAST_TOKENS: Final = 4
"""Fewer tokens than this tell nothing of a speed."""
LEASE_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """One request that was told where to run."""

    lease_id: str
    need: Need
    choice: Prediction
    begun_at: float
    reason: str
    limit_tokens: int = 0
    """The longest answer that may come."""
    overdue_seconds: float = 0.0
    """After so long without a first word another node is asked too; 0 where none could be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a request, beside what was predicted."""

    node_id: str
    name: str
    ok: bool
    predicted_seconds: float
    seconds: float
    prompt_tokens: int = 0
    output_tokens: int = 0
    reason: str = ""

    @property
    def error(self) -> float | None:
        """How far the prediction was off, as a share of the time it took; None for a request that failed."""
        return abs(self.predicted_seconds - self.seconds) / self.seconds if self.ok and self.seconds > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Speed:
    """Measured on one node for one model."""

    prefill_rate: float = 0.0
    decode_rate: float = 0.0


def measured(
    speed: Speed, *, read_tokens: int, read_seconds: float, written_tokens: int, written_seconds: float
) -> Speed:
    """The speed after one more request; what it says too little about stays."""
    if read_tokens >= LEAST_TOKENS and read_seconds > 0:
        speed = replace(speed, prefill_rate=_blended(speed.prefill_rate, read_tokens / read_seconds))
    if written_tokens >= LEAST_TOKENS and written_seconds > 0:
        speed = replace(speed, decode_rate=_blended(speed.decode_rate, written_tokens / written_seconds))
    return speed


class Ledger:
    """Open requests and closed ones of this node."""

    def __init__(self) -> None:
        self.outcomes: deque[Outcome] = deque(maxlen=KEPT)
        self._leases: dict[str, Lease] = {}
        self._reserved: Counter[str] = Counter()
        self.output_share = 1.0
        """How much of the longest answer that may come does come, of late."""
        self._read: OrderedDict[str, dict[str, int]] = OrderedDict()

    @property
    def reserved(self) -> Mapping[str, int]:
        """Requests under way, by node."""
        return self._reserved

    def cached_tokens(self, conversation: str) -> Mapping[str, int]:
        """How much of this conversation's prompt each node has read before."""
        return self._read.get(conversation, {}) if conversation else {}

    def ages(self, now: float) -> Mapping[str, list[float]]:
        """For how many seconds each request under way has been so, by node, the oldest first."""
        found: dict[str, list[float]] = {}
        for lease in self._leases.values():  # in the order in which they began
            found.setdefault(lease.choice.node_id, []).append(now - lease.begun_at)
        return found

    def open(self, lease: Lease) -> None:
        """Reserve a place before the request is sent."""
        self._leases[lease.lease_id] = lease
        self._reserved[lease.choice.node_id] += 1

    def lease(self, lease_id: str) -> Lease | None:
        """A request that is under way."""
        return self._leases.get(lease_id)

    def close(
        self,
        lease_id: str,
        *,
        now: float,
        ok: bool,
        is_whole: bool = True,
        prompt_tokens: int = 0,
        output_tokens: int = 0,
    ) -> None:
        """The request ended; its place is free again. What nobody wanted to the end says nothing of predictions."""
        lease = self._leases.pop(lease_id, None)
        if lease is None:
            return
        node_id = lease.choice.node_id
        self._reserved[node_id] -= 1
        self._reserved += Counter()  # keeps only nodes with something under way
        if ok and prompt_tokens and lease.need.conversation:
            self._remember(lease.need.conversation, node_id, prompt_tokens)
        if ok and not is_whole:
            return
        if ok and lease.limit_tokens:
            share = min(1.0, output_tokens / lease.limit_tokens)
            self.output_share += MEMORY * (share - self.output_share)
        self.outcomes.append(
            Outcome(
                node_id=node_id,
                name=lease.choice.name,
                ok=ok,
                predicted_seconds=lease.choice.total,
                seconds=now - lease.begun_at,
                prompt_tokens=prompt_tokens,
                output_tokens=output_tokens,
                reason=lease.reason,
            )
        )

    def forget_stale(self, now: float) -> None:
        """Close what was never closed: whoever held it has gone."""
        for lease_id in [one for one, lease in self._leases.items() if now - lease.begun_at > LEASE_SECONDS]:
            self.close(lease_id, now=now, ok=False)

    def _remember(self, conversation: str, node_id: str, tokens: int) -> None:
        self._read.setdefault(conversation, {})[node_id] = tokens
        self._read.move_to_end(conversation)
        while len(self._read) > CONVERSATIONS:
            self._read.popitem(last=False)


def _blended(old: float, new: float) -> float:
    return new if old == 0 else old + MEMORY * (new - old)
