"""Entities in the XML inside of files: none is made longer, and none brings in a file or calls out."""

from pathlib import Path

import pytest

from assistant.parser.failure import FileFailureError
from tests.assistant.parser.reading import reason_in_a_process, text, zipped
from tests.office import docx, paragraph

BOMB = "<!DOCTYPE w [<!ENTITY a '{}'>{}]>".format(
    "lol" * 10,
    "".join(f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefgh", "bcdefghi", strict=True)),
)
BODY = (
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
    "<w:p><w:r><w:t>The valve. {entity}</w:t></w:r></w:p></w:body></w:document>"
)


def word(document: str) -> bytes:
    """A Word document whose main part is this."""
    return docx(paragraph("x"), {"document.xml": document})


@pytest.mark.parametrize("entity", ["&i;", "&outside;"])
def test_an_entity_is_neither_made_longer_nor_fetched(tmp_path: Path, entity: str) -> None:
    secret = tmp_path / "secret"
    secret.write_text("the emergency money")
    outside = f"<!DOCTYPE w [<!ENTITY outside SYSTEM 'file://{secret}'>]>"
    document = (BOMB if entity == "&i;" else outside) + BODY.format(entity=entity)

    try:
        said = text("a.docx", word(document))
    except FileFailureError as failure:
        said = failure.reason

    assert len(said) < 1_000
    assert "emergency" not in said
    assert reason_in_a_process(tmp_path, "a.docx", word(document)) in {"", "broken"}


def test_a_book_with_a_bomb_of_entities_is_told_or_read_without_them(tmp_path: Path) -> None:
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="content.opf"/></rootfiles></container>'
    )
    book = zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": BOMB + container,
            "content.opf": BOMB + "<package/>",
        }
    )

    assert reason_in_a_process(tmp_path, "a.epub", book) in {"broken", "empty", "no_text"}
