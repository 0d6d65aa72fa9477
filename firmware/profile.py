"""Owns what a PC is given to do: how many threads, how much context, which model and which device computes it."""

from dataclasses import dataclass

from firmware import record
from firmware.accelerators import AMD, INTEL, NVIDIA
from firmware.hardware import Gpu, Hardware, Processor

GB = 1_000_000_000
EMBEDDED_MODEL = "SmolLM2-135M-Instruct"
EMBEDDED_CONTEXT_TOKENS = 8192
ALL_LAYERS = 999


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a choice was made, as a sentence for the owner."""

    choice: str
    """The name of the profile's field."""
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """The engine's settings for one PC."""

    threads: int
    """For writing an answer word by word."""
    batch_threads: int
    """For reading a prompt."""
    embedding_threads: int
    context_tokens: int
    """What one conversation may hold."""
    parallel_slots: int
    """Conversations that are answered at the same time."""
    model: str
    """The model to run now."""
    recommended_model: str
    """The largest model that this PC would run well."""
    gpu_layers: int
    backends: tuple[str, ...]
    """In the order of preference."""
    reasons: tuple[Reason, ...]

    @property
    def engine_context_tokens(self) -> int:
        """What the engine sets aside for all its slots together."""
        return self.context_tokens * self.parallel_slots

    def to_json(self) -> str:
        """This profile as JSON."""
        return record.to_json(self)

    @classmethod
    def from_json(cls, text: str) -> "Profile":
        """The profile that `to_json` described; raises RecordDamagedError."""
        return record.from_json(cls, text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What a PC with at least this much memory has room for."""

    memory_bytes: int
    context_tokens: int
    parallel_slots: int


# A full conversation of the embedded model takes 190 MB: 23 KB a token (30 layers, 3 heads of 64, two f16 values each).
ROOMS = (
    Room(memory_bytes=24 * GB, context_tokens=EMBEDDED_CONTEXT_TOKENS, parallel_slots=16),
    Room(memory_bytes=12 * GB, context_tokens=EMBEDDED_CONTEXT_TOKENS, parallel_slots=8),
    Room(memory_bytes=6 * GB, context_tokens=EMBEDDED_CONTEXT_TOKENS, parallel_slots=4),
    Room(memory_bytes=3 * GB, context_tokens=4096, parallel_slots=2),
    Room(memory_bytes=0, context_tokens=2048, parallel_slots=1),
)

# Two cores answered sixteen people with 2, 4, 8 and 16 slots at 141, 149, 170 and 163 tokens/s, the last of them heard
# the first word after 4.8, 4.2, 2.9 and 1.9 s, and one person alone was answered as fast with all of them. But each
# slot's memory is set aside at the start, and doing so takes time: 0.8, 1.0, 1.6 and 6.7 s. Measured on 2026-11-21.
WORTHWHILE_SLOTS = 8

# The memory a PC needs so that the model in 4-bit form, its context and the rest of Hearth fit; all Apache-2.0.
MODELS = (
    (96 * GB, "gpt-oss-120b"),
    (30 * GB, "Qwen3-30B-A3B"),
    (15 * GB, "Qwen3-8B"),
    (7 * GB, "Qwen3-4B"),
    (3.5 * GB, "Qwen3-1.7B"),
    (0, EMBEDDED_MODEL),
)


def profile(hardware: Hardware) -> Profile:
    """What `hardware` is given to do, with a reason for every choice."""
    processor, memory_bytes = hardware.processor, hardware.memory.usable_bytes or 0
    batch_threads, why_batch_threads = _batch_threads(processor)
    threads, why_threads = _threads(processor, batch_threads, why_batch_threads)
    room = next(room for room in ROOMS if memory_bytes >= room.memory_bytes)
    # Conversations that outnumber the cores only make each other slower, and their memory is set aside at the start.
    slots = min(room.parallel_slots, max(WORTHWHILE_SLOTS, processor.physical_cores))
    recommended, why_recommended = _recommended(memory_bytes)
    gpu_layers, why_gpu = _gpu_layers(hardware.gpus)
    embedding_threads = max(1, min(4, batch_threads // 2))
    amount = f"{memory_bytes / GB:.0f} GB of memory" if memory_bytes else "an unknown amount of memory"
    return Profile(
        threads=threads,
        batch_threads=batch_threads,
        embedding_threads=embedding_threads,
        context_tokens=room.context_tokens,
        parallel_slots=slots,
        model=EMBEDDED_MODEL,
        recommended_model=recommended,
        gpu_layers=gpu_layers,
        backends=("vulkan", "cpu") if gpu_layers else ("cpu",),
        reasons=(
            Reason(choice="threads", sentence=why_threads),
            Reason(choice="batch_threads", sentence=why_batch_threads),
            Reason(
                choice="embedding_threads",
                sentence="Reading files in the background leaves half of the cores to whoever is asking.",
            ),
            Reason(
                choice="context_tokens",
                sentence=(
                    f"With {amount}, one conversation of the model that comes with Hearth can hold "
                    f"{room.context_tokens} tokens; that of a model of your own more, where it was made for that."
                ),
            ),
            Reason(
                choice="parallel_slots",
                sentence=f"Up to {slots} at a time suit {amount} and {processor.physical_cores} core(s).",
            ),
            Reason(choice="model", sentence="This is the model that comes with Hearth."),
            Reason(choice="recommended_model", sentence=why_recommended),
            Reason(choice="gpu_layers", sentence=why_gpu),
        ),
    )


def computing_gpus(gpus: tuple[Gpu, ...]) -> tuple[Gpu, ...]:
    """The graphics that are likely to beat the processor, in the order of preference."""
    return tuple(gpu for gpu in gpus if _refusal(gpu) is None)


def _batch_threads(processor: Processor) -> tuple[int, str]:
    cores, limit = processor.physical_cores, ""
    if processor.numa_nodes > 1 and processor.packages > 1:
        cores = max(1, cores // processor.packages)
        limit = f", on one of {processor.packages} processors since the memory of the others is slower to reach"
    if processor.quota_cores is not None and processor.quota_cores < cores:
        cores = max(1, int(processor.quota_cores))
        limit = f", since this system may use {processor.quota_cores:g} cores"
    if cores == 1:
        return 1, f"One thread: there is one core to work with{limit}."
    return (
        cores - 1,
        f"Computing on {cores - 1} of {cores} cores{limit}; one stays free, for using all of them is slower.",
    )


def _threads(processor: Processor, batch_threads: int, why_batch_threads: str) -> tuple[int, str]:
    fast = processor.performance_cores
    if fast is None:
        return batch_threads, why_batch_threads
    threads = min(batch_threads, max(fast, 4))
    return threads, (
        f"Computing on {threads} cores: the processor has {fast} fast ones and {processor.efficiency_cores} slow ones, "
        "and each word waits for the slowest."
    )


def _recommended(memory_bytes: int) -> tuple[str, str]:
    recommended = next(name for least, name in MODELS if memory_bytes >= least)
    if recommended == EMBEDDED_MODEL:
        return recommended, "A larger model would not fit into this PC's memory."
    return (
        recommended,
        f"With {memory_bytes / GB:.0f} GB of memory, {recommended} would run well; it is not on this stick.",
    )


def _gpu_layers(gpus: tuple[Gpu, ...]) -> tuple[int, str]:
    """All layers on the first graphics card that is likely to beat the processor, else none."""
    gpu = next(iter(computing_gpus(gpus)), None)
    if gpu is None:
        refusals = [refusal for refusal in map(_refusal, gpus) if refusal is not None]
        return 0, " ".join(refusals) or "There is no graphics card."
    return ALL_LAYERS, f"The {gpu.vendor} graphics at {gpu.address} compute all layers, where Vulkan finds them."


def _refusal(gpu: Gpu) -> str | None:
    if gpu.vendor_id not in (AMD, INTEL, NVIDIA):
        return f"The {gpu.vendor} graphics only drive a screen."
    if gpu.driver is None:
        return f"The {gpu.vendor} graphics at {gpu.address} have no driver."
    if gpu.vendor_id == INTEL and gpu.integrated:
        return "The Intel graphics share the processor's memory and would not be faster."
    if not gpu.integrated and gpu.memory_bytes is not None and gpu.memory_bytes < 1 * GB:
        return f"The {gpu.vendor} graphics at {gpu.address} have too little memory."
    return None
