"""How good an order of findings is; pure. Figures come with the interval in which they lie with 95 % certainty."""

import math
import random
from collections.abc import Collection, Sequence
from dataclasses import dataclass

_RESAMPLES = 1000
_SEED = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A mean over questions, and the bounds of its 95 % confidence interval."""

    value: float
    low: float
    high: float
    questions: int


def ndcg(found: Sequence[str], gold: Collection[str], most: int = 10) -> float:
    """Normalised discounted cumulative gain with binary relevance (Järvelin and Kekäläinen 2002)."""
    gain = sum(1 / math.log2(rank + 2) for rank, name in enumerate(found[:most]) if name in gold)
    ideal = sum(1 / math.log2(rank + 2) for rank in range(min(len(gold), most)))
    return gain / ideal if ideal else 0.0


def mean(values: Sequence[float]) -> Figure | None:
    """The mean with a percentile bootstrap interval (Efron 1979), or None of nothing."""
    if not values:
        return None
    choose = random.Random(_SEED)
    means = sorted(sum(choose.choices(values, k=len(values))) / len(values) for _ in range(_RESAMPLES))
    return Figure(
        value=sum(values) / len(values),
        low=means[int(_RESAMPLES * 0.025)],
        high=means[int(_RESAMPLES * 0.975)],
        questions=len(values),
    )
