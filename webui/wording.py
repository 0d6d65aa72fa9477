"""The sentences and figures that the pages say about documents and answers; pure functions."""

from datetime import datetime

from webui.chat_messages import Done, Sources
from webui.household_messages import DiskBackup, Key
from webui.library_messages import Document
from webui.model_messages import Download, Fit, HouseModel, Taking

Account = Sources | Done
"""Of an answer: what it was made from."""
UNITS = ("bytes", "KB", "MB", "GB", "TB")


def size(size_bytes: int) -> str:
    """A file's size as people say it, such as `1.4 MB`."""
    value, unit = float(size_bytes), 0
    while value >= 1000 and unit < len(UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.0f} {UNITS[unit]}" if unit < 2 or value >= 100 else f"{value:.1f} {UNITS[unit]}"


def count(number: int, thing: str) -> str:
    """`1 page`, `2 pages`."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def place(file: str, page: int) -> str:
    """Where words stand, such as `Boiler manual.pdf, page 3`."""
    return f"{file}, page {page}"


def status(document: Document) -> str:
    """How far a file has been read, for its owner."""
    match document.status:
        case "queued":
            return "Waiting to be read"
        case "reading":
            return f"Being read · {document.progress:.0%}"
        case "searchable":
            return f"Found by its words, learning its meaning · {document.progress:.0%}"
        case "ready":
            return "Ready"
        case "failed":
            return "Could not be read"
        case other:
            return other


def disk_backup_words(backup: DiskBackup) -> str:
    """How far the writing of a backup onto a disk is, or how it ended."""
    if backup.problem:
        return backup.problem
    if backup.is_running:
        so_far = f"{size(backup.written_bytes)} of {size(backup.total_bytes)}"
        return f"Writing “{backup.name}” to “{backup.disk}”: {so_far}. Leave the disk in."
    return f"“{backup.name}” is whole on “{backup.disk}”: {size(backup.total_bytes)}. The disk can be pulled out."


def key_facts(key: Key) -> str:
    """How a key begins, its age and its last use."""
    used = f"last used {moment(key.used_at)}" if key.used_at is not None else "never used"
    return f"{key.beginning}… · made {day(key.created_at)} · {used}"


def model_facts(model: HouseModel) -> str:
    """A model's size, licence and origin."""
    parts = [size(model.size_bytes), model.licence, model.source.split(", ")[0]]
    return " · ".join(part for part in parts if part)


def model_state(model: HouseModel) -> str:
    """Whether a model is in memory, and what it takes there."""
    match model.state:
        case "ready" if model.serving:
            return f"Answering now · {size(model.used_bytes)} of memory"
        case "ready":
            return f"In memory · {size(model.used_bytes)}"
        case "loading":
            return "Being loaded"
        case _:
            return "Asleep; the next question wakes it"


def fit_words(fit: Fit) -> str:
    """Whether a model fits this box and how fast it would write there."""
    if fit.place == "none":
        return f"Too large: needs {size(fit.need_bytes)} of memory, and models may take {size(fit.room_bytes)}"
    where = "Fits the graphics card" if fit.place == "graphics" else f"Fits: {size(fit.need_bytes)} of memory"
    if fit.tokens_per_second is None:
        return where
    return f"{where}, about {speed(fit.tokens_per_second)}"


def speed(tokens_per_second: float) -> str:
    """How fast a model writes, in the words that people count: three words are about four tokens."""
    words = tokens_per_second * 0.75
    return f"{words:.0f} words a second" if words >= 3 else f"{words:.1f} words a second"


def download_words(download: Download) -> str:
    """How far a model on its way is."""
    share = download.fetched_bytes / download.size_bytes if download.size_bytes else 0.0
    of_all = f"{size(download.fetched_bytes)} of {size(download.size_bytes)}" if download.size_bytes else ""
    match download.state:
        case "waiting":
            return "Waiting for its turn"
        case "fetching" if download.node_name:
            return f"Copied from “{download.node_name}” · {of_all} · {share:.0%}"
        case "fetching":
            return f"{of_all} · {share:.0%}" if of_all else "Asking for it"
        case "checking":
            return "Being checked"
        case "stopped":
            return f"Stopped at {of_all}" if of_all else "Stopped"
        case "failed":
            return f"Could not be copied from “{download.node_name}”" if download.node_name else "Could not be fetched"
        case _:
            return "Here"


def taking_words(taking: Taking) -> str:
    """How far the taking of a model from a stick is."""
    if taking.problem:
        return taking.problem
    if not taking.is_running:
        return f"Taken from “{taking.disk}”; it is among the models above"
    of_all = f"{size(taking.taken_bytes)} of {size(taking.size_bytes)}"
    return f"Being taken from “{taking.disk}” · {of_all}"


def is_private(document: Document) -> bool:
    """Whether only the person who added it can see it."""
    return document.shelf != "household"


def what_was_read(account: Account) -> str:
    """What an answer was made from; nothing is left out silently."""
    if account.retrieved == 0:
        return "No passage of your files was close enough to read."
    sentence = f"{count(account.retrieved, 'passage')} found, {account.fitted} read by the model"
    sentence = f"{sentence}; {_left_out(account)}." if account.dropped else f"{sentence}; none left out."
    if account.dropped_turns:
        sentence += f" It did not read {count(account.dropped_turns, 'earlier question')}: there was no more room."
    return sentence


def _left_out(account: Account) -> str:
    """Which of the passages the model did not read, and why."""
    if account.weaker is None:
        return f"{account.dropped} left out"
    crowded = account.dropped - account.weaker
    causes = [
        *([f"{account.weaker} left out because they fit the question far less"] if account.weaker else []),
        *([f"{crowded} left out because the model reads no more at once"] if crowded else []),
    ]
    return ", ".join(causes)


def day(value: str | float) -> str:
    """A date as a person writes it; empty where the value is none."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value).astimezone()
    except (ValueError, OSError, OverflowError):
        return ""
    return f"{moment.day} {moment:%B %Y}"


def moment(value: str | float) -> str:
    """A day and its hour, as a person writes them, in the box's own time; empty where the value is none."""
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else datetime.fromtimestamp(value).astimezone()
    except (ValueError, OSError, OverflowError):
        return ""
    when = when.astimezone()
    return f"{when.day} {when:%B %Y, %H:%M}"
