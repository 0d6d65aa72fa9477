from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.assistant.parser.reading import in_a_process, noted, read, reason, text, zipped

CONTAINER = '<container><rootfiles><rootfile full-path="b/book.opf"/></rootfiles></container>'
BOOK = (
    '<package><manifest><item id="two" href="2%20two.xhtml"/><item id="one" href="1.xhtml"/></manifest>'
    '<spine><itemref idref="one"/><itemref idref="two"/></spine></package>'
)


def book(**more: str) -> bytes:
    return zipped(
        {
            "mimetype": "application/epub+zip",
            "META-INF/container.xml": CONTAINER,
            "b/book.opf": BOOK,
            "b/1.xhtml": "<html><body><h1>Down the hole</h1><p>Alice was tired.</p></body></html>",
            "b/2 two.xhtml": "<html><body><h1>The pool</h1><p>Curiouser!</p></body></html>",
            **{name.replace("__", "/"): content for name, content in more.items()},
        }
    )


def test_html_is_read_as_a_browser_shows_it() -> None:
    page = b"""<html><head><title>Boiler</title><style>p{}</style></head><body><script>alert(1)</script>
        <h1>Care</h1><p>It shows <b>1.5</b>&nbsp;bar.<br>Always.</p><ul><li>one<li>two</ul><img alt="a gauge"></body>"""

    (found,) = read("a.html", page)

    assert found.text == "Boiler\n\nCare\n\nIt shows 1.5 bar.\nAlways.\none\ntwo\n\na gauge"
    assert [(heading.text, heading.level) for heading in found.headings] == [("Boiler", 1), ("Care", 1)]


def test_a_cell_over_several_rows_is_read_with_each_of_them() -> None:
    table = b"<table><tr><th>Year<th>Fuel<th>Use<tr><td rowspan=2>2019<td>Oil<td>90<tr><td>Gas<td>20</table>"

    assert text("a.html", table).splitlines() == [
        "Year | Fuel | Use",
        "Year: 2019 | Fuel: Oil | Use: 90",
        "Year: 2019 | Fuel: Gas | Use: 20",
    ]


def test_html_is_read_in_the_encoding_that_it_declares() -> None:
    page = '<html><meta charset="windows-1251"><p>Привет</p>'.encode("cp1251")

    assert text("a.html", page) == "Привет"


def test_hostile_html_ends() -> None:
    for content in (
        b"<div>" * 200_000 + b"deep",
        b"<table><tr><td colspan=99999999>x</table>",
        b"<p" * 100_000,
        b"<![CDATA[",
    ):
        assert reason("a.html", content) in {"", "broken"}


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_whatever_calls_itself_html_ends_in_text_or_a_reason(content: bytes) -> None:
    assert reason("a.html", content) in {"", "broken", "locked", "unsupported", "empty"}


def test_a_chapter_of_a_book_begins_a_page_in_reading_order() -> None:
    pages = read("a.epub", book())

    assert [page.headings[0].text for page in pages] == ["Down the hole", "The pool"]
    assert "Alice was tired." in pages[0].text


def test_a_book_protected_against_copying_says_so() -> None:
    assert (
        reason("a.epub", book(**{"META-INF__encryption.xml": "<x><CipherReference URI='b/1.xhtml'/></x>"})) == "locked"
    )


def test_a_missing_chapter_is_told() -> None:
    broken = book().replace(b"b/1.xhtml", b"b/9.xhtml")

    pages, notes = noted("a.epub", broken)

    assert len(pages) == 1
    assert notes == ("The chapter “1.xhtml” is missing in this book.",)


def test_xml_of_any_kind_is_read_by_its_words() -> None:
    feed = b"<rss><channel><item><title>News</title><p>It <b>leaks</b> again.</p></item></channel></rss>"

    (page,) = read("a.xml", feed)

    assert page.text == "News\n\nIt leaks again."
    assert page.headings[0].text == "News"


def test_xml_entities_are_not_expanded_and_nothing_outside_is_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("very secret")
    laughs = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    bomb = f'<!DOCTYPE x [<!ENTITY l0 "ha"><!ENTITY f SYSTEM "file://{secret}">{laughs}]><x><p>&l11;</p><p>&f;words</p></x>'

    for name, content in (("a.xml", bomb.encode()), ("a.fb2", bomb.encode())):
        pages = read(name, content)

        assert "very secret" not in "".join(page.text for page in pages)
        assert sum(len(page.text) for page in pages) < 2_000


def test_opml_is_read_by_the_attributes_that_hold_its_words() -> None:
    assert text("a.opml", b'<opml><body><outline text="Boiler"><outline text="Valve"/></outline></body></opml>') == (
        "Boiler\n\nValve"
    )


def test_a_process_of_its_own_reads_pages_of_the_web_and_books(tmp_path: Path) -> None:
    for name, content in (
        ("a.html", b"<p>Alice was tired.</p>"),
        ("a.epub", book()),
        ("a.xml", b"<x>Alice was tired.</x>"),
    ):
        pages, _reading = in_a_process(tmp_path, name, content)

        assert "Alice was tired." in pages[0].text
