"""The documents of Anthropic's requests: what stands in each, and how the place of a quotation in it is told."""

import base64
import binascii
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Final, TypeVar

from assistant.api.anthropic.wire import (
    Block,
    CountRequest,
    DocumentBlock,
    PaperSource,
    SearchResultBlock,
    ToolResultBlock,
    Turn,
)
from assistant.generation.errors import UnfitRequestError
from assistant.generation.events import DocumentQuoted
from assistant.generation.request import Document, Parts
from assistant.papers import PDF, Papers

Asked = TypeVar("Asked", bound=CountRequest)
Json = dict[str, Any]
_BETWEEN: Final[dict[Parts, str]] = {"pages": "\n\n", "blocks": "\n", "results": "\n"}


async def with_papers(given: Asked, papers: Papers) -> Asked:
    """The request with its PDFs read; raises `UnfitRequestError`, or the errors of `Papers.pages`."""
    turns = []
    for given_turn in given.messages:
        turn, content = given_turn, given_turn.content
        if not isinstance(content, str):
            turn = turn.model_copy(update={"content": await _read(content, papers)})
        turns.append(turn)
    return given.model_copy(update={"messages": turns})


def document_of(block: DocumentBlock | SearchResultBlock) -> Document:
    """A document's words, and the places in it that can be told; raises `UnfitRequestError`."""
    if isinstance(block, SearchResultBlock):
        parts = tuple(one.text for one in block.content)
        return replace(_joined(block.title, parts, "results"), source=block.source)
    source = block.source
    title = block.title or ""
    if isinstance(source, PaperSource):
        return _joined(title, source.pages, "pages")
    if source.type == "text" and source.data is not None:
        return Document(title=title, text=source.data)
    if source.type == "content" and source.content is not None:
        parts = (source.content,) if isinstance(source.content, str) else tuple(one.text for one in source.content)
        return _joined(title, parts, "blocks")
    message = (
        f"A document of the kind “{source.type}” cannot be read here. Send its text or a PDF's bytes, or add the file "
        "to the library and ask the model “hearth”."
    )
    raise UnfitRequestError("messages", message)


def quotable(messages: Sequence[Turn]) -> tuple[Document, ...]:
    """The documents that the answer quotes; the official API wants all of them or none."""
    blocks = list(_documents(messages))
    wishes = {bool(block.citations and block.citations.enabled) for block in blocks}
    if len(wishes) > 1:
        raise UnfitRequestError("messages", "Citations have to be enabled for all documents or for none.")
    return tuple(map(document_of, blocks)) if wishes == {True} else ()


def place_told(quoted: DocumentQuoted, documents: Sequence[Document]) -> Json:
    """The place of a quotation, as the official API tells it for this kind of document."""
    document = documents[quoted.document]
    first, last = document.part_at(quoted.start), document.part_at(max(quoted.start, quoted.end - 1))
    if document.parts == "results":
        results = [index for index, one in enumerate(documents) if one.parts == "results"]
        return {
            "type": "search_result_location",
            "cited_text": quoted.text,
            "source": document.source,
            "title": document.title or None,
            "search_result_index": results.index(quoted.document),
            "start_block_index": first,
            "end_block_index": last + 1,
        }
    papers = [index for index, one in enumerate(documents) if one.parts != "results"]
    told = {
        "cited_text": quoted.text,
        "document_index": papers.index(quoted.document),
        "document_title": document.title or None,
        "file_id": None,
    }
    match document.parts:
        case "pages":
            return {"type": "page_location", **told, "start_page_number": first + 1, "end_page_number": last + 2}
        case "blocks":
            return {"type": "content_block_location", **told, "start_block_index": first, "end_block_index": last + 1}
        case _:
            return {
                "type": "char_location",
                **told,
                "start_char_index": quoted.start,
                "end_char_index": quoted.end,
            }


async def _read(content: Sequence[Block], papers: Papers) -> list[Block]:
    blocks: list[Block] = []
    for block in content:
        if isinstance(block, DocumentBlock):
            blocks.append(await _read_paper(block, papers))
        elif isinstance(block, ToolResultBlock) and not isinstance(block.content, str | None):
            inner = [await _read_paper(one, papers) if isinstance(one, DocumentBlock) else one for one in block.content]
            blocks.append(block.model_copy(update={"content": inner}))
        else:
            blocks.append(block)
    return blocks


async def _read_paper(block: DocumentBlock, papers: Papers) -> DocumentBlock:
    source = block.source
    if source.type != "base64" or source.media_type != PDF or source.data is None:
        return block
    try:
        content = base64.b64decode(source.data, validate=True)
    except (binascii.Error, ValueError) as error:
        raise UnfitRequestError("messages", "The bytes of this PDF are no base64. Encode them anew.") from error
    return block.model_copy(update={"source": PaperSource(type="base64", pages=await papers.pages(content))})


def _documents(messages: Sequence[Turn]) -> Iterator[DocumentBlock | SearchResultBlock]:
    for turn in messages:
        for block in () if isinstance(turn.content, str) else turn.content:
            if isinstance(block, DocumentBlock | SearchResultBlock):
                yield block
            elif isinstance(block, ToolResultBlock) and not isinstance(block.content, str | None):
                yield from (one for one in block.content if isinstance(one, DocumentBlock | SearchResultBlock))


def _joined(title: str, parts: Sequence[str], kind: Parts) -> Document:
    between = _BETWEEN[kind]
    starts, at = [], 0
    for part in parts:
        starts.append(at)
        at += len(part) + len(between)
    return Document(title=title, text=between.join(parts), parts=kind, starts=tuple(starts))
