import errno
import io
import socket
import struct
import sys
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image, ImageChops

from assistant.errors import ParserUnavailableError
from assistant.library_errors import UnreadableDocumentError
from assistant.parser.client import ChildTransport, Parser, UnitTransport
from assistant.parser.no_sockets import filter_for
from assistant.parser.page import Page
from assistant.parser.protocol import Limits, Mark
from tests import pdf
from tests.assistant.shelves import PARSER, parser

PDF = "application/pdf"
PAGES = ["The gauge is at the front.\nIt should show 1.5 bar.", "The second page (of two)."]


def read(file: Path, media_type: str = PDF, reader: Parser | None = None) -> list[Page]:
    pages: list[Page] = []
    (reader or parser()).read(file, media_type, pages.append)
    return pages


def reason(file: Path, media_type: str = PDF, reader: Parser | None = None) -> str:
    with pytest.raises(UnreadableDocumentError) as failure:
        read(file, media_type, reader)
    assert str(failure.value).endswith(".")
    return failure.value.reason


def saved(folder: Path, content: bytes) -> Path:
    file = folder / "file"
    file.write_bytes(content)
    return file


def python(program: str) -> Sequence[str]:
    return (sys.executable, "-c", program)


def test_a_pdf_is_read_page_by_page(tmp_path: Path) -> None:
    pages = read(saved(tmp_path, pdf.written(PAGES)))

    assert [(page.number, page.text) for page in pages] == [(1, PAGES[0]), (2, PAGES[1])]


def test_what_people_filled_in_and_wrote_on_a_page_is_read_behind_its_text(tmp_path: Path) -> None:
    file = saved(tmp_path, pdf.filled_in("Order form", "Litres of oil", "900", "Call before noon"))

    (page,) = read(file)

    assert page.text == "Order form\n\nLitres of oil: 900\nCall before noon"
    assert marked(file, 1, page.text.index("900"), len(page.text)).size == (595, 842)


@pytest.mark.parametrize(
    ("content", "media_type", "why"),
    [
        (pdf.locked(["secret"]), PDF, "locked"),
        (b"%PDF-1.7\nnothing of the kind", PDF, "broken"),
        (b"", PDF, "broken"),
        (pdf.written([""]), PDF, "no_text"),
        (b" \n\n ", "text/plain", "empty"),
        (b"\x00\x01\x02\x03" * 99, "text/plain", "broken"),
        (b"anything", "application/zip", "broken"),
        (b"\x7fELF" + bytes(99), "application/octet-stream", "unsupported"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: bytes, media_type: str, why: str) -> None:
    assert reason(saved(tmp_path, content), media_type) == why


def test_a_document_of_too_many_pages_is_refused(tmp_path: Path) -> None:
    file = saved(tmp_path, pdf.written(["text"] * 5))

    assert reason(file, reader=parser(limits=Limits(pages=4))) == "too_large"


def test_a_decompression_bomb_ends_in_a_reason_and_harms_nobody(tmp_path: Path) -> None:
    packer = zlib.compressobj(1)
    bomb = b"".join(packer.compress(b"BT (a) Tj ET " * 80_000) for _ in range(60)) + packer.flush()
    content = pdf.written(["x"]).replace(b"<< /Length", b"<< /Filter /FlateDecode /Length", 1)
    start, end = content.index(b"stream\n") + len(b"stream\n"), content.index(b"\nendstream")
    file = saved(tmp_path, content[:start] + bomb + content[end:])
    reader = parser(limits=Limits(memory_bytes=500_000_000, processor_seconds=2, wall_seconds=4))

    assert reason(file, reader=reader) in {"crashed", "broken", "no_text", "too_large", "timeout"}
    assert read(saved(tmp_path, pdf.written(PAGES)), reader=reader)


def test_a_parser_that_dies_is_a_document_that_cannot_be_read(tmp_path: Path) -> None:
    reader = parser(python("import os; os.abort()"))

    assert reason(saved(tmp_path, b"x"), reader=reader) == "crashed"


def test_what_a_parser_started_ends_with_it(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    program = f"""
import subprocess, sys, time
subprocess.Popen(["sh", "-c", "while :; do date > {mark}; sleep 0.1; done"])
time.sleep(60)
"""
    assert reason(saved(tmp_path, b"x"), reader=parser(python(program), Limits(wall_seconds=1))) == "timeout"

    mark.unlink()
    time.sleep(0.5)

    assert not mark.exists()


def test_a_parser_that_is_silent_is_ended(tmp_path: Path) -> None:
    reader = parser(python("import time; time.sleep(60)"), Limits(wall_seconds=1))

    assert reason(saved(tmp_path, b"x"), reader=reader) == "timeout"


@pytest.mark.parametrize(
    "answer",
    [
        '{"page": 7, "text": "x", "headings": []}',
        '{"page": 1, "text": "x", "headings": [{"start": 9}]}',
        "[]",
        "{",
        "x" * 9999,
    ],
)
def test_a_parser_that_talks_nonsense_is_not_believed(tmp_path: Path, answer: str) -> None:
    program = f"import socket; s = socket.socket(fileno=0); s.recv(9999); s.sendall({answer!r}.encode() + b'\\n')"

    assert reason(saved(tmp_path, b"x"), reader=parser(python(program))) == "crashed"


def test_a_parser_that_cannot_be_reached_is_not_the_files_fault(tmp_path: Path) -> None:
    for transport in (UnitTransport(tmp_path / "no.sock"), ChildTransport(["/no/such/program"])):
        with pytest.raises(ParserUnavailableError):
            read(saved(tmp_path, b"x"), reader=Parser(transport))


NO_NAMESPACE = "confinement._leave_network = lambda libc: False"
NO_FILTER = "confinement.give_up_sockets = lambda libc: False"


@pytest.mark.parametrize("host", ["", NO_NAMESPACE, NO_FILTER], ids=["any host", "no namespaces", "no filters"])
def test_a_confined_process_can_write_no_file_and_reach_no_network(tmp_path: Path, host: str) -> None:
    """Seen failing: where a host gives nobody a network namespace, the reader went on with the network."""
    listener, hearer = socket.create_server(("127.0.0.1", 0)), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    hearer.bind(("127.0.0.1", 0))
    hearer.settimeout(0.2)
    program = f"""
import json, pathlib, socket, subprocess, sys
from assistant.parser import confinement
from assistant.parser.protocol import receive_request
{host}
connection = socket.socket(fileno=0)
request, _ = receive_request(connection)
confinement.confine(request.limits)
done = []
def tried(name, deed):
    try:
        deed()
        done.append(name)
    except OSError:
        pass
tried("wrote", lambda: pathlib.Path({str(tmp_path / "written")!r}).write_text("x" * 100))
tried("connected", lambda: socket.create_connection(("127.0.0.1", {listener.getsockname()[1]}), 2))
tried("sent", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", {hearer.getsockname()!r}))
child = f"import socket; socket.create_connection(('127.0.0.1', {listener.getsockname()[1]}), 2)"
if subprocess.run([sys.executable, "-c", child], capture_output=True).returncode == 0:
    done.append("let a child connect")
text = " ".join(done) or "nothing"
connection.sendall(json.dumps({{"page": 1, "text": text, "headings": []}}).encode() + b'\\n{{"end": true}}\\n')
"""

    (page,) = read(saved(tmp_path, b"x"), reader=parser(python(program)))
    listener.close()
    with pytest.raises(TimeoutError):
        hearer.recv(1)
    hearer.close()

    if host == NO_FILTER and page.text != "nothing":
        pytest.skip("this kernel permits no network namespace")
    assert page.text == "nothing"


def test_where_nothing_cuts_the_network_no_file_is_opened(tmp_path: Path) -> None:
    program = f"""
import socket
from assistant.parser import confinement
from assistant.parser.worker import serve
{NO_NAMESPACE}
{NO_FILTER}
serve(socket.socket(fileno=0))
"""

    with pytest.raises(UnreadableDocumentError, match="own stick") as problem:
        read(saved(tmp_path, b"a text"), reader=parser(python(program)))

    assert problem.value.reason == "unconfined"


def test_the_filter_is_made_for_both_machines() -> None:
    """Each refused call jumps to the refusal, and the last two lines let pass and refuse."""
    for machine, numbers in (("x86_64", (41, 425)), ("aarch64", (198, 425))):
        lines = list(struct.iter_unpack("<HBBI", filter_for(machine)))
        jumps = {
            number: place + 1 + taken for place, (code, taken, _, number) in enumerate(lines[6:-2], 6) if code == 0x15
        }

        assert {jumps[number] for number in numbers} == {len(lines) - 1}
        assert lines[-1][3] & 0xFFFF == errno.EACCES


def marked(file: Path, page: int, start: int, end: int) -> Image.Image:
    png = parser().picture(file, PDF, Mark(page=page, start=start, end=end, width=595))
    return Image.open(io.BytesIO(png)).convert("RGB")


def test_the_words_of_a_citation_are_marked_where_they_stand(tmp_path: Path) -> None:
    file = saved(tmp_path, pdf.written(PAGES))
    text = read(file)[0].text
    start = text.index("1.5 bar")

    plain = marked(file, 1, 0, 0)
    difference = ImageChops.difference(plain, marked(file, 1, start, start + len("1.5 bar"))).getbbox()

    assert difference is not None
    left, top, right, bottom = difference
    assert 120 < left < right < 220  # behind "It should show", which begins at 72
    assert 842 - 780 + 1 < top < bottom < 842 - 780 + 20  # the second line and no other


def test_marking_the_whole_page_marks_both_lines(tmp_path: Path) -> None:
    file = saved(tmp_path, pdf.written(PAGES))

    difference = ImageChops.difference(marked(file, 1, 0, 0), marked(file, 1, 0, 9999)).getbbox()

    assert difference is not None
    assert difference[1] < 62 < difference[3]
    assert abs(difference[0] - 72) <= 2


def test_a_page_that_is_not_there_has_no_picture(tmp_path: Path) -> None:
    with pytest.raises(UnreadableDocumentError):
        parser(PARSER).picture(saved(tmp_path, pdf.written(PAGES)), PDF, Mark(page=3, start=0, end=0, width=100))
