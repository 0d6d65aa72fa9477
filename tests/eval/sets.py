"""The sets of `make eval`: a folder with `questions.jsonl` and either `files/` or a corpus of abstracts."""

import gzip
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, and where its answer is known to stand; a file is named by its path below the set's `files/`."""

    id: str
    text: str
    files: frozenset[str]
    pages: frozenset[int]
    """1-based; empty where only the files are known."""
    answer: str
    """Words that stand in the file as they are, or nothing."""
    language: str
    sentences: Mapping[str, frozenset[int]]
    """By file, the numbers of the sentences that carry the answer, from 0."""

    @property
    def is_held_out(self) -> bool:
        """Whether it belongs to the half that figures are reported on; the other half is for tuning."""
        return sum(self.id.encode()) % 2 == 1


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalSet:
    """Questions, and what they are asked of."""

    name: str
    folder: Path
    questions: tuple[Question, ...]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Each file's name and content, in a fixed order."""
        corpus = self.folder / "corpus.jsonl.gz"
        if corpus.exists():
            with gzip.open(corpus, "rt", encoding="utf-8") as lines:
                for line in lines:
                    abstract = json.loads(line)
                    yield f"{abstract['_id']}.md", f"# {abstract['title']}\n\n{abstract['text']}\n".encode()
            return
        root = self.folder / "files"
        for path in sorted(path for path in root.rglob("*") if path.is_file()):
            yield path.relative_to(root).as_posix(), path.read_bytes()


def sets_in(folder: Path) -> Iterator[EvalSet]:
    """All sets below a folder that have questions, by name; the folder may be a set itself."""
    for questions in sorted({*folder.glob("questions.jsonl"), *folder.glob("*/questions.jsonl")}):
        lines = questions.read_text(encoding="utf-8").splitlines()
        yield EvalSet(
            name=questions.parent.name,
            folder=questions.parent,
            questions=tuple(_question(json.loads(line)) for line in lines if line.strip()),
        )


def folders_without_questions(folder: Path) -> list[Path]:
    """The sets that can only be read: those with `files/` and no questions; the folder may be such a set itself."""
    found = {files.parent for files in (*folder.glob("files"), *folder.glob("*/files")) if files.is_dir()}
    return sorted(each for each in found if not (each / "questions.jsonl").exists())


def group(file: str) -> str:
    """The shelf that a file lies on: `en/a00` for `en/a00.p3.md`, so that a whole text can be left out."""
    path = PurePosixPath(file)
    return f"{path.parent}/{path.name.split('.')[0]}" if path.parent.name else ""


def _question(line: dict[str, Any]) -> Question:
    files = frozenset(line.get("gold_files") or [f"{document}.md" for document in line.get("gold_docs", ())])
    sentences: dict[str, frozenset[int]] = {}
    for piece in line.get("evidence") or ():
        if "sents" in piece:
            name = f"{piece['doc']}.md"
            sentences[name] = sentences.get(name, frozenset()) | frozenset(piece["sents"])
    return Question(
        id=str(line["id"]),
        text=line["question"],
        files=files,
        pages=frozenset(line.get("gold_pages") or ()),
        answer=str(line.get("answer", "")),
        language=line.get("lang") or "en",
        sentences=sentences,
    )
